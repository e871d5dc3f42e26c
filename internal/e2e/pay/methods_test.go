package pay_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/e2e/e2etest"
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
		"a SEPA debit is on its way, and then paid": {"DE89370400440532013000", "paid", "paid", "paid", []int64{e2etest.TeaPrice}},
		"a SEPA debit that the bank refuses fails":  {"DE62370400440532013001", "open", "failed", "failed", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t)
			v := e2etest.Visit(t, s)
			id := v.Order("tea")
			v.Do(chromedp.Click(e2etest.Form("[data-method=sepa_debit]")))
			v.Fill("name", "Jenny Rosen")
			v.Fill("email", "jenny@example.com")
			v.Fill("iban", c.iban)
			v.Click("#pay-button")
			v.Outcome("processing")
			v.Screenshot("processing")
			v.WantOrder(id, "open", "processing")
			v.Open("/checkout/" + id)
			e2etest.Want(v, "document.querySelector('#order-state').dataset.state", "progress")

			s.App.Sandbox().Advance(time.Minute)
			v.Until("fetch('/orders/" + id + "').then((r) => r.json()).then((o) => o.payment_status === '" + c.paymentStatus + "')")
			v.WantOrder(id, c.status, c.paymentStatus)
			v.Open("/complete?order=" + id)
			v.Outcome(c.state)
			s.WantLedger(1, c.charged...)
		})
	}
}

func TestRedirectMethod(t *testing.T) {
	t.Parallel()
	t.Run("iDEAL goes to the bank and comes back paid", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t)
		v := e2etest.Visit(t, s)
		id := v.Order("tea")
		v.Do(chromedp.Click(e2etest.Form("[data-method=ideal]")))
		v.Click("#pay-button")
		v.Redirected("pass")
		v.Outcome("paid")
		v.Until("location.search === '?order=" + id + "'")
		v.WantOrder(id, "paid", "paid")
		s.WantLedger(1, e2etest.TeaPrice)
		s.WantWorked(id)
	})

	t.Run("a refusal at the bank leads back to the form and the same intent", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t)
		v := e2etest.Visit(t, s)
		id := v.Order("tea")
		v.Do(chromedp.Click(e2etest.Form("[data-method=ideal]")))
		v.Click("#pay-button")
		v.Redirected("fail")
		v.Outcome("failed")
		v.Screenshot("failed")
		v.WantOrder(id, "open", "failed")
		v.Click("#back-to-payment")
		v.FormReady()
		e2etest.Want(v, string(e2etest.Form("[data-method=ideal]"))+".ariaSelected", "true") // as the buyer left it
		v.Screenshot("back-after-failure")
		v.Do(chromedp.Click(e2etest.Form("[data-method=card]")))
		v.PayWith(e2etest.CardPays)
		v.Outcome("paid")
		s.WantLedger(1, e2etest.TeaPrice)
	})
}
