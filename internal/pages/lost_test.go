package pages_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"checkoutd/internal/orders"
)

// A browser that lost the order's cookie before it opened the form is told the
// same of an order that there is and of one that there is not.
func TestALostOrderHasWaysOn(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	for _, address := range []string{"/checkout/ord_1", "/checkout/ord_1?token=wrong"} {
		w := httptest.NewRecorder()
		if err := p.Knowing(known{guest: true}).ServeCheckout(w, httptest.NewRequest(http.MethodGet, address, nil)); err != nil {
			t.Fatal(err)
		}

		all := parse(t, w.Body.String())
		if w.Code != http.StatusNotFound || !strings.Contains(byID(t, all, "order-state").text, "no longer open in this browser") {
			t.Errorf("%s: %d %s", address, w.Code, w.Body)
		}

		for id, want := range map[string]string{"find-link": "/find-order", "shop-link": "/"} {
			if got := byID(t, all, id).attr["href"]; got != want {
				t.Errorf("%s: %s leads to %q, want %q", address, id, got, want)
			}
		}
	}
}

// The cookie goes while the form is open: whatever call finds that out, the
// page says so, with the ways on, and does not load itself again and again.
func TestCheckoutScriptSaysThatTheOrderIsLost(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const lost = "document.activeElement?.id === 'lost-title' && document.querySelector('#order-lost').checkVisibility()" +
		" && !document.querySelector('#payment-form').checkVisibility()"

	s.patch = func(int, map[string]any) error { return orders.ErrNotFound }
	s.openCheckout()
	s.tab.run("document.querySelector('#order-lines [data-action=more]').click()")
	s.tab.until(lost)

	s.confirm = func(int, string, int64) (string, error) { return "", orders.ErrNotFound }
	s.openCheckout()
	s.pay("good")
	s.tab.until(lost)

	// The way to the payment was lost, and then the order.
	s.order.PaymentStatus, s.resume = "requires_action", "pi_1_secret_resume"
	s.open("/checkout/"+s.order.ID, formResume)
	s.set(func() { s.missing = orders.ErrNotFound })
	s.tab.run("document.querySelector('#another-button').click()")
	s.tab.until(lost + " && document.querySelector('#find-link').pathname === '/find-order'" +
		" && document.querySelector('#shop-link').pathname === '/'")
}
