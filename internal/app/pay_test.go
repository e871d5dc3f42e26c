package app_test

import "testing"

// Stripe's test cards (https://docs.stripe.com/testing).
const (
	cardPays     = "4242424242424242"
	cardDeclined = "4000000000000002"
	cardNoFunds  = "4000000000009995"
	cardAsks     = "4000000000003220"
)

const (
	mugPrice = 1800
	teaPrice = 950
)

func TestPay(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	v := visit(t, s)
	v.open("/")
	v.picture("shop")
	id := v.order("mug")
	v.picture("checkout")
	v.payWith(cardPays)
	v.outcome("paid")
	v.picture("paid")
	v.wantOrder(id, "paid", "paid")
	s.wantLedger(1, mugPrice)
	s.wantWorked(id)
	v.until("location.search === '?order=" + id + "'") // and no client secret for the history

	s.restart()
	v.open("/complete?order=" + id)
	v.outcome("paid")
	want(v, "document.querySelector('h2').textContent", "Receipt")
	v.wantOrder(id, "paid", "paid")
	v.open("/checkout/" + id)
	want(v, "document.querySelector('#order-state').dataset.state", "paid")
	want(v, "document.querySelector('#payment-form')", any(nil))
	v.open("/")
	want(v, "document.querySelector('#cart-empty').hidden", false)
}

func TestDecline(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	v := visit(t, s)
	v.foresee("402 (Payment Required)")
	id := v.order("mug")

	for card, message := range map[string]string{
		cardNoFunds:  "Your card has insufficient funds.",
		cardDeclined: "Your card was declined.",
	} {
		v.payWith(card)
		v.refused(message)
		v.wantOrder(id, "open", "failed")
		want(v, "document.querySelector('#payment-form').contains(document.querySelector('#payment-message'))", true)
		want(v, "document.querySelector('#payment-message').getAttribute('role')", "alert")
		want(v, "document.activeElement.id", "pay-button")
		want(v, "document.querySelector('#pay-button').getAttribute('aria-disabled')", "false")
		want(v, "document.querySelector('#payment-form').getAttribute('aria-busy')", "false")
		want(v, "document.querySelector('#payment-element').inert", false)
	}
	v.picture("declined")

	v.payWith(cardPays)
	v.outcome("paid")
	s.wantLedger(1, mugPrice)
	s.wantWorked(id)
}
