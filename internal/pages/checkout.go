package pages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/texts"
)

// checkoutData is the data for checkout.js. Config is what GET /config answers
// at this moment.
type checkoutData struct {
	Lang        string                `json:"lang"`
	Locale      string                `json:"locale"`
	Live        bool                  `json:"live"`
	OrderID     string                `json:"orderId"`
	Currency    string                `json:"currency"`
	Decimals    int                   `json:"decimals"`
	Every       string                `json:"every"` // how often it is paid, "" for once
	CompleteURL string                `json:"completeUrl"`
	ScriptURL   string                `json:"scriptUrl"`
	Config      *configView           `json:"config"`
	Texts       checkoutWords         `json:"texts"`
	Plurals     texts.CheckoutPlurals `json:"plurals"`
	Errors      map[string]string     `json:"errors"`
	Declines    map[string]string     `json:"declines"`
}

type checkoutWords struct {
	texts.CheckoutScript
	texts.Lines
}

// stateData is the data for checkout-state.js.
type stateData struct {
	knownData
	CompleteURL string `json:"completeUrl"`
}

// checkoutPage is the view of checkout.html. State is empty while the order can
// be paid; otherwise the page shows the state instead of the form.
type checkoutPage struct {
	Title     string
	Order     orderView
	Setup     bool // nothing is paid, a method is saved
	Free      bool // the order costs nothing and is only placed
	Blank     stepperView
	Promotion bool   // the buyer may enter a code
	Terms     string // address of the terms to agree to, "" for none
	// TermsVersion is the version of the terms on show.
	TermsVersion string
	FormTitle    string
	Intro        string
	Pay          string
	State        string
	Heading      string // of the state, where no title above the columns has it
	Texts        texts.State
	Link         string // where State sends the buyer
	LinkText     string
	Message      string // the last refusal
	TestCards    []testCard
	// Instructions are what the buyer has to do elsewhere, nil for nothing.
	Instructions *instructionsView
}

// testCard is one of the sandbox's cards: https://docs.stripe.com/testing
type testCard struct{ Number, Does string }

// ServeCheckout is GET /checkout/{id}: the form while the order can be paid,
// otherwise the state of the order. A browser that the order's cookie does not
// open gets the ways on.
func (p *Pages) ServeCheckout(w http.ResponseWriter, r *http.Request) error {
	if token := r.URL.Query().Get("token"); token != "" {
		return p.openByToken(w, r, token)
	}

	o, err := p.opened(r, r.PathValue("id"))
	switch {
	case errors.Is(err, orders.ErrNotFound):
		return p.renderLost(w, r)
	case err != nil:
		return err
	}

	pg, err := p.checkoutPage(r, p.localeFor(r, o.view), o)
	if err != nil {
		return err
	}

	allowPictures(w.Header(), o.view)
	return p.render(w, http.StatusOK, pg)
}

// formView is the answer of GET /checkout-form.
type formView struct {
	Lang    string `json:"lang"`
	Dir     string `json:"dir"`
	HTML    string `json:"html"`
	Payable bool   `json:"payable"` // HTML is a form, not a state of the order
	Data    any    `json:"data"`    // for the module, as on our own page
}

// ServeForm is GET /checkout-form: what the checkout page of an order shows,
// for the page of another site that mounts it.
func (p *Pages) ServeForm(w http.ResponseWriter, r *http.Request) error {
	o, err := p.opened(r, r.URL.Query().Get("order"))
	if err != nil {
		return err
	}

	loc := p.localeFor(r, o.view)
	pg, err := p.checkoutPage(r, loc, o)
	if err != nil {
		return err
	}

	view := pg.View.(checkoutPage)
	if strings.HasPrefix(view.Link, "/") {
		view.Link = "" // our own pages know the buyer by a cookie, which that browser does not have
	}

	if strings.HasPrefix(pg.Back, "/") {
		pg.Back = "" // the page around the form is the shop
	}

	if view.State != "" {
		view.Heading = view.Title
	}

	view.TestCards = nil // a help for who tries our own page
	pg.View = view

	var html bytes.Buffer
	if err := p.templates["checkout"].ExecuteTemplate(&html, "mount", pg); err != nil {
		return fmt.Errorf("render the form: %w", err)
	}

	w.Header().Add("Vary", "Accept-Language")
	return httpio.WriteJSON(w, http.StatusOK, formView{
		Lang:    loc.lang,
		Dir:     loc.texts.Direction,
		HTML:    html.String(),
		Payable: view.State == "",
		Data:    pg.Data,
	})
}

// checkoutPage returns the checkout of an order: its form, or its state.
func (p *Pages) checkoutPage(r *http.Request, loc locale, opened openedOrder) (pg page, err error) {
	ctx := r.Context()
	o := opened.view
	t := loc.texts.Checkout.ForMode(formMode(o))
	view := checkoutPage{
		Title:     t.Title,
		Order:     p.orderView(loc, o),
		Setup:     o.Mode == orders.ModeSetup,
		Free:      isFree(o),
		FormTitle: t.Payment,
		Intro:     t.Intro,
		State:     checkoutState(o),
	}

	pg = p.page(loc, "checkout", t.Title)
	pg.T.Checkout, pg.Back = t, backURL(o)

	if view.State != "" {
		return p.statePage(loc, pg, view), nil
	}

	if wanted := p.cfg.Form.Consent; wanted != "" && opened.Consent.Version != wanted {
		view.Terms, view.TermsVersion = p.cfg.Seller.Terms, wanted
	}

	view.Message = loc.refusal(opened.refusal.Fault)
	if view.Instructions, err = p.instructions(ctx, loc, o); err != nil {
		return page{}, err
	}

	config, err := p.config(r, opened)
	if err != nil {
		return page{}, err
	}

	return p.formPage(ctx, loc, pg, view, config), nil
}

// openByToken opens an order of the shop's backend for whoever the shop gave
// its address to. The page itself has an address without the token, which must
// not stay in the browser's history, nor reach another site as the referrer.
func (p *Pages) openByToken(w http.ResponseWriter, r *http.Request, token string) error {
	id := r.PathValue("id")
	err := p.cfg.Orders.OpenByToken(w, r, id, token)
	switch {
	case errors.Is(err, orders.ErrNotFound):
		w.Header().Set("Referrer-Policy", "no-referrer") // the address has a token
		return p.renderLost(w, r)
	case err != nil:
		return err
	}

	redirect(w, r, checkoutURL(id))
	return nil
}

// formPage returns the checkout of an order that can be paid.
func (p *Pages) formPage(
	ctx context.Context, loc locale, pg page, view checkoutPage, config *configView,
) page {
	t, total := pg.T.Checkout, view.Order.Total
	view.Order.Open = true
	view.Pay = fill(t.Pay, "total", strings.TrimSpace(total.Text+" "+view.Order.Every))
	if view.Order.Mixed {
		view.Pay = fill(t.Pay, "total", total.Text)
	}

	if view.Free {
		view.Pay = t.PlaceOrder
	}

	// The script shows and hides it; it has its place from the start.
	o := view.Order.View
	view.Promotion = o.Mode == orders.ModePayment && o.Shop == nil && o.Discount == nil &&
		p.cfg.Catalog(ctx).HasPromotions()

	if p.cfg.Sandbox {
		view.TestCards = []testCard{
			{"4242 4242 4242 4242", t.CardPays},
			{"4000 0025 0000 3155", t.CardAsks},
			{"4000 0000 0000 0002", t.CardDeclines},
			{"4000 0000 0000 9995", t.CardNoFunds},
		}
	}

	pg.Script, pg.Stripe, pg.View = "checkout.js", p.cfg.ScriptURL, view
	pg.Data = checkoutData{
		Lang:        loc.lang,
		Locale:      loc.tag,
		Live:        p.cfg.Live,
		OrderID:     view.Order.ID,
		Currency:    total.Currency,
		Decimals:    total.Decimals,
		Every:       view.Order.Every,
		CompleteURL: completeURL(view.Order.ID),
		ScriptURL:   p.cfg.ScriptURL,
		Config:      config,
		Texts:       checkoutWords{t.CheckoutScript, loc.texts.Lines},
		Plurals:     t.CheckoutPlurals,
		Errors:      loc.texts.Errors.ByCode,
		Declines:    loc.texts.Errors.ByDecline,
	}

	return pg
}

// statePage returns the checkout of an order that has no form to show.
func (p *Pages) statePage(loc locale, pg page, view checkoutPage) page {
	t, o := pg.T.Checkout, view.Order.View
	view.Texts = t.States[view.State]
	if view.Free && view.State == "paid" {
		view.Texts = t.States["placed"]
	}

	view.Title = view.Texts.Title
	view.Link, view.LinkText = completeURL(o.ID), t.ViewDetails
	if view.State == "expired" || view.State == "canceled" {
		view.Link, view.LinkText = pg.Back, loc.texts.Common.BackToShop
	}

	if to := p.redirectURL(o); to != "" {
		view.Link, view.LinkText = to, loc.texts.Complete.Continue
	}

	known := p.knownData(loc, o, pollOf(completeState(o)))
	if known.Poll == "fast" {
		pg.Refresh = refreshSeconds
	}

	pg.Script, pg.View = "checkout-state.js", view
	pg.Data = stateData{known, completeURL(o.ID)}
	return pg
}

// isFree reports whether the order costs nothing; see orders.Order.Free.
func isFree(o orders.View) bool { return o.Mode == orders.ModePayment && o.Amount == 0 }

// checkoutState returns the state that the checkout shows instead of the form,
// "" while the buyer may pay. A payment that waits for the buyer's bank still
// shows the form: its script offers to resume the payment.
func checkoutState(o orders.View) string {
	switch o.Status {
	case orders.Open:
		switch o.PaymentStatus {
		case orders.Checking, orders.Processing:
			return "progress"
		}

		return ""

	case orders.Paid, orders.Authorized, orders.Expired, orders.Canceled:
		return string(o.Status)
	}

	return "review"
}
