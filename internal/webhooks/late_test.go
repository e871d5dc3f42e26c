package webhooks_test

import (
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks"
)

// closed returns an order of a customer that was closed while its buyer had the
// instructions for a bank transfer.
func (f *fixture) closed(customer string, status orders.Status) (order, intent string) {
	f.Helper()
	order, intent = f.buy(payments.StatusRequiresAction)
	f.stripe.SetStatus(intent, payments.StatusCanceled)
	f.change(order, func(st *payments.State) {
		st.Order.CustomerID, st.Order.Status = customer, status
		st.Attempts[0].State, st.Attempts[0].Instructions.Kind = payments.Canceled, payments.KindTransfer
		st.Intents[0].Status = payments.StatusCanceled
	})
	return order, intent
}

// change changes an order and its payments.
func (f *fixture) change(order string, change func(*payments.State)) {
	f.Helper()
	err := f.store.Update(f.Context(), order, nil, func(st *payments.State) error { change(st); return nil })
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) wantStatus(order string, want orders.Status) {
	f.Helper()
	o, err := f.store.Order(f.Context(), order)
	if err != nil || o.Status != want {
		f.Errorf("the order is %s (%v), want %s", o.Status, err, want)
	}
}

// cashObject returns the cash balance of a customer, or a transaction of it.
func cashObject(kind, customer string) object {
	return object{"object": kind, "customer": customer, "livemode": false}
}

// Money for a closed order is never ignored, whatever brings it.
func TestLateMoney(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		f.stripe.SetCash(map[string]int64{"usd": 1099})

		for name, event := range map[string]func(order, intent, customer string) []byte{
			"payment_intent.succeeded": func(order, intent, _ string) []byte {
				o := intentObject(intent, order, payments.StatusSucceeded)
				return f.event("payment_intent.succeeded", o)
			},
			"payment_intent.partially_funded": func(order, intent, _ string) []byte {
				o := intentObject(intent, order, payments.StatusRequiresAction)
				o["next_action"] = object{
					"type": payments.KindTransfer, payments.KindTransfer: object{"amount_remaining": 699},
				}
				return f.event("payment_intent.partially_funded", o)
			},
			"charge.succeeded": func(order, intent, _ string) []byte {
				o := chargeObject(intent, order)
				o["paid"], o["status"], o["amount_captured"] = true, "succeeded", 1099
				return f.event("charge.succeeded", o)
			},
			"customer_cash_balance_transaction.created": func(_, _, customer string) []byte {
				o := cashObject("customer_cash_balance_transaction", customer)
				o["id"], o["type"], o["net_amount"] = "ccsbtxn_1", "funded", 1099
				return f.event("customer_cash_balance_transaction.created", o)
			},
			"cash_balance.funds_available": func(_, _, customer string) []byte {
				return f.event("cash_balance.funds_available", cashObject("cash_balance", customer))
			},
		} {
			for _, status := range []orders.Status{orders.Expired, orders.Canceled} {
				customer := "cus_" + string(status) + "_" + name
				order, intent := f.closed(customer, status)
				raw := event(order, intent, customer)
				f.deliver(raw, raw)
				f.work()

				f.wantState(raw, webhooks.Done, "")
				f.wantStatus(order, orders.Review)
				if f.Failed() {
					f.Fatalf("%s, %s", name, status)
				}
			}
		}
	})
}

// The money counts, too, if a charge's event is settled with another one.
func TestLateMoneyOfAGatheredCharge(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, intent := f.closed("cus_1", orders.Expired)
		canceled := f.eventWith("payment_intent.canceled",
			intentObject(intent, order, payments.StatusCanceled), object{"api_version": "2025-03-31.basil"})
		f.deliver(canceled)
		f.clock.Advance(time.Millisecond)

		charge := chargeObject(intent, order)
		charge["paid"], charge["status"], charge["amount_captured"] = true, "succeeded", 1099
		succeeded := f.event("charge.succeeded", charge)
		f.deliver(succeeded)
		f.work()

		f.wantState(canceled, webhooks.Done, "")
		f.wantState(succeeded, webhooks.Done, "")
		f.wantStatus(order, orders.Review)
	})
}

// A payment that waits for a transfer takes the money itself, and strangers'
// money is nobody's.
func TestCashBalance(t *testing.T) {
	t.Parallel()
	f := newFixture(t)

	late, _ := f.closed("cus_1", orders.Expired)
	order, intent := f.buy(payments.StatusRequiresAction)
	f.change(order, func(st *payments.State) {
		st.Order.CustomerID, st.Attempts[0].Instructions.Kind = "cus_1", payments.KindTransfer
	})

	f.stripe.SetStatus(intent, payments.StatusSucceeded)
	f.stripe.SetCash(map[string]int64{"usd": 1})

	paid := f.event("cash_balance.funds_available", cashObject("cash_balance", "cus_1"))
	stranger := f.event("cash_balance.funds_available", cashObject("cash_balance", "cus_2"))
	nobody := f.event("cash_balance.funds_available", cashObject("cash_balance", ""))
	f.deliver(paid, stranger, nobody)
	f.work()

	f.wantPaid(order)
	f.wantStatus(late, orders.Expired)
	f.wantState(paid, webhooks.Done, "")
	f.wantState(stranger, webhooks.Ignored, "not ours")
	f.wantState(nobody, webhooks.Ignored, "no customer")
}
