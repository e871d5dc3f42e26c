package webhooks_test

import (
	"context"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks"
)

// connecting lets events of connected accounts in.
func connecting(c *webhooks.Config) {
	c.Connect = true
	c.BackfillAccounts = func(context.Context) ([]string, error) { return []string{"acct_1"}, nil }
}

// buyIn creates an order that is charged in an account and confirms it. The
// intent gets the status.
func (f *fixture) buyIn(account string, status payments.Status) (order, intent string) {
	f.Helper()
	order = f.order()
	f.change(order, func(st *payments.State) { st.Order.Account = account })
	f.stripe.SetNext(status)
	f.confirm(order, "ctoken_"+order)

	return order, "pi_" + order
}

// eventOf returns an event of an account, "" for the platform's own.
func (f *fixture) eventOf(account, eventType string, o any) []byte {
	f.Helper()
	if account == "" {
		return f.event(eventType, o)
	}
	return f.eventWith(eventType, o, object{"account": account})
}

// TestEventsReachTheOrdersOfTheirAccount delivers news of an order's intent,
// its charge, a refund and a dispute in the name of other accounts, then of its
// own.
func TestEventsReachTheOrdersOfTheirAccount(t *testing.T) {
	t.Parallel()
	for name, account := range map[string]string{"own": "", "connected": "acct_1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEachEngine(t, func(f *fixture) { testEventsOf(f, account) })
		})
	}
}

func testEventsOf(f *fixture, account string) {
	hooks := f.config
	connecting(&hooks)
	f.hooks = webhooks.New(hooks)

	order, intent := f.buyIn(account, payments.StatusProcessing)
	made, _ := f.stripe.Peek(intent)
	f.stripe.SetStatus(intent, payments.StatusSucceeded)
	f.stripe.PutRefund(payments.Refund{
		ID:       "re_1",
		IntentID: intent,
		Amount:   500,
		Currency: "usd",
		Status:   "succeeded",
	})

	f.stripe.PutDispute(payments.Dispute{
		ID:       "dp_1",
		IntentID: intent,
		Amount:   1099,
		Currency: "usd",
		Status:   "lost",
	})

	succeeded := intentObject(intent, order, payments.StatusSucceeded)
	succeeded["metadata"] = metadataOf(made.Mark())
	news := func(of string) [][]byte {
		return [][]byte{
			f.eventOf(of, "payment_intent.succeeded", succeeded),
			f.eventOf(of, "charge.succeeded", object{
				"id":             "ch_1",
				"object":         "charge",
				"payment_intent": intent,
				"metadata":       metadataOf(made.Mark()),
			}),
			f.eventOf(of, "refund.created", object{
				"id":             "re_1",
				"object":         "refund",
				"payment_intent": intent,
			}),
			f.eventOf(of, "charge.dispute.created", object{
				"id":             "dp_1",
				"object":         "dispute",
				"payment_intent": intent,
			}),
		}
	}

	for _, other := range []string{"", "acct_1", "acct_2"} {
		if other == account {
			continue
		}

		list := news(other)
		f.deliver(list...)
		f.work()

		for _, raw := range list {
			f.wantState(raw, webhooks.Ignored, "not ours")
		}
	}

	st := f.state(order)
	if st.Order.Status != orders.Open || len(st.Refunds)+len(st.Disputes)+len(st.ForeignPayments) != 0 {
		f.Errorf("account %q: events of others made the order %s, with %+v %+v %+v",
			account, st.Order.Status, st.Refunds, st.Disputes, st.ForeignPayments)
	}

	own := news(account)
	f.deliver(own...)
	f.clock.Advance(time.Minute)
	f.work()

	for _, raw := range own {
		f.wantState(raw, webhooks.Done, "")
	}

	st = f.state(order)
	if st.Order.Status != orders.Paid || st.Order.Refunded != 500 || len(st.Disputes) != 1 {
		f.Errorf("account %q: the order is %s, refunded %d, %d disputes",
			account, st.Order.Status, st.Order.Refunded, len(st.Disputes))
	}
}

// TestBackfillOfAnAccount: each account has its own list and its own cursor.
func TestBackfillOfAnAccount(t *testing.T) {
	t.Parallel()
	f := newFixture(t, connecting)
	order, intent := f.buyIn("acct_1", payments.StatusProcessing)
	f.stripe.SetStatus(intent, payments.StatusSucceeded)
	made, _ := f.stripe.Peek(intent)
	o := intentObject(intent, order, payments.StatusSucceeded)
	o["metadata"] = metadataOf(made.Mark())
	f.stripe.list(f.eventOf("acct_1", "payment_intent.succeeded", o))

	f.backfill()
	f.work()
	f.wantPaid(order)

	at, err := f.store.Cursor(t.Context(), "acct_1")
	if err != nil || !at.Equal(f.clock.Now()) {
		t.Errorf("the account's cursor is %v, %v; want %v", at, err, f.clock.Now())
	}
}

// TestFirstBackfillOfAnAccountBeginsWithItsFirstOrder: the server may have been
// away since.
func TestFirstBackfillOfAnAccountBeginsWithItsFirstOrder(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		began := f.clock.Now()
		f.buyIn("acct_1", payments.StatusProcessing)
		f.clock.Advance(5 * time.Hour)
		f.buyIn("acct_1", payments.StatusProcessing)

		hooks := f.config
		connecting(&hooks)
		f.hooks = webhooks.New(hooks)

		f.backfill()
		if want := began.Add(-time.Hour); !f.asked().Equal(want) {
			f.Errorf("the account's events are listed from %s, want %s", f.asked(), want)
		}
	})
}
