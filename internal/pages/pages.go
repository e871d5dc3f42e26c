// Package pages serves what a buyer sees: the shop, the checkout, the page
// after the payment and the error pages, in the language that the browser asks
// for. It also serves GET /config, from which the checkout's script sets up
// Stripe's form, and checkoutd.js, which shows the checkout on a page of the
// shop's own.
//
// It owns templates and assets (package web), and takes its texts from package
// texts. It shows orders and payments, and decides nothing about them. It
// guarantees that a page is
// rendered completely before its first byte is written, that no page needs an
// inline script or style, and that the address of an asset changes with its
// content.
package pages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"checkoutd/internal/appearance"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/texts"
	"checkoutd/web"
)

// Orders opens orders for their buyers. *orders.Service implements it.
type Orders interface {
	// Opened returns the order if the request's cookie opens it; "" stands for
	// the newest one in the cookie.
	Opened(r *http.Request, id string) (orders.Order, error)
	// OpenByToken gives the browser the order's cookie if the token opens it.
	OpenByToken(w http.ResponseWriter, r *http.Request, id, token string) error
	// View returns what a buyer sees of an order.
	View(ctx context.Context, o orders.Order) orders.View
	// OpenReceipt lets the browser see a receipt if the key is that of its
	// link; FindReceipt does so if there is an order with the number and the
	// e-mail address.
	OpenReceipt(w http.ResponseWriter, r *http.Request, id, key string) error
	FindReceipt(w http.ResponseWriter, r *http.Request, number, email string) (id string, err error)
	// Receipt returns the order if the browser may see its receipt, and
	// ReceiptView what that shows.
	Receipt(r *http.Request, id string) (orders.Order, error)
	ReceiptView(ctx context.Context, o orders.Order) orders.View
}

// Payments reports on the payments of an order. *payments.Service implements
// it.
type Payments interface {
	// Resume returns the payment that waits for the buyer, and whether there
	// is one.
	Resume(ctx context.Context, orderID string) (payments.Answer, bool, error)
	// Refusal returns how the last payment failed, and whether it did.
	Refusal(ctx context.Context, orderID string) (payments.Refusal, bool, error)
	// SubscriptionOf returns what the buyer sees of an order's subscription,
	// and whether one began.
	SubscriptionOf(ctx context.Context, orderID string) (payments.SubscriptionView, bool, error)
	// OrderBySecret returns the order of the intent with a client secret.
	OrderBySecret(ctx context.Context, secret string) (orders.Order, bool, error)
}

// Buyers knows returning buyers. *customersession.Handler implements it.
type Buyers interface {
	// Contact returns what the buyer entered for the order that the request's
	// browser paid last, zero if nothing is known.
	Contact(r *http.Request, o orders.Order) orders.Contact
}

// Dashboards opens the dashboards of connected accounts. *dashboard.Service
// implements it.
type Dashboards interface {
	// Components returns the components that the browser's session shows.
	Components(r *http.Request) ([]string, error)
	// Account returns the ID of the account of the browser's session.
	Account(r *http.Request) (string, error)
}

// Catalog lists what is for sale. *orders.Catalog implements it.
type Catalog interface {
	Products() []orders.Product
	Currency() string
	Ships(p *orders.Product) bool
	Rates() []orders.Rate
	TaxIncluded() string
	HasPromotions() bool
}

// Config is what a Pages needs.
type Config struct {
	Orders    Orders
	Payments  Payments
	Buyers    Buyers // nil: every form is empty at first
	Dashboard Dashboard
	Catalog   func(ctx context.Context) Catalog // returns the one that a request sees
	Links     Links
	ReturnURL func(orderID string) string // where Stripe sends the buyer back to

	App        AppInfo          // its version is shown at the foot of sandbox pages
	Languages  []string         // that the pages speak, the first for everybody else; all for none
	BrandName  string           // in the header, in titles and on receipts; "Shop" when empty
	Seller     orders.Seller    // on receipts, and at the foot of every page
	Mails      bool             // buyers get e-mails
	LogoURL    string           // a picture beside the name, "" for none
	Theme      Theme            // of our own pages
	Appearance *appearance.Look // of Stripe's form, nil for Stripe's own

	// Neither Sandbox nor Live is Stripe's test mode, which every page
	// mentions as well.
	Sandbox bool // mention on every page that no real payment is made
	Live    bool // the page's script refuses plain http

	ScriptURL      string        // Stripe.js: https://js.stripe.com/v3, or the sandbox's stand-in
	PublishableKey func() string // returns that of now; asked once for each page
	AppleDomain    []byte        // what proves the domain to Apple, nil if not configured
	Form           Form
}

// AppInfo is how the page introduces itself to Stripe
// (https://docs.stripe.com/building-plugins#setappinfo).
type AppInfo struct {
	Name      string `json:"name"`
	Version   string `json:"version,omitempty"`
	URL       string `json:"url,omitempty"`
	PartnerID string `json:"partner_id,omitempty"`
}

// Form is what the payment form asks the buyer for.
type Form struct {
	Layout         Layout
	Express        bool   // show the Express Checkout Element
	MethodCreation string // paymentMethodCreation of Elements, "" for Stripe's own
	SaveMethods    bool   // offer to save a payment method without paying
	CollectEmail   bool
	BillingAddress bool // the whole address, not only what the method needs
	ShippingPhone  bool // a phone number with the shipping address
	// CountryHeader names the header with the buyer's country that a trusted
	// proxy sets, "" for none.
	CountryHeader string
	// Consent is the version of Seller's terms that buyers have to agree to,
	// "" for none.
	Consent string
}

// Pages renders the pages. It does not change after New and is safe for
// concurrent use.
type Pages struct {
	cfg       Config
	assets    *assets
	module    *module
	templates map[string]*template.Template
	languages *texts.Choice
}

// New parses every template and hashes every asset, so that mistakes in them
// are found at start.
func New(cfg Config) (*Pages, error) {
	if cfg.BrandName == "" {
		cfg.BrandName = "Shop"
	}

	if cfg.ScriptURL == "" {
		return nil, errors.New("pages: no address of Stripe.js")
	}

	if len(cfg.Languages) == 0 {
		cfg.Languages = texts.Languages()
	}

	theme, err := themeCSS(cfg.Theme)
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}

	assets, err := newAssets(theme)
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}

	files, err := sources(web.Static())
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}

	files["theme.css"] = theme
	module, err := newModule(files, cfg.Languages, cfg.App.Version)
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}

	p := &Pages{
		cfg:       cfg,
		assets:    assets,
		module:    module,
		templates: make(map[string]*template.Template),
		languages: texts.NewChoice(cfg.Languages),
	}

	for _, name := range []string{"shop", "checkout", "complete", "returned", "find", "connect", "dashboard", "mirror", "error"} {
		t := template.New("base.html").Funcs(template.FuncMap{"asset": assets.url, "upper": strings.ToUpper})
		if t, err = t.ParseFS(web.Templates(), "base.html", "parts.html", name+".html"); err != nil {
			return nil, fmt.Errorf("pages: %w", err)
		}

		p.templates[name] = t
	}

	return p, nil
}

// openedOrder is an order that its buyer opened, with what the buyer sees of
// it, and how its last payment failed, zero if it did not.
type openedOrder struct {
	orders.Order
	view    orders.View
	refusal payments.Refusal
}

// opened returns the order of the buyer who sent the request.
func (p *Pages) opened(r *http.Request, id string) (o openedOrder, err error) {
	if o.Order, err = p.cfg.Orders.Opened(r, id); err != nil {
		return o, err
	}

	o.view = p.cfg.Orders.View(r.Context(), o.Order)
	if o.view.PaymentStatus == orders.PaymentFailed {
		o.refusal, _, err = p.cfg.Payments.Refusal(r.Context(), o.ID)
	}
	return o, err
}

// Static returns the handler of the assets below /static/.
func (p *Pages) Static() http.Handler { return p.assets }

// page is the view of base.html; View is that of the page's own template.
type page struct {
	Name     string // which page, for the style sheet
	Lang     string
	Dir      string // of the writing: ltr or rtl
	Title    string
	Brand    string
	Logo     string
	Links    []texts.Link // to the shop's own pages
	Back     string       // where "Back to the shop" leads
	Sandbox  bool
	TestMode bool // real Stripe, test keys
	Version  string
	Script   string // the page's module, "" for none
	Stripe   string // address of Stripe.js where the page needs it
	Refresh  int    // seconds until a browser without scripts asks again, 0 for never
	Data     any    // for the module, as JSON
	T        *texts.All
	View     any
}

func (p *Pages) page(loc locale, name, title string) page {
	return page{
		Name:     name,
		Lang:     loc.lang,
		Dir:      loc.texts.Direction,
		Title:    title + " · " + p.cfg.BrandName,
		Brand:    p.cfg.BrandName,
		Logo:     p.cfg.LogoURL,
		Links:    p.links(loc),
		Back:     shopURL,
		Sandbox:  p.cfg.Sandbox,
		TestMode: !p.cfg.Sandbox && !p.cfg.Live,
		Version:  p.cfg.App.Version,
		T:        loc.texts,
	}
}

// render writes the whole page, or returns an error and writes nothing. Nobody
// may cache a page: it shows the data of one buyer, and a page from the
// browser's history would offer a form for an order that was paid meanwhile.
func (p *Pages) render(w http.ResponseWriter, status int, v page) error {
	var buf bytes.Buffer
	if err := p.templates[v.Name].Execute(&buf, v); err != nil {
		return fmt.Errorf("render the page %s: %w", v.Name, err)
	}

	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang)
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language")
	w.WriteHeader(status)
	_, _ = buf.WriteTo(w) // the browser has left: nobody to tell

	return nil
}

// The addresses of the pages.
const shopURL = "/"

func checkoutURL(orderID string) string { return "/checkout/" + url.PathEscape(orderID) }

func completeURL(orderID string) string { return "/complete?order=" + url.QueryEscape(orderID) }
