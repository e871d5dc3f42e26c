package pay_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/orders"
)

// slowMethods are the settings of a shop that takes vouchers and transfers.
func slowMethods() []e2etest.Option {
	return []e2etest.Option{
		e2etest.Selling(`{"currency": "eur", "products": [{"sku": "tea", "name": "Assam tea", "price": "9.50"}]}`),
		e2etest.Set("PAYMENT_METHOD_TYPES", "card,multibanco,customer_balance"),
		e2etest.Set("BANK_TRANSFER", "eu_bank_transfer:DE"),
	}
}

// closesInstructions is the button that closes Stripe's dialog.
const closesInstructions = chromedp.JSPath("document.querySelector('[data-stripe-dialog]')" +
	"?.shadowRoot.querySelector('[data-action=close]')")

// choose places an order, chooses a payment method and presses the button.
func choose(v *e2etest.Visitor, method, email string) (id string) {
	id = v.Order("tea")
	v.Do(chromedp.Click(e2etest.Form("[data-method=" + method + "]")))
	v.Fill("email", email)
	v.Click("#pay-button")
	v.Do(chromedp.Click(closesInstructions))
	v.Outcome("awaiting")
	return id
}

func TestVoucher(t *testing.T) {
	t.Parallel()

	t.Run("it is paid after three days", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t, slowMethods()...)
		v := e2etest.Visit(t, s)
		id := choose(v, "multibanco", "fill_never@example.com")
		v.WaitText("order-state", "Pay by")
		v.Axe()
		v.Screenshots("voucher")
		v.WantOrder(id, "open", "requires_action")

		v.Click("#back-to-payment")
		v.Until("document.querySelector('#payment-form')?.dataset.phase === 'resume'")
		v.WaitText("resume", "do not pay again")
		v.Axe()
		v.Screenshots("voucher-resume")

		s.App.Sandbox().Advance(3 * 24 * time.Hour)

		intent := s.State(id).Intents[0].ID
		if !s.App.Sandbox().Decide(intent, "succeed") {
			t.Fatal("the voucher cannot be paid any more")
		}

		v.Open("/complete?order=" + id)
		v.Until("fetch('/orders/" + id + "').then((r) => r.json()).then((o) => o.status === 'paid')")
		v.Open("/complete?order=" + id)
		v.Outcome("paid")
		s.WantLedger(1, e2etest.TeaPrice)
		s.WantWorked(id)
	})

	t.Run("a buyer may pay another way instead", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t, slowMethods()...)
		v := e2etest.Visit(t, s)
		id := choose(v, "multibanco", "fill_never@example.com")
		v.Click("#back-to-payment")
		v.Until("document.querySelector('#payment-form')?.dataset.phase === 'resume'")
		v.Click("#another-button")
		v.FormReady()
		v.PayWith(e2etest.CardPays)
		v.Outcome("paid")
		v.WantOrder(id, "paid", "paid")
		s.WantLedger(1, e2etest.TeaPrice)
	})
}

func TestBankTransfer(t *testing.T) {
	t.Parallel()
	fund := func(s *e2etest.Shop, customer, amount string) {
		s.Stripe(http.MethodPost, "/v1/test_helpers/customers/"+customer+"/fund_cash_balance",
			"amount", amount, "currency", "eur")
	}

	t.Run("it comes in two parts", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t, slowMethods()...)
		v := e2etest.Visit(t, s)
		id := choose(v, "customer_balance", "jenny@example.com")
		v.Screenshots("transfer")

		customer := s.State(id).Order.CustomerID
		fund(s, customer, "100")
		s.Eventually("the part is known", func() bool { return s.State(id).Attempts[0].Instructions.Funded == 100 })
		fund(s, customer, "10000")
		v.Until("fetch('/orders/" + id + "').then((r) => r.json()).then((o) => o.status === 'paid')")
		s.WantLedger(1, e2etest.TeaPrice)
	})

	t.Run("it comes after the order was canceled", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t, slowMethods()...)
		v := e2etest.Visit(t, s)
		id := choose(v, "customer_balance", "jenny@example.com")
		if _, err := s.Operations().CancelOrder(t.Context(), id); err != nil {
			t.Fatal(err)
		}

		s.Eventually("the order is closed", func() bool { return s.State(id).Order.Status == orders.Canceled })

		fund(s, s.State(id).Order.CustomerID, "10000")
		s.Eventually("a person has to look", func() bool { return s.State(id).Order.Status == orders.Review })
		s.WantQuiet()
	})
}
