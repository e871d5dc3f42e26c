package app_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func TestDelayedMethod(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		iban          string
		status        string
		paymentStatus string
		state         string
		charged       []int64
	}{
		"a SEPA debit is on its way, and then paid": {"DE89370400440532013000", "paid", "paid", "paid", []int64{teaPrice}},
		"a SEPA debit that the bank refuses fails":  {"DE62370400440532013001", "open", "failed", "failed", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t)
			v := visit(t, s)
			id := v.order("tea")
			v.do(chromedp.Click(form("[data-method=sepa_debit]")))
			v.fill("name", "Jenny Rosen")
			v.fill("email", "jenny@example.com")
			v.fill("iban", c.iban)
			v.click("#pay-button")
			v.outcome("processing")
			v.picture("processing")
			v.wantOrder(id, "open", "processing")
			v.open("/checkout/" + id)
			want(v, "document.querySelector('#order-state').dataset.state", "progress")

			s.app.Sandbox().Advance(time.Minute)
			v.until("fetch('/orders/" + id + "').then((r) => r.json()).then((o) => o.payment_status === '" + c.paymentStatus + "')")
			v.wantOrder(id, c.status, c.paymentStatus)
			v.open("/complete?order=" + id)
			v.outcome(c.state)
			s.wantLedger(1, c.charged...)
		})
	}
}

func TestRedirectMethod(t *testing.T) {
	t.Parallel()
	t.Run("iDEAL goes to the bank and comes back paid", func(t *testing.T) {
		t.Parallel()
		s := openShop(t)
		v := visit(t, s)
		id := v.order("tea")
		v.do(chromedp.Click(form("[data-method=ideal]")))
		v.click("#pay-button")
		v.click("#pass")
		v.outcome("paid")
		v.until("location.search === '?order=" + id + "'")
		v.wantOrder(id, "paid", "paid")
		s.wantLedger(1, teaPrice)
		s.wantWorked(id)
	})

	t.Run("a refusal at the bank leads back to the form and the same intent", func(t *testing.T) {
		t.Parallel()
		s := openShop(t)
		v := visit(t, s)
		id := v.order("tea")
		v.do(chromedp.Click(form("[data-method=ideal]")))
		v.click("#pay-button")
		v.click("#fail")
		v.outcome("failed")
		v.picture("failed")
		v.wantOrder(id, "open", "failed")
		v.click("#back-to-payment")
		v.formReady()
		v.picture("back-after-failure")
		v.payWith(cardPays)
		v.outcome("paid")
		s.wantLedger(1, teaPrice)
	})
}
