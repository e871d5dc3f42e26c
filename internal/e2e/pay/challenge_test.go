package pay_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/e2e/e2etest"
)

func TestChallenge(t *testing.T) {
	t.Parallel()

	t.Run("a passed challenge pays", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t)
		v := e2etest.Visit(t, s)
		id := v.Order("mug")
		v.PayWith(e2etest.CardAsks)
		v.BankPage()
		v.Screenshot("3ds")
		v.WantOrder(id, "open", "requires_action")
		v.Challenge("pass")
		v.Outcome("paid")
		v.WantOrder(id, "paid", "paid")
		s.WantLedger(1, e2etest.MugPrice)
		s.WantWorked(id)
	})

	endings := map[string]func(*e2etest.Visitor){
		"a failed challenge": func(v *e2etest.Visitor) { v.Challenge("fail") },
		"a closed dialog": func(v *e2etest.Visitor) {
			v.BankPage()
			v.Do(chromedp.KeyEvent(kb.Escape))
		},
	}
	for name, end := range endings {
		t.Run(name+" lets the buyer try another card on the same intent", func(t *testing.T) {
			t.Parallel()
			l := &wire{}
			s := e2etest.OpenShop(t, e2etest.Behind(l.wrap))
			v := e2etest.Visit(t, s)
			id := v.Order("mug")
			v.PayWith(e2etest.CardAsks)
			end(v)
			v.Refused("We are unable to authenticate your payment method. Please choose a different payment method and try again.")
			s.WantLedger(1)
			v.PayWith(e2etest.CardPays)
			v.Outcome("paid")
			s.WantLedger(1, e2etest.MugPrice)
			l.wantSent(t, 2, 2)
			s.WantWorked(id)
		})
	}

	for name, end := range map[string]func(*e2etest.Visitor){
		"passed": func(v *e2etest.Visitor) {
			v.Click("#resume-button")
			v.Challenge("pass")
			v.Outcome("paid")
		},
		"failed, and then another card": func(v *e2etest.Visitor) {
			v.Click("#resume-button")
			v.Challenge("fail")
			v.Refused("We are unable to authenticate your payment method. Please choose a different payment method and try again.")
			v.PayWith(e2etest.CardPays)
			v.Outcome("paid")
		},
		"another card at once": func(v *e2etest.Visitor) {
			v.Click("#another-button")
			v.FormReady()
			v.PayWith(e2etest.CardPays)
			v.Outcome("paid")
		},
	} {
		t.Run("a reload in the middle does not pay twice: "+name, func(t *testing.T) {
			t.Parallel()
			l := &wire{}
			s := e2etest.OpenShop(t, e2etest.Behind(l.wrap))
			v := e2etest.Visit(t, s)
			id := v.Order("mug")
			v.PayWith(e2etest.CardAsks)
			v.BankPage()
			v.Do(chromedp.Reload())
			v.Until("document.querySelector('#payment-form')?.dataset.phase === 'resume'")
			e2etest.Want(v, "document.activeElement.id", "resume-title")
			v.Screenshot("resume")
			l.wantSent(t, 1, 1)
			end(v)
			v.WantOrder(id, "paid", "paid")
			s.WantLedger(1, e2etest.MugPrice)
		})
	}

	t.Run("a second tab offers to go on with the payment of the first", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t)
		v := e2etest.Visit(t, s)
		id := v.Order("mug")
		v.PayWith(e2etest.CardAsks)
		v.BankPage()
		second := v.Tab()
		second.Open("/checkout/" + id)
		second.Until("document.querySelector('#payment-form')?.dataset.phase === 'resume'")
		second.Click("#resume-button")
		second.Challenge("pass")
		second.Outcome("paid")
		s.WantLedger(1, e2etest.MugPrice)
	})
}
