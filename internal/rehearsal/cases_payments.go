package rehearsal

import (
	"net/http"
	"strings"
)

// declineCases are the card errors that shops see most. The cards are of
// https://docs.stripe.com/testing#declined-payments.
var declineCases = declines([][2]string{
	{"generic_decline", cardDeclined},
	{"insufficient_funds", "4000000000009995"},
	{"lost_card", "4000000000009987"},
	{"stolen_card", "4000000000009979"},
	{"expired_card", "4000000000000069"},
	{"incorrect_cvc", "4000000000000127"},
	{"processing_error", "4000000000000119"},
	{"card_velocity_exceeded", "4000000000006975"},
})

func declines(cards [][2]string) (rows []caseRow) {
	for _, c := range cards {
		rows = append(rows, caseRow{
			"card_error/" + c[0], "pay with a card that is declined (" + c[0] + "), then with a good one",
			"the buyer is told why and can pay with another card; charged once", noCards,
			func(w *walk) verdict { return declined(w, c[1]) },
		})
	}
	return rows
}

func declined(w *walk, card string) verdict {
	b := w.buyer()
	o := b.order()
	r := b.pay(o, card)
	s, n := w.state(o), w.charges()
	if !r.refused() || r.message() == "" || !s.unpaid() || n != 0 {
		return is(false, "%s; %s; Stripe has charged %s", r, s, times(n))
	}

	b.pay(o, cardPays)
	return w.settles(o, "the buyer reads “"+r.message()+"”; with another card ")
}

// challengeCases are the ends of 3D Secure.
var challengeCases = []caseRow{
	{
		"3ds/passed", "pay with a card that asks for 3D Secure, and pass it", "charged once", noCards,
		func(w *walk) verdict {
			b := w.buyer()
			o := b.order()
			b.authenticate(b.pay(o, cardAsks), "pass")
			return w.settles(o, "")
		},
	},
	{
		"3ds/failed", "fail 3D Secure, then pay with another card",
		"nothing is charged for the first card; the order can be paid with another, charged once", noCards,
		func(w *walk) verdict {
			b := w.buyer()
			o := b.order()
			b.authenticate(b.pay(o, cardAsks), "fail")

			var s state
			failed := w.until(func() bool { s = w.state(o); return s.payment == "failed" })
			if n := w.charges(); !failed || n != 0 {
				return is(false, "%s; Stripe has charged %s", s, times(n))
			}

			b.pay(o, cardPays)
			return w.settles(o, "after the failure, with another card ")
		},
	},
	{
		"3ds/left", "leave during 3D Secure, come back and pay with another card",
		"nothing is charged for the first card; the order can be paid with another, charged once", noCards,
		func(w *walk) verdict {
			b := w.buyer()
			o := b.order()
			r := b.pay(o, cardAsks)
			if s, n := w.state(o), w.charges(); r.text("status") != "requires_action" || s.settled() || n != 0 {
				return is(false, "%s; %s; Stripe has charged %s", r, s, times(n))
			}

			b.pay(o, cardPays)
			return w.settles(o, "with another card ")
		},
	},
}

// moneyCases are what happens after a payment.
var moneyCases = []caseRow{
	{
		"refund/full", "refund a paid order, twice",
		"refunded once in full; the second time is refused", noCards, refund,
	},
	{
		"dispute/opened", "pay with a card whose owner disputes the payment",
		"the dispute is known, the shop is told, and nothing is refunded by itself", noCards, disputed,
	},
}

// taken pays an order, and captures what is only held.
func (b *buyer) taken(card string) (o order, s state) {
	o = b.order()
	b.pay(o, card)
	b.until(func() bool { s = b.state(o); return s.settled() })

	if s.status == "authorized" || s.payment == "authorized" {
		if r := b.backend(http.MethodPost, "/v1/orders/"+o.id+"/capture", nil); r.status != http.StatusOK {
			return o, s
		}
		b.until(func() bool { s = b.state(o); return s.payment == "paid" })
	}

	return o, s
}

func refund(w *walk) verdict {
	o, s := w.buyer().taken(cardPays)
	if s.payment != "paid" {
		return is(false, "%s", s)
	}

	first := w.backend(http.MethodPost, "/v1/orders/"+o.id+"/refund", map[string]any{})
	if first.status != http.StatusOK {
		return is(false, "%s", first)
	}

	w.until(func() bool { s = w.state(o); return s.payment == "refunded" })
	second := w.backend(http.MethodPost, "/v1/orders/"+o.id+"/refund", map[string]any{})
	s = w.state(o)

	return is(s.payment == "refunded" && s.refunded == o.amount && second.refused(),
		"%s; the second time %s", s, second)
}

func disputed(w *walk) verdict {
	o, _ := w.buyer().taken(cardDisputed)
	var known []string
	w.until(func() bool { known = w.entries(o, "dispute"); return len(known) > 0 })
	s := w.state(o)
	return is(len(known) == 1 && s.refunded == 0 && s.settled() && w.charges() == 1,
		"%s; %d dispute: %s", s, len(known), strings.Join(known, "; "))
}
