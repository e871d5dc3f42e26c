package pages_test

import (
	"testing"

	"checkoutd/internal/orders"
)

// A tab that offers to resume a payment may be stale: Stripe.js throws if the
// payment no longer waits.
func TestCheckoutScriptInATabThatIsOutOfDate(t *testing.T) {
	t.Parallel()
	const (
		goOn    = "#resume-button"
		another = "#another-button"
	)
	for _, tt := range []struct {
		name            string
		status, payment string // what another tab made of the order
		resume          string // the payment that waits then
		press, want     string
	}{
		{"paid, go on: the page after the payment", "paid", "paid", "", goOn, afterPayment},
		{"paid, another way: the page after the payment", "paid", "paid", "", another, afterPayment},
		{"being paid, go on: the page after the payment", "open", "processing", "", goOn, afterPayment},
		{"expired, go on: the page that says so", "expired", "unpaid", "", goOn, afterPayment},
		{"expired, another way: the page that says so", "expired", "unpaid", "", another, afterPayment},
		{"canceled while it waited, go on: the page that says so", "canceled", "requires_action", "", goOn, afterPayment},
		{"canceled, another way: the page that says so", "canceled", "unpaid", "", another, afterPayment},
		{"failed, go on: the form and why", "open", "failed", "", goOn, formReady + " && document.querySelector('#fake-card') && " + says("#payment-message", "not confirmed")},
		{"nothing heard yet, go on: the form", "open", "requires_action", "pi_1_secret_resume", goOn, formReady + " && document.querySelector('#fake-card')"},
		{"another payment waits, go on: that one is offered", "open", "requires_action", "pi_2_secret_resume", goOn,
			formResume + " && document.querySelector('#resume').innerText.includes('not confirmed')"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.order.PaymentStatus, s.resume = "requires_action", "pi_1_secret_resume"
			s.open("/checkout/"+s.order.ID, formResume)
			s.set(func() {
				s.order.Status, s.order.PaymentStatus, s.resume = orders.Status(tt.status), orders.PaymentStatus(tt.payment), tt.resume
			})
			s.tab.run("(() => { window.nextActionThrows = true; document.querySelector('" + tt.press + "').click(); })()")
			s.tab.until(tt.want)

			if tt.resume == "pi_2_secret_resume" {
				s.tab.run("(() => { window.nextActionThrows = false; document.querySelector('#resume-button').click(); })()")
				s.tab.until(afterPayment)
			}

			if got := s.sent(); len(got) != 0 {
				t.Errorf("another payment was begun: %v", got)
			}
		})
	}
}

// The order is paid in another tab while the payment of this tab waits for the
// buyer.
func TestCheckoutScriptLeavesWhenAnotherTabWasFaster(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.confirm = func(int, string, int64) (string, error) {
		s.order.Status, s.order.PaymentStatus = "paid", "paid"
		return "requires_action", nil
	}
	s.openCheckout()
	s.tab.run("window.nextActionThrows = true")
	s.pay("good")
	s.tab.until(afterPayment)
}

func TestCheckoutScriptOpensNoFormWithoutTheServer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.order.PaymentStatus, s.resume = "requires_action", "pi_1_secret_resume"
	s.open("/checkout/"+s.order.ID, formResume)
	s.set(func() { s.down = true })
	s.tab.run("(() => { window.nextActionThrows = true; document.querySelector('#resume-button').click(); })()")
	s.tab.until(formFailed + " && document.querySelector('#pay-button').hidden && " + says("#payment-message", "could not be reached"))
	s.set(func() { s.down = false })
	s.tab.run("document.querySelector('#retry-button').click()")
	s.tab.until(formResume)
}
