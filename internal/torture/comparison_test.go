package torture_test

import (
	"strings"
	"testing"

	"checkoutd/internal/sandbox"
)

// consistent returns the facts of a shop with one paid order that all sides
// agree on.
func consistent() facts {
	p := newPromises()
	p.order("ord_1", 1800)
	p.payment("ord_1")
	p.event("evt_1")

	return facts{
		promised: p,
		ledger: sandbox.Ledger{
			Intents: []sandbox.LedgerIntent{{
				ID:       "pi_1",
				Status:   "succeeded",
				Metadata: map[string]string{"checkoutd_order": "ord_1"},
			}},
			Charges: []sandbox.LedgerCharge{
				{
					ID:            "ch_0",
					PaymentIntent: "pi_1",
					Status:        "failed",
					Amount:        1800,
					Currency:      "usd",
				},
				{
					ID:             "ch_1",
					PaymentIntent:  "pi_1",
					Status:         "succeeded",
					Amount:         1800,
					AmountCaptured: 1800,
					Currency:       "usd",
				},
			},
		},
		sent: []string{"evt_1"},
		shop: rows{
			orders:   []orderRow{{id: "ord_1", status: "paid", amount: 1800, currency: "usd"}},
			attempts: []attemptRow{{"att_1", "ord_1", "failed"}, {"att_2", "ord_1", "succeeded"}},
			effects:  []effectRow{{"eff_1", "ord_1", "order.paid"}},
			events:   []eventRow{{id: "evt_1", state: "done"}},
		},
	}
}

// TestComparison tests the judge itself: it finds every kind of damage, and
// none in consistent facts.
func TestComparison(t *testing.T) {
	t.Parallel()
	if got := compare(consistent()); len(got) > 0 {
		t.Fatalf("consistent facts: got %q", got)
	}

	for want, damage := range map[string]func(*facts){
		"belongs to no order":                func(f *facts) { f.ledger.Intents[0].Metadata = nil },
		"was made for order ord_1, which is": func(f *facts) { f.shop.orders[0].status = "open" },
		"has 2 charges":                      func(f *facts) { f.ledger.Charges[0].Status = "succeeded" },
		"has 0 charges":                      func(f *facts) { f.ledger.Charges = nil },
		"was made in acct_2":                 func(f *facts) { f.ledger.Charges[1].Account = "acct_2" },
		"order ord_1 is of \"acct_2\"":       func(f *facts) { f.shop.orders[0].account = "acct_2" },
		"is over 1700 usd":                   func(f *facts) { f.ledger.Charges[1].AmountCaptured = 1700 },
		"intent pi_2 belongs to no order": func(f *facts) {
			stray := sandbox.LedgerIntent{ID: "pi_2", Status: "requires_payment_method"}
			f.ledger.Intents = append(f.ledger.Intents, stray)
		},
		"were refunded, and 0 asked for": func(f *facts) { f.ledger.Charges[1].AmountRefunded = 1 },
		"2 live intents": func(f *facts) {
			f.ledger.Intents = append(f.ledger.Intents, f.ledger.Intents[0])
		},
		"order ord_1 over 1800 was acknowledged": func(f *facts) { f.shop.orders = nil },
		"was told that it is paid":               func(f *facts) { f.shop.orders[0].status = "open" },
		"event evt_1 was acknowledged":           func(f *facts) { f.shop.events = nil },
		"event evt_2 of Stripe is not":           func(f *facts) { f.sent = append(f.sent, "evt_2") },
		"has 0 effects":                          func(f *facts) { f.shop.effects = nil },
		"has 2 effects": func(f *facts) {
			f.shop.effects = append(f.shop.effects, f.shop.effects[0])
		},
		"is in review": func(f *facts) { f.shop.orders[0].status = "review" },
		"attempt att_1 of order ord_1 is unknown": func(f *facts) { f.shop.attempts[0].state = "unknown" },
		"(payment_intent.succeeded) is dead": func(f *facts) {
			f.shop.events[0] = eventRow{
				id:    "evt_1",
				kind:  "payment_intent.succeeded",
				state: "dead",
			}
		},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			f := consistent()
			damage(&f)

			if got := strings.Join(compare(f), "\n"); !strings.Contains(got, want) {
				t.Errorf("got %q, want a sentence with %q", got, want)
			}
		})
	}
}
