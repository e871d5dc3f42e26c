package pages_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
	"checkoutd/internal/payments"
)

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}`

var (
	placed = time.Date(2025, 2, 1, 13, 4, 5, 0, time.UTC)
	mug    = orders.Product{
		SKU:         "mug",
		Name:        "Stoneware mug",
		Description: "Holds 300 ml.",
		Image:       "mug.svg",
		Currency:    "eur",
		Prices:      map[string]int64{"eur": 1850},
	}
)

// catalog is a pages.Catalog that may hold what orders.ParseCatalog would
// refuse.
type catalog struct {
	products []orders.Product
	currency string
	rates    []orders.Rate
	included string
}

func (c catalog) Products() []orders.Product { return slices.Clone(c.products) }
func (c catalog) Currency() string           { return c.currency }
func (c catalog) Ships(*orders.Product) bool { return false }
func (c catalog) Rates() []orders.Rate       { return c.rates }
func (c catalog) TaxIncluded() string        { return c.included }
func (c catalog) HasPromotions() bool        { return true }

// known plays the orders and the payments for one order.
type known struct {
	order   orders.Order
	refusal *fault.Error
	tried   string
	todo    *payments.InstructionsView
	// subscription is zero if the order has none.
	subscription payments.SubscriptionView

	guest bool // the browser may see the receipt alone
}

func (k known) OpenByToken(http.ResponseWriter, *http.Request, string, string) error {
	if k.guest {
		return orders.ErrNotFound
	}
	return nil
}

func (k known) Opened(*http.Request, string) (orders.Order, error) {
	if k.guest {
		return orders.Order{}, orders.ErrNotFound
	}
	return k.order, nil
}

func (k known) SubscriptionOf(context.Context, string) (payments.SubscriptionView, bool, error) {
	return k.subscription, k.subscription != payments.SubscriptionView{}, nil
}

func (k known) OpenReceipt(http.ResponseWriter, *http.Request, string, string) error {
	return orders.ErrNotFound
}

func (k known) FindReceipt(http.ResponseWriter, *http.Request, string, string) (string, error) {
	return "", fault.New(fault.NotFound, "receipt_not_found", "There is no such order.")
}

func (k known) Receipt(*http.Request, string) (orders.Order, error) { return k.order, nil }

func (k known) ReceiptView(ctx context.Context, o orders.Order) orders.View {
	o.Contact = orders.Contact{}
	return k.View(ctx, o)
}

func (k known) View(ctx context.Context, o orders.Order) orders.View {
	svc := orders.New(orders.Config{
		Catalog: new(orders.Catalog).Always(),
		Now:     func() time.Time { return placed },
	})
	return svc.View(ctx, o)
}

func (k known) Resume(context.Context, string) (out payments.Answer, waits bool, err error) {
	out.Instructions = k.todo
	return out, k.todo != nil, nil
}

// OrderBySecret knows one secret, that of the order's intent.
func (k known) OrderBySecret(_ context.Context, secret string) (orders.Order, bool, error) {
	return k.order, secret == "pi_1_secret_right", nil
}

func (k known) Refusal(context.Context, string) (payments.Refusal, bool, error) {
	return payments.Refusal{Fault: k.refusal, MethodType: k.tried}, k.refusal != nil, nil
}

func newPages(t *testing.T, change func(*pages.Config)) *pages.Pages {
	t.Helper()
	cfg := pages.Config{
		BrandName: "Atelier Lumen",
		Sandbox:   true,
		ScriptURL: "http://127.0.0.1:12111/v3",
		App:       pages.AppInfo{Version: "1.2.3"},
		Form:      pages.Form{SaveMethods: true},
		Catalog:   func(context.Context) pages.Catalog { return catalog{} },

		PublishableKey: func() string { return "pk_test_1" },
		ReturnURL:      func(id string) string { return "https://pay.example/complete?order=" + id },
	}

	if change != nil {
		change(&cfg)
	}

	p, err := pages.New(cfg)
	if err != nil {
		t.Fatal(err)
	}

	return p
}

func order(status, payment string) orders.Order {
	return orders.Order{
		ID:            "ord_abcdefghijklmnopqrstuvwxyz",
		Mode:          orders.ModePayment,
		Currency:      "eur",
		Amount:        4900,
		Status:        orders.Status(status),
		PaymentStatus: orders.PaymentStatus(payment),
		Items: []orders.Item{
			{SKU: "mug", Name: "Stoneware mug", Image: "mug.svg", Quantity: 2, UnitAmount: 1850},
			{SKU: "other", Name: "Other thing", Quantity: 1, UnitAmount: 1200},
		},
		CreatedAt: placed,
		ExpiresAt: placed.Add(time.Hour),
		PaidAt:    placed.Add(time.Minute),
	}
}

// view is a page in one state.
type view struct {
	name   string
	render func(*pages.Pages, http.ResponseWriter, *http.Request) error
}

func shop(name string, c catalog) view {
	return view{"shop " + name, func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
		return p.Selling(c).ServeShop(w, r)
	}}
}

func checkout(o orders.Order) view { return checkoutAfter(o, nil) }

// checkoutAfter is the checkout of an order whose last payment was refused.
func checkoutAfter(o orders.Order, refusal *fault.Error) view {
	return view{"checkout " + string(o.Status) + " " + string(o.PaymentStatus), func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
		return p.Knowing(known{order: o, refusal: refusal}).ServeCheckout(w, r)
	}}
}

func complete(o orders.Order) view { return completeAfter(o, nil) }

// completeAfter is the page after the payment of an order that was refused.
func completeAfter(o orders.Order, refusal *fault.Error) view {
	return view{"complete " + string(o.Status) + " " + string(o.PaymentStatus), func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
		return p.Knowing(known{order: o, refusal: refusal}).ServeComplete(w, r)
	}}
}

// found is the page that finds an order, when it did not.
func found(o orders.Order) view {
	return view{"find", func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
		lang := r.Header.Get("Accept-Language")
		form := url.Values{"number": {hostile}, "email": {hostile}}
		r = httptest.NewRequest(http.MethodPost, "/find-order", strings.NewReader(form.Encode()))
		r.Header.Set("Accept-Language", lang)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return p.Knowing(known{order: o}).ServeFound(w, r)
	}}
}

// receipt is what somebody sees of an order who followed a link.
func receipt(o orders.Order) view {
	return view{"receipt", func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
		return p.Knowing(known{order: o, guest: true}).ServeReceipt(w, r)
	}}
}

// instructed are the pages of an order whose buyer has to follow instructions.
func instructed(todo *payments.InstructionsView) []view {
	k := known{order: order("open", "requires_action"), todo: todo}
	return []view{
		{"checkout awaiting", func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
			return p.Knowing(k).ServeCheckout(w, r)
		}},
		{"complete awaiting", func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
			return p.Knowing(k).ServeComplete(w, r)
		}},
	}
}

func failure(status int, f *fault.Error) view {
	return view{"error " + http.StatusText(status), func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
		p.RenderError(w, r, status, f)
		return nil
	}}
}

// views lists every page in every state, with names that try to inject HTML.
func views() []view {
	bad := order("paid", "partially_refunded")
	bad.Items[0].Name, bad.Refunded = hostile, 100
	badOpen := order("open", "failed")
	badOpen.Items[0].Name, badOpen.Items[0].Image = hostile, "javascript:alert(1)//x"
	refusal := fault.New(fault.Declined, "never_heard_of", hostile)
	all := []view{
		shop("empty", catalog{}),
		shop("with products", catalog{
			currency: "eur",
			rates:    []orders.Rate{{Prices: map[string]int64{"eur": 490}}},
			products: []orders.Product{mug, {
				SKU:         "x.1",
				Name:        hostile,
				Description: hostile,
				Currency:    "kwd",
				Prices:      map[string]int64{"kwd": 12340, "eur": 4000},
				Recurring:   &orders.Recurring{Interval: "month", IntervalCount: 3},
			}},
		}),
		checkoutAfter(badOpen, refusal), complete(bad), completeAfter(badOpen, refusal),
		failure(403, fault.New(fault.Forbidden, "https_required", "This page needs a secure connection.")),
		failure(404, fault.New(fault.NotFound, "not_found", hostile)),
		failure(500, fault.Of(os.ErrPermission)),
		failure(418, fault.New(fault.Invalid, "teapot", "")),
	}

	all = append(all, found(bad), receipt(bad))
	all = append(all, instructed(&payments.InstructionsView{Type: "boleto_display_details", URL: "javascript:" + hostile})...)

	for _, status := range []string{"open", "authorized", "paid", "review", "expired", "canceled"} {
		for _, payment := range []string{"unpaid", "checking", "requires_action", "processing", "authorized", "paid", "failed", "review", "refunded", "partially_refunded"} {
			all = append(all, checkout(order(status, payment)), complete(order(status, payment)))
		}
	}

	return all
}

func get(t *testing.T, p *pages.Pages, v view, language string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept-Language", language)
	w := httptest.NewRecorder()
	if err := v.render(p, w, r); err != nil {
		t.Fatalf("%s in %s: %v", v.name, language, err)
	}
	return w
}
