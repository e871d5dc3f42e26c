package app_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestChallenge(t *testing.T) {
	t.Parallel()

	t.Run("a passed challenge pays", func(t *testing.T) {
		t.Parallel()
		s := openShop(t)
		v := visit(t, s)
		id := v.order("mug")
		v.payWith(cardAsks)
		v.bankPage()
		v.picture("3ds")
		v.wantOrder(id, "open", "requires_action")
		v.challenge("pass")
		v.outcome("paid")
		v.wantOrder(id, "paid", "paid")
		s.wantLedger(1, mugPrice)
		s.wantWorked(id)
	})

	endings := map[string]func(*visitor){
		"a failed challenge": func(v *visitor) { v.challenge("fail") },
		"a closed dialog": func(v *visitor) {
			v.bankPage()
			v.do(chromedp.KeyEvent(kb.Escape))
		},
	}
	for name, end := range endings {
		t.Run(name+" lets the buyer try another card on the same intent", func(t *testing.T) {
			t.Parallel()
			l := &wire{}
			s := openShop(t, behind(l.wrap))
			v := visit(t, s)
			id := v.order("mug")
			v.payWith(cardAsks)
			end(v)
			v.refused("We are unable to authenticate your payment method. Please choose a different payment method and try again.")
			s.wantLedger(1)
			v.payWith(cardPays)
			v.outcome("paid")
			s.wantLedger(1, mugPrice)
			l.wantSent(t, 2, 2)
			s.wantWorked(id)
		})
	}

	for name, end := range map[string]func(*visitor){
		"passed": func(v *visitor) {
			v.click("#resume-button")
			v.challenge("pass")
			v.outcome("paid")
		},
		"failed, and then another card": func(v *visitor) {
			v.click("#resume-button")
			v.challenge("fail")
			v.refused("We are unable to authenticate your payment method. Please choose a different payment method and try again.")
			v.payWith(cardPays)
			v.outcome("paid")
		},
		"another card at once": func(v *visitor) {
			v.click("#another-button")
			v.formReady()
			v.payWith(cardPays)
			v.outcome("paid")
		},
	} {
		t.Run("a reload in the middle does not pay twice: "+name, func(t *testing.T) {
			t.Parallel()
			l := &wire{}
			s := openShop(t, behind(l.wrap))
			v := visit(t, s)
			id := v.order("mug")
			v.payWith(cardAsks)
			v.bankPage()
			v.do(chromedp.Reload())
			v.until("document.querySelector('#payment-form')?.dataset.phase === 'resume'")
			want(v, "document.activeElement.id", "resume-title")
			v.picture("resume")
			l.wantSent(t, 1, 1)
			end(v)
			v.wantOrder(id, "paid", "paid")
			s.wantLedger(1, mugPrice)
		})
	}

	t.Run("a second tab offers to go on with the payment of the first", func(t *testing.T) {
		t.Parallel()
		s := openShop(t)
		v := visit(t, s)
		id := v.order("mug")
		v.payWith(cardAsks)
		v.bankPage()
		second := v.tab()
		second.open("/checkout/" + id)
		second.until("document.querySelector('#payment-form')?.dataset.phase === 'resume'")
		second.click("#resume-button")
		second.challenge("pass")
		second.outcome("paid")
		s.wantLedger(1, mugPrice)
	})
}
