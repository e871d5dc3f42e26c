package pay_test

import (
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

func TestPay(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	v := e2etest.Visit(t, s)
	v.Open("/")
	v.Screenshot("shop")
	id := v.Order("mug")
	v.Screenshot("checkout")
	v.PayWith(e2etest.CardPays)
	v.Outcome("paid")
	v.Screenshot("paid")
	v.WantOrder(id, "paid", "paid")
	s.WantLedger(1, e2etest.MugPrice)
	s.WantWorked(id)
	v.Until("location.search === '?order=" + id + "'") // and no client secret for the history

	s.Restart()
	v.Open("/complete?order=" + id)
	v.Outcome("paid")
	e2etest.Want(v, "document.querySelector('h2').textContent", "Receipt")
	v.WantOrder(id, "paid", "paid")
	v.Open("/checkout/" + id)
	e2etest.Want(v, "document.querySelector('#order-state').dataset.state", "paid")
	e2etest.Want(v, "document.querySelector('#payment-form')", any(nil))
	v.Open("/")
	e2etest.Want(v, "document.querySelector('#cart-empty').hidden", false)
}

func TestDecline(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	v := e2etest.Visit(t, s)
	v.Expect("402 (Payment Required)")
	id := v.Order("mug")

	for card, message := range map[string]string{
		e2etest.CardNoFunds:  "Your card has insufficient funds.",
		e2etest.CardDeclined: "Your card was declined.",
	} {
		v.PayWith(card)
		v.Refused(message)
		v.WantOrder(id, "open", "failed")
		e2etest.Want(v, "document.querySelector('#payment-form').contains(document.querySelector('#payment-message'))", true)
		e2etest.Want(v, "document.querySelector('#payment-message').getAttribute('role')", "alert")
		e2etest.Want(v, "document.activeElement.id", "pay-button")
		e2etest.Want(v, "document.querySelector('#pay-button').getAttribute('aria-disabled')", "false")
		e2etest.Want(v, "document.querySelector('#payment-form').getAttribute('aria-busy')", "false")
		e2etest.Want(v, "document.querySelector('#payment-element').inert", false)
	}

	v.Screenshot("declined")

	v.PayWith(e2etest.CardPays)
	v.Outcome("paid")
	s.WantLedger(1, e2etest.MugPrice)
	s.WantWorked(id)
}
