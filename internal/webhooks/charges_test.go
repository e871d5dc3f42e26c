package webhooks_test

import (
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
	"checkoutd/internal/webhooks"
)

func chargeObject(intent, order string) object {
	return object{
		"id":             "ch_1",
		"object":         "charge",
		"payment_intent": intent,
		"metadata":       object{payments.MetaOrder: order},
	}
}

// A charge is a hint that its intent has changed.
func TestChargeEvents(t *testing.T) {
	t.Parallel()
	for _, eventType := range []string{
		"charge.succeeded", "charge.failed", "charge.captured", "charge.updated", "charge.pending",
	} {
		t.Run(eventType, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			order, intent := f.buy(payments.StatusProcessing)
			f.stripe.SetStatus(intent, payments.StatusSucceeded)
			first := f.event(eventType, chargeObject(intent, order))
			f.deliver(first)
			f.work()
			f.wantState(first, webhooks.Done, "")
			f.wantPaid(order)
			readings := f.stripe.Readings()
			paid := chargeObject(intent, order)
			paid["paid"] = true
			paid["payment_method_details"] = object{
				"type": "card",
				"card": object{"brand": "visa", "last4": "4242"},
			}

			second := f.event(eventType, paid)
			f.deliver(second)
			f.work()
			f.wantState(second, webhooks.Done, "")

			if f.stripe.Readings() != readings {
				t.Error("a final intent was read again")
			}
			if got := f.state(order).Order.PaidWith; got.Last4 != "4242" {
				t.Errorf("the order was paid with %+v", got)
			}
		})
	}
}

// refundObject returns a refund. Its own metadata names no order; the order is
// found by the intent.
func refundObject(intent string, expanded bool) object {
	o := object{
		"id":             "re_1",
		"object":         "refund",
		"amount":         1099,
		"payment_intent": intent,
		"metadata":       object{},
	}

	if expanded {
		o["payment_intent"] = object{"id": intent, "object": "payment_intent"}
	}

	return o
}

// Refunds are counted by their own ID (woocommerce-gateway-stripe#5697,
// craft-stripe#134).
func TestRefundEvents(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, intent := f.buy(payments.StatusSucceeded)
		f.wantPaid(order)

		for _, step := range []struct {
			name    string
			refunds []payments.Refund
			event   []byte
			amount  int64
			payment orders.PaymentStatus
		}{
			{"part, pending", []payments.Refund{{ID: "re_1", Amount: 500, Status: "pending"}},
				f.event("charge.refunded", chargeObject(intent, order)), 500, orders.PartiallyRefunded},
			{"the same, succeeded", []payments.Refund{{
				ID:     "re_1",
				Amount: 500,
				Status: "succeeded",
			}},
				f.event("refund.updated", refundObject(intent, false)), 500, orders.PartiallyRefunded},
			{"the rest", []payments.Refund{{
				ID:     "re_2",
				Amount: 599,
				Status: "succeeded",
			}, {ID: "re_1", Amount: 500, Status: "succeeded"}},
				f.event("refund.created", refundObject(intent, true)), 1099, orders.Refunded},
			{"the rest fails", []payments.Refund{{
				ID:     "re_2",
				Amount: 599,
				Status: "failed",
			}, {ID: "re_1", Amount: 500, Status: "succeeded"}},
				f.event("refund.failed", refundObject(intent, false)), 500, orders.PartiallyRefunded},
			{"the first is canceled", []payments.Refund{{
				ID:     "re_2",
				Amount: 599,
				Status: "failed",
			}, {ID: "re_1", Amount: 500, Status: "canceled"}},
				f.event("charge.refund.updated", refundObject(intent, false)), 0, orders.PaymentPaid},
		} {
			for i := range step.refunds {
				step.refunds[i].IntentID, step.refunds[i].Currency = intent, "usd"
			}

			f.stripe.SetRefunds(intent, step.refunds...)

			for range 2 { // the event, and its replay
				f.deliver(step.event)
				f.replayEvent(step.event)

				f.work()
				f.wantState(step.event, webhooks.Done, "")

				o := f.state(order).Order
				if o.Refunded != step.amount || o.Status != orders.Paid || o.PaymentStatus != step.payment {
					f.Errorf("%s: refunded %d, %s, %s; want %d, paid, %s",
						step.name, o.Refunded, o.Status, o.PaymentStatus, step.amount, step.payment)
				}
			}
		}

		if got := len(f.state(order).Refunds); got != 2 {
			f.Errorf("%d refunds are stored, want 2", got)
		}
	})
}

func TestDisputeEvents(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		order, intent := f.buy(payments.StatusSucceeded)
		for _, step := range []struct{ event, status string }{
			{"created", "needs_response"}, {"updated", "under_review"}, {"funds_withdrawn", "under_review"},
			{"funds_reinstated", "won"}, {"closed", "won"},
		} {
			f.stripe.PutDispute(payments.Dispute{
				ID:       "dp_1",
				IntentID: intent,
				Amount:   1099,
				Currency: "usd",
				Status:   step.status,
				Reason:   "fraudulent",
			})

			// The object in the event is stale.
			raw := f.event("charge.dispute."+step.event, object{
				"id":             "dp_1",
				"object":         "dispute",
				"payment_intent": intent,
				"status":         "needs_response",
			})

			f.deliver(raw)
			f.work()
			f.wantState(raw, webhooks.Done, "")

			list := f.state(order).Disputes
			if len(list) != 1 || list[0].Status != step.status || list[0].Amount != 1099 ||
				list[0].Reason != "fraudulent" || list[0].OrderID != order {
				f.Errorf("%s: the disputes are %+v, want dp_1 %s", step.event, list, step.status)
			}

			f.wantPaid(order) // nothing is refunded automatically
		}
	})
}

func TestRefundAndDisputeWaitWhileStripeIsDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, intent := f.buy(payments.StatusSucceeded)
	f.stripe.SetRefunds(intent, payments.Refund{
		ID:       "re_1",
		IntentID: intent,
		Amount:   1099,
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

	f.stripe.SetDown(testkit.ErrDown)
	refund := f.event("refund.created", refundObject(intent, false))
	dispute := f.event("charge.dispute.closed", object{
		"id":             "dp_1",
		"object":         "dispute",
		"payment_intent": intent,
	})

	f.deliver(refund, dispute)
	f.work()
	f.wantState(refund, webhooks.Received, "connection refused")
	f.wantState(dispute, webhooks.Received, "connection refused")
	f.wantPaid(order)
	f.stripe.SetDown(nil)
	f.clock.Advance(lease)
	f.work()
	f.wantState(refund, webhooks.Done, "")
	f.wantState(dispute, webhooks.Done, "")
	f.wantOrder(order, orders.Paid, orders.Refunded)
}
