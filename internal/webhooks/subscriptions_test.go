package webhooks_test

import (
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
	"checkoutd/internal/webhooks"
)

// subscription creates an order with a subscription, and at Stripe a renewal of
// it that the order does not know yet.
func (f *fixture) subscription() (order, sub, renewal string) {
	f.Helper()
	order, intent := f.buy(payments.StatusSucceeded)
	sub, renewal = "sub_"+order, "pi_renewal_"+order
	read := payments.Subscription{
		ID:         sub,
		OrderID:    order,
		CustomerID: "cus_1",
		Status:     payments.SubscriptionActive,
	}

	f.stripe.PutSubscription(payments.SubscriptionReading{Subscription: read}, "in_"+order)
	f.stripe.PutIntent(payments.Snapshot{
		ID:             renewal,
		Status:         payments.StatusSucceeded,
		Amount:         2000,
		AmountReceived: 2000,
		Currency:       "usd",
		InvoiceID:      "in_" + order,
		SubscriptionID: sub,
		Subscription:   &read,
		Renewal:        true,
	})

	err := f.store.Update(f.Context(), order, nil, func(st *payments.State) error {
		st.Order.CustomerID = "cus_1"
		st.Intent(intent).SubscriptionID = sub
		st.Subscriptions = append(st.Subscriptions, payments.Subscription{
			ID:         sub,
			CustomerID: "cus_1",
			Status:     payments.SubscriptionIncomplete,
		})

		return nil
	})
	if err != nil {
		f.Fatal(err)
	}

	return order, sub, renewal
}

func subscriptionObject(id, order string) object {
	return object{
		"id":       id,
		"object":   "subscription",
		"status":   "active",
		"metadata": object{payments.MetaOrder: order},
	}
}

// invoiceObject returns an invoice in the shape of our release train.
func invoiceObject(sub, order string) object {
	return object{
		"id":                   "in_" + order,
		"object":               "invoice",
		"subscription":         sub,
		"payment_intent":       "pi_x",
		"metadata":             object{},
		"subscription_details": object{"metadata": object{payments.MetaOrder: order}},
	}
}

func (f *fixture) wantSubscription(order string, want payments.SubscriptionStatus) {
	f.Helper()
	if list := f.state(order).Subscriptions; len(list) != 1 || list[0].Status != want {
		f.Errorf("subscriptions %+v, want one, %s", list, want)
	}
}

// Every event of a subscription or an invoice causes the subscription to be
// read at Stripe.
func TestSubscriptionEvents(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		for _, eventType := range []string{
			"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
			"customer.subscription.paused", "customer.subscription.resumed", "customer.subscription.trial_will_end",
			"invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_failed",
			"invoice.payment_action_required", "invoice.upcoming",
		} {
			order, sub, _ := f.subscription()
			o := subscriptionObject(sub, order)
			if eventType[0] == 'i' {
				o = invoiceObject(sub, order)
			}

			if eventType == "invoice.upcoming" {
				delete(o, "id") // the invoice does not exist yet
			}

			raw := f.event(eventType, o)
			f.deliver(raw)
			f.work()
			f.wantState(raw, webhooks.Done, "")
			f.wantSubscription(order, payments.SubscriptionActive)

			if e := f.stored(raw); e.OrderID != order || e.Group != sub {
				f.Errorf("%s: order %q, group %q; want %q, %q", eventType, e.OrderID, e.Group, order, sub)
			}

			f.wantPaid(order)
		}
	})
}

// Before the subscription is linked, its own metadata leads to the order, if it
// is that of an attempt.
func TestEventOfAnUnlinkedSubscriptionIsMatchedByMetadata(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, make := range map[string]func(sub, order string) object{
		"customer.subscription.created": subscriptionObject,
		"invoice.created":               invoiceObject,
		"invoice.paid": func(sub, _ string) object { // of a later release train
			return object{
				"id":     "in_1",
				"object": "invoice",
				"parent": object{"subscription_details": object{"subscription": sub}},
			}
		},
	} {
		f.stripe.SetDown(testkit.ErrDown)
		order, intent := f.buy(payments.StatusProcessing) // the answer is lost
		f.stripe.SetDown(nil)

		made, _ := f.stripe.Peek(intent)
		sub := "sub_" + order
		f.stripe.PutSubscription(payments.SubscriptionReading{Subscription: payments.Subscription{
			ID:     sub,
			Mark:   made.Mark(),
			Status: payments.SubscriptionActive,
		}})

		copied := f.event(name, withMark(make(sub, order), payments.Mark{OrderID: order}))
		f.deliver(copied)
		f.work()
		f.wantState(copied, webhooks.Ignored, "no attempt of ours")

		raw := f.event(name, withMark(make(sub, order), made.Mark()))
		f.deliver(raw)
		f.work()
		f.wantState(raw, webhooks.Done, "")
		f.wantSubscription(order, payments.SubscriptionActive)
		f.wantOrder(order, orders.Open, orders.Checking)
	}
}

// withMark sets our metadata where a subscription, or an invoice of it, has it.
func withMark(o object, m payments.Mark) object {
	parent, later := o["parent"].(object)
	switch {
	case later:
		parent["subscription_details"].(object)["metadata"] = metadataOf(m)
	case o["object"] == "invoice":
		o["subscription_details"] = object{"metadata": metadataOf(m)}
	default:
		o["metadata"] = metadataOf(m)
	}
	return o
}

// The intent and the charge of a renewal refer to nothing but their invoice.
// They are neither unmatched nor a second payment of the order, and the refunds
// and disputes of the renewal are stored beside those of the order.
func TestRenewalBelongsToTheSubscription(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		intent := func(order, renewal string) object {
			return object{
				"id":              renewal,
				"object":          "payment_intent",
				"status":          "succeeded",
				"amount":          2000,
				"amount_received": 2000,
				"currency":        "usd",
				"created":         1769860800,
				"livemode":        false,
				"metadata":        object{},
				"invoice":         "in_" + order,
			}
		}

		charge := func(order, renewal string) object {
			return object{
				"id":             "ch_2",
				"object":         "charge",
				"payment_intent": renewal,
				"invoice":        "in_" + order,
				"metadata":       object{},
			}
		}
		for eventType, make := range map[string]func(order, renewal string) object{
			"payment_intent.succeeded": intent,
			"payment_intent.created":   intent,
			"charge.succeeded":         charge,
		} {
			order, _, renewal := f.subscription()
			f.stripe.SetDown(testkit.ErrDown)
			early := f.event("refund.created", object{
				"id":             "re_2",
				"object":         "refund",
				"payment_intent": renewal,
				"metadata":       object{},
			})

			f.deliver(early)
			f.work()
			f.wantState(early, webhooks.Received, "connection refused") // only Stripe knows whose it is
			f.stripe.SetDown(nil)
			f.stripe.SetRefunds(renewal, payments.Refund{
				ID:       "re_" + order,
				IntentID: renewal,
				Amount:   2000,
				Currency: "usd",
				Status:   "succeeded",
			})

			f.stripe.PutDispute(payments.Dispute{
				ID:       "dp_" + order,
				IntentID: renewal,
				Amount:   2000,
				Currency: "usd",
				Status:   "lost",
			})

			f.clock.Advance(time.Minute)
			raw := f.event(eventType, make(order, renewal))
			f.deliver(raw)
			f.work()
			f.wantState(raw, webhooks.Done, "")
			f.wantState(early, webhooks.Done, "")
			dispute := f.event("charge.dispute.closed", object{
				"id":             "dp_" + order,
				"object":         "dispute",
				"payment_intent": renewal,
			})

			f.deliver(dispute)
			f.work()
			f.wantState(dispute, webhooks.Done, "")

			st := f.state(order)
			in := st.Intent(renewal)
			if in == nil || !in.Renewal || in.Status != payments.StatusSucceeded || in.Captured != 2000 {
				f.Errorf("%s: the renewal is %+v", eventType, in)
			}

			if len(st.Refunds) != 1 || len(st.Disputes) != 1 || st.Order.Refunded != 0 || st.Order.Captured != 1099 {
				f.Errorf("%s: refunds %+v, disputes %+v, refunded %d, captured %d",
					eventType, st.Refunds, st.Disputes, st.Order.Refunded, st.Order.Captured)
			}

			f.wantSubscription(order, payments.SubscriptionActive)
			f.wantPaid(order)
		}
	})
}

func TestEventsOfOtherIntegrations(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	theirs := payments.SubscriptionReading{Subscription: payments.Subscription{ID: "sub_theirs"}}
	f.stripe.PutSubscription(theirs, "in_theirs")

	for name, c := range map[string]struct {
		object object
		state  webhooks.State
		note   string
	}{
		"customer.subscription.updated": {
			object{"id": "sub_theirs", "object": "subscription"},
			webhooks.Ignored, "not ours",
		},
		"invoice.paid": {object{
			"id":           "in_theirs",
			"object":       "invoice",
			"subscription": "sub_theirs",
		}, webhooks.Ignored, "not ours"},
		"payment_intent.succeeded": {object{
			"id":      "pi_theirs",
			"object":  "payment_intent",
			"invoice": "in_theirs",
		}, webhooks.Ignored, "not ours"},
		"invoice.voided": {object{
			"id":           "in_manual",
			"object":       "invoice",
			"subscription": nil,
		}, webhooks.Ignored, "no subscription"},
		"customer.deleted": {object{"id": "cus_1", "object": "customer"}, webhooks.Ignored, "change no order"},
		"payment_method.detached": {object{
			"id":       "pm_1",
			"object":   "payment_method",
			"metadata": 5,
			"parent":   "x",
		}, webhooks.Ignored, "change no order"},
	} {
		raw := f.event(name, c.object)
		f.deliver(raw)
		f.work()
		f.wantState(raw, c.state, c.note)
	}
}

func TestRenewalWaitsWhileStripeIsDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	order, _, renewal := f.subscription()
	f.stripe.SetDown(testkit.ErrDown)
	raw := f.event("charge.succeeded", object{
		"id":             "ch_2",
		"object":         "charge",
		"payment_intent": renewal,
		"invoice":        "in_" + order,
	})

	f.deliver(raw)
	f.work()
	f.wantState(raw, webhooks.Received, "connection refused")

	if p := f.preview(raw); p.Note == "" { // without a call to Stripe
		t.Errorf("the preview is %+v", p)
	}

	f.stripe.SetDown(nil)
	f.clock.Advance(1e10)
	f.work()
	f.wantState(raw, webhooks.Done, "")
}

// setupObject returns a SetupIntent in Stripe's JSON.
func setupObject(id, order string, status payments.Status) object {
	return object{
		"id":            id,
		"object":        "setup_intent",
		"status":        status,
		"client_secret": id + "_secret_x",
		"created":       1769860800,
		"livemode":      false,
		"customer":      nil,
		"metadata":      object{payments.MetaOrder: order},
	}
}

func TestSetupIntentEvents(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(f *fixture) {
		for _, c := range []struct {
			event   string
			is      payments.Status
			status  orders.Status
			payment orders.PaymentStatus
		}{
			{"succeeded", payments.StatusSucceeded, orders.Paid, orders.PaymentPaid},
			// It may be of a previous attempt.
			{"requires_action", payments.StatusRequiresAction, orders.Open, orders.Checking},
			{"canceled", payments.StatusCanceled, orders.Open, orders.Unpaid},
			{"setup_failed", payments.StatusRequiresPaymentMethod, orders.Open, orders.Checking},
			{"created", payments.StatusRequiresPaymentMethod, orders.Open, orders.Checking},
		} {
			order := f.order()
			id := "seti_" + order
			err := f.store.Update(f.Context(), order, nil, func(st *payments.State) error {
				st.Order.Mode, st.Order.Amount, st.Order.PaymentStatus = orders.ModeSetup, 0, orders.Checking
				st.Attempts = append(st.Attempts, payments.Attempt{
					ID:             "att_" + order,
					N:              1,
					IdempotencyKey: order,
					State:          payments.Unknown,
					IntentID:       id,
					Params: payments.Params{
						Mode:     orders.ModeSetup,
						IntentID: id,
						Token:    "ctoken_" + order,
					},
				})

				return nil
			})
			if err != nil {
				f.Fatal(err)
			}

			f.stripe.PutIntent(payments.Snapshot{ID: id, OrderID: order, Status: c.is})
			raw := f.event("setup_intent."+c.event, setupObject(id, order, c.is))
			f.deliver(raw)

			if p := f.preview(raw); p.OrderID != order || p.Before != orders.Open {
				f.Errorf("%s: the preview is %+v", c.event, p)
			}

			f.work()
			f.wantState(raw, webhooks.Done, "")
			f.wantOrder(order, c.status, c.payment)
		}
	})
}
