package pages_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/pages"
)

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}`

var (
	placed = time.Date(2025, 2, 1, 13, 4, 5, 0, time.UTC)
	mug    = pages.Product{SKU: "mug", Name: "Stoneware mug", Description: "Holds 300 ml.", Image: "mug.svg", Currency: "eur", Prices: map[string]int64{"eur": 1850}}
)

func newPages(t *testing.T, change func(*pages.Config)) *pages.Pages {
	t.Helper()
	cfg := pages.Config{BrandName: "Atelier Lumen", Sandbox: true, ScriptURL: "http://127.0.0.1:12111/v3", AppVersion: "1.2.3"}
	if change != nil {
		change(&cfg)
	}
	p, err := pages.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func order(status, payment string) pages.Order {
	return pages.Order{
		ID: "ord_abcdefghijklmnopqrstuvwxyz", Status: status, PaymentStatus: payment, Currency: "eur", Amount: 4900, Subtotal: 4900,
		Items: []pages.Item{
			{SKU: "mug", Name: "Stoneware mug", Image: "mug.svg", Quantity: 2, UnitAmount: 1850, Amount: 3700},
			{SKU: "other", Name: "Other thing", Quantity: 1, UnitAmount: 1200, Amount: 1200},
		},
		CreatedAt: placed, PaidAt: placed.Add(time.Minute),
	}
}

// view is a page in one state.
type view struct {
	name   string
	render func(*pages.Pages, http.ResponseWriter, *http.Request) error
}

func shop(name string, v pages.ShopView) view {
	return view{"shop " + name, func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error { return p.Shop(w, r, v) }}
}

func checkout(o pages.Order) view {
	return view{"checkout " + o.Status + " " + o.PaymentStatus, func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
		return p.Checkout(w, r, pages.CheckoutView{Order: o})
	}}
}

func complete(o pages.Order) view {
	return view{"complete " + o.Status + " " + o.PaymentStatus, func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
		return p.Complete(w, r, pages.CompleteView{Order: o})
	}}
}

func failure(status int, f *fault.Error) view {
	return view{"error " + http.StatusText(status), func(p *pages.Pages, w http.ResponseWriter, r *http.Request) error {
		p.RenderError(w, r, status, f)
		return nil
	}}
}

// views are all pages in all states, with names that try to break out.
func views() []view {
	bad := order("paid", "partially_refunded")
	bad.Items[0].Name, bad.Refunded = hostile, 100
	badOpen := order("open", "failed")
	badOpen.Items[0].Name, badOpen.Items[0].Image = hostile, "javascript:alert(1)//x"
	badOpen.Refusal = fault.New(fault.Declined, "never_heard_of", hostile)
	all := []view{
		shop("empty", pages.ShopView{}),
		shop("with products", pages.ShopView{Currency: "eur", SaveMethods: true, ShippingFrom: map[string]int64{"eur": 490}, Products: []pages.Product{mug, {SKU: "x.1", Name: hostile, Description: hostile, Currency: "kwd", Prices: map[string]int64{"kwd": 12340, "eur": 4000}, Recurring: pages.Recurring{Interval: "month", Count: 3}}}}),
		checkout(badOpen), complete(bad), complete(badOpen),
		failure(403, fault.New(fault.Forbidden, "https_required", "This page needs a secure connection.")),
		failure(404, fault.New(fault.NotFound, "not_found", hostile)),
		failure(500, fault.Of(os.ErrPermission)),
		failure(418, fault.New(fault.Invalid, "teapot", "")),
	}
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
