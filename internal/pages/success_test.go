package pages_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
)

const thanks = "https://shop.example/thanks?a=1#b"

// bound is an order of the shop's backend, with its success_url.
func bound(status, payment, success string) orders.Order {
	o := order(status, payment)
	o.Shop = orders.ShopTerms{Fixed: true, SuccessURL: success, CancelURL: "https://shop.example/cart"}
	return o
}

// asked requests a page and returns its response.
func asked(t *testing.T, p *pages.Pages, o orders.Order, path string,
	serve func(*pages.Pages, http.ResponseWriter, *http.Request) error,
) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	if err := serve(p.Knowing(known{order: o}), w, httptest.NewRequest(http.MethodGet, path, nil)); err != nil {
		t.Fatal(err)
	}
	return w
}

// What Stripe appends to the address, or anybody else, has no say in where the
// buyer goes.
const completePath = "/complete?order=ord_1&payment_intent_client_secret=pi_1_secret_x&success_url=https://evil.example/"

func TestTheBuyerGoesOnToTheSuccessURL(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	for _, tt := range []struct {
		status, payment string
		goes            bool
	}{
		{"paid", "paid", true}, {"authorized", "authorized", true}, {"open", "processing", true}, {"paid", "failed", true},
		{"open", "checking", false}, {"open", "requires_action", false}, {"open", "failed", false}, {"open", "unpaid", false},
		{"paid", "refunded", false}, {"paid", "partially_refunded", false}, {"paid", "review", false}, {"review", "paid", false},
		{"expired", "unpaid", false}, {"canceled", "unpaid", false},
	} {
		t.Run(tt.status+" "+tt.payment, func(t *testing.T) {
			t.Parallel()
			w := asked(t, p, bound(tt.status, tt.payment, thanks), completePath, (*pages.Pages).ServeComplete)
			if !tt.goes {
				if w.Code != http.StatusOK || w.Header().Get("Location") != "" {
					t.Errorf("got %d to %q, want the page", w.Code, w.Header().Get("Location"))
				}
				return
			}

			h := w.Header()
			if w.Code != http.StatusSeeOther || h.Get("Location") != thanks {
				t.Errorf("got %d to %q, want 303 to %s", w.Code, h.Get("Location"), thanks)
			}
			if h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("the redirect is kept, or tells where it comes from: %v", h)
			}
		})
	}
}

func TestTheReceiptIsShownWithoutASuccessURL(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	for name, success := range map[string]string{
		"none":                      "",
		"the receipt":               "https://pay.example/complete",
		"the receipt of this order": "https://pay.example/complete?order=ord_1",
	} {
		w := asked(t, p, bound("paid", "paid", success), completePath, (*pages.Pages).ServeComplete)
		if w.Code != http.StatusOK || !has(parse(t, w.Body.String()), "print-button") {
			t.Errorf("%s: got %d to %q, want the receipt", name, w.Code, w.Header().Get("Location"))
		}
	}
}

// The checkout page of an order that is over leads to the shop, and back to its
// cart until then.
func TestTheCheckoutLeadsToTheShop(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	for _, tt := range []struct{ status, payment, want string }{
		{"paid", "paid", thanks},
		{"open", "processing", thanks},
		{"open", "checking", "/complete?order=ord_abcdefghijklmnopqrstuvwxyz"},
		{"expired", "unpaid", "https://shop.example/cart"},
	} {
		w := asked(t, p, bound(tt.status, tt.payment, thanks), "/", (*pages.Pages).ServeCheckout)
		all := parse(t, w.Body.String())
		if got := byID(t, all, "state-link").attr["href"]; got != tt.want {
			t.Errorf("%s %s: the link leads to %q, want %q", tt.status, tt.payment, got, tt.want)
		}
		if got := byID(t, all, "back-link").attr["href"]; got != "https://shop.example/cart" {
			t.Errorf("%s %s: the way back leads to %q", tt.status, tt.payment, got)
		}
	}
}

func TestAnotherBrowserIsOfferedTheSuccessURL(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	for _, tt := range []struct {
		secret, payment, success, want string
	}{
		{"pi_1_secret_right", "paid", thanks, thanks},
		{"pi_1_secret_right", "paid", "", ""},
		{"pi_1_secret_right", "failed", thanks, "https://shop.example/cart"},
		{"pi_1_secret_wrong", "paid", thanks, ""},
	} {
		status := "open"
		if tt.payment == "paid" {
			status = "paid"
		}

		w := asked(t, p, bound(status, tt.payment, tt.success), "/complete?payment_intent_client_secret="+tt.secret,
			(*pages.Pages).ServeReturned)
		all := parse(t, w.Body.String())
		if tt.want == "" {
			if has(all, "continue-link") || strings.Contains(w.Body.String(), "shop.example") {
				t.Errorf("%+v: it leads to the shop", tt)
			}
			continue
		}

		link := "continue-link"
		if tt.payment == "failed" {
			link = "shop-link" // nothing was paid: the buyer may begin again
		}

		if got := byID(t, all, link).attr["href"]; got != tt.want {
			t.Errorf("%+v: it leads to %q", tt, got)
		}
	}
}
