package payments_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

const (
	customerID = "cus_1"
	subID      = "sub_1"
	renewalID  = "pi_2"
	setupID    = "seti_1"
)

// newFixtureOf returns the fixture of an order in a mode, with its customer.
func newFixtureOf(t *testing.T, mode orders.Mode) *fixture {
	f := newFixture(t)
	o := &f.store.states[orderID].Order
	o.Mode, o.CustomerID = mode, customerID

	switch mode {
	case modeTrial:
		o.Mode, o.Shop.TrialDays = orders.ModeSubscription, 14
		o.Items = []orders.Item{{
			SKU:        "club",
			Name:       "Club",
			Quantity:   1,
			UnitAmount: o.Amount,
			Recurring:  &orders.Recurring{Interval: "month", IntervalCount: 1},
		}}

		o.Amount = 0

	case orders.ModeSetup:
		o.Amount = 0
	case orders.ModeSubscription:
		o.Items = []orders.Item{{
			SKU:        "club",
			Name:       "Club",
			Quantity:   1,
			UnitAmount: o.Amount,
			Recurring:  &orders.Recurring{Interval: "month", IntervalCount: 1},
		}}
	}

	return f
}

// snapOf returns the intent that Stripe makes of the parameters in their mode,
// as a reading shows it.
func snapOf(p payments.Params, status payments.Status, sub payments.SubscriptionStatus) payments.Snapshot {
	s := snap(p, status)
	if p.TrialDays > 0 {
		full := subscriptionIn(sub)
		full.Mark = payments.MarkOf(p.Metadata)
		s.ID, s.Amount, s.AmountReceived, s.Currency = setupID, 0, 0, ""
		s.SubscriptionID, s.Subscription = subID, &full
		return s
	}

	switch p.Mode {
	case orders.ModeSetup:
		s.ID, s.Amount, s.AmountReceived, s.Currency = setupID, 0, 0, ""
	case orders.ModeSubscription:
		full := subscriptionIn(sub)
		full.Mark = payments.MarkOf(p.Metadata)
		s.InvoiceID, s.SubscriptionID, s.Subscription = "in_1", subID, &full
	}

	return s
}

// inEvent returns an intent as an event carries it: with the ID of its invoice
// and no more of it.
func inEvent(s payments.Snapshot) payments.Snapshot {
	if s.IsSetup() { // its metadata names the subscription
		s.Subscription = nil
		return s
	}
	s.SubscriptionID, s.Subscription, s.Renewal = "", nil, false
	return s
}

func subscriptionIn(status payments.SubscriptionStatus) payments.Subscription {
	return payments.Subscription{
		ID:         subID,
		OrderID:    orderID,
		CustomerID: customerID,
		Status:     status,
	}
}

// moment is the state of the intent, the subscription and the renewal at
// Stripe.
type moment struct {
	intent  payments.Status
	err     *payments.StripeError
	sub     payments.SubscriptionStatus
	renewal payments.Status // "" while there is none
	refund  int64           // of the renewal

	outOfBand bool // the latest invoice is paid outside of Stripe
}

// step is a moment and the event about it.
type step struct {
	name string // of the event
	moment
}

const (
	incomplete = payments.SubscriptionIncomplete
	active     = payments.SubscriptionActive
	pastDue    = payments.SubscriptionPastDue
	trialing   = payments.SubscriptionTrialing
)

// modeTrial stands for an order in mode subscription that begins with a trial.
const modeTrial orders.Mode = "trial"

// modeSequences are what really happens at Stripe when a buyer saves a payment
// method or subscribes, in order.
var modeSequences = []struct {
	name    string
	mode    orders.Mode
	answer  payments.Status
	steps   []step
	status  orders.Status
	payment orders.PaymentStatus
	effects string // separated by commas
}{
	{"saved at once", orders.ModeSetup, succeeded, []step{
		{"setup_intent.created", moment{intent: rpm}}, {"setup_intent.succeeded", moment{intent: succeeded}},
	}, orders.Paid, orders.PaymentPaid, payments.EffectSaved},
	{"saved after 3D Secure", orders.ModeSetup, action, []step{
		{"setup_intent.created", moment{intent: rpm}}, {"setup_intent.requires_action", moment{intent: action}},
		{"setup_intent.succeeded", moment{intent: succeeded}},
	}, orders.Paid, orders.PaymentPaid, payments.EffectSaved},
	{"not saved: 3D Secure failed", orders.ModeSetup, action, []step{
		{"setup_intent.created", moment{intent: rpm}}, {"setup_intent.requires_action", moment{intent: action}},
		{"setup_intent.setup_failed", moment{intent: rpm, err: cardDeclined}},
	}, orders.Open, orders.PaymentFailed, ""},
	{"saved with a mandate, after some time", orders.ModeSetup, proc, []step{
		{"setup_intent.created", moment{intent: rpm}}, {"setup_intent.processing", moment{intent: proc}},
		{"setup_intent.succeeded", moment{intent: succeeded}},
	}, orders.Paid, orders.PaymentPaid, payments.EffectSaved},
	{"abandoned", orders.ModeSetup, action, []step{
		{"setup_intent.created", moment{intent: rpm}}, {"setup_intent.requires_action", moment{intent: action}},
		{"setup_intent.canceled", moment{intent: gone}},
	}, orders.Open, orders.Unpaid, ""},
	{"subscribed at once", orders.ModeSubscription, succeeded, []step{
		{"customer.subscription.created", moment{intent: rpm, sub: incomplete}},
		{"payment_intent.created", moment{intent: rpm, sub: incomplete}},
		{"charge.succeeded", moment{intent: succeeded, sub: incomplete}},
		{"payment_intent.succeeded", moment{intent: succeeded, sub: incomplete}},
		{"customer.subscription.updated", moment{intent: succeeded, sub: active}},
		{"invoice.paid", moment{intent: succeeded, sub: active}},
	}, orders.Paid, orders.PaymentPaid, payments.EffectPaid},
	{"subscribed after 3D Secure", orders.ModeSubscription, action, []step{
		{"customer.subscription.created", moment{intent: rpm, sub: incomplete}},
		{"payment_intent.requires_action", moment{intent: action, sub: incomplete}},
		{"invoice.payment_action_required", moment{intent: action, sub: incomplete}},
		{"payment_intent.succeeded", moment{intent: succeeded, sub: active}},
		{"customer.subscription.updated", moment{intent: succeeded, sub: active}},
		{"invoice.payment_succeeded", moment{intent: succeeded, sub: active}},
	}, orders.Paid, orders.PaymentPaid, payments.EffectPaid},
	{"a first payment that failed", orders.ModeSubscription, action, []step{
		{"customer.subscription.created", moment{intent: rpm, sub: incomplete}},
		{"payment_intent.requires_action", moment{intent: action, sub: incomplete}},
		{"payment_intent.payment_failed", moment{intent: rpm, err: cardDeclined, sub: incomplete}},
		{"invoice.payment_failed", moment{intent: rpm, err: cardDeclined, sub: incomplete}},
	}, orders.Open, orders.PaymentFailed, ""},
	{"a first payment that was abandoned", orders.ModeSubscription, action, []step{
		{"customer.subscription.created", moment{intent: rpm, sub: incomplete}},
		{"payment_intent.requires_action", moment{intent: action, sub: incomplete}},
		{"payment_intent.canceled", moment{intent: gone, sub: payments.SubscriptionIncompleteExpired}},
		{"customer.subscription.updated", moment{intent: gone, sub: payments.SubscriptionIncompleteExpired}},
	}, orders.Open, orders.Unpaid, ""},
	{"a first invoice that is paid out of band", orders.ModeSubscription, action, []step{
		{"customer.subscription.created", moment{intent: rpm, sub: incomplete}},
		{"payment_intent.requires_action", moment{intent: action, sub: incomplete}},
		{"payment_intent.canceled", moment{intent: gone, sub: active, outOfBand: true}},
		{"invoice.paid", moment{intent: gone, sub: active, outOfBand: true}},
		{"customer.subscription.updated", moment{intent: gone, sub: active, outOfBand: true}},
	}, orders.Paid, orders.PaymentPaid, payments.EffectPaid},
	{"a first payment that failed, then was made out of band", orders.ModeSubscription, action, []step{
		{"payment_intent.requires_action", moment{intent: action, sub: incomplete}},
		{"payment_intent.payment_failed", moment{intent: rpm, err: cardDeclined, sub: incomplete}},
		{"payment_intent.canceled", moment{intent: gone, sub: active, outOfBand: true}},
		{"invoice.paid", moment{intent: gone, sub: active, outOfBand: true}},
	}, orders.Paid, orders.PaymentPaid, payments.EffectPaid},
	{"a renewal that is paid out of band", orders.ModeSubscription, succeeded, []step{
		{"payment_intent.succeeded", moment{intent: succeeded, sub: active}},
		{"renewal payment_intent.payment_failed", moment{
			intent:  succeeded,
			sub:     pastDue,
			renewal: rpm,
		}},
		{"renewal payment_intent.canceled", moment{
			intent:    succeeded,
			sub:       active,
			renewal:   gone,
			outOfBand: true,
		}},
		{"invoice.paid", moment{intent: succeeded, sub: active, renewal: gone, outOfBand: true}},
	}, orders.Paid, orders.PaymentPaid, "order.paid,subscription.renewed " + renewalID},
	{"renewed", orders.ModeSubscription, succeeded, []step{
		{"payment_intent.succeeded", moment{intent: succeeded, sub: active}}, {"renewal payment_intent.created", moment{
			intent:  succeeded,
			sub:     active,
			renewal: rpm,
		}},
		{"renewal charge.succeeded", moment{intent: succeeded, sub: active, renewal: succeeded}},
		{"renewal payment_intent.succeeded", moment{
			intent:  succeeded,
			sub:     active,
			renewal: succeeded,
		}},
		{"invoice.paid", moment{intent: succeeded, sub: active, renewal: succeeded}},
		{"renewal refund.created", moment{
			intent:  succeeded,
			sub:     active,
			renewal: succeeded,
			refund:  500,
		}},
	}, orders.Paid, orders.PaymentPaid,
		"order.paid,subscription.renewed " + renewalID + ",order.refunded re_1"},
	{"a renewal that failed", orders.ModeSubscription, succeeded, []step{
		{"payment_intent.succeeded", moment{intent: succeeded, sub: active}}, {"renewal payment_intent.created", moment{
			intent:  succeeded,
			sub:     active,
			renewal: rpm,
		}},
		{"renewal payment_intent.payment_failed", moment{
			intent:  succeeded,
			err:     nil,
			sub:     active,
			renewal: rpm,
		}},
		{"customer.subscription.updated", moment{intent: succeeded, sub: pastDue, renewal: rpm}},
		{"renewal payment_intent.canceled", moment{
			intent:  succeeded,
			sub:     payments.SubscriptionCanceled,
			renewal: gone,
		}},
		{"customer.subscription.deleted", moment{
			intent:  succeeded,
			sub:     payments.SubscriptionCanceled,
			renewal: gone,
		}},
	}, orders.Paid, orders.PaymentPaid,
		"order.paid,subscription.canceled " + subID},
	{"a trial", modeTrial, succeeded, []step{
		{"customer.subscription.created", moment{intent: rpm, sub: trialing}},
		{"setup_intent.succeeded", moment{intent: succeeded, sub: trialing}},
		{"invoice.paid", moment{intent: succeeded, sub: trialing}},
		{"customer.subscription.updated", moment{intent: succeeded, sub: trialing}},
	}, orders.Paid, orders.PaymentPaid, payments.EffectPaid},
	{"a trial after 3D Secure, and the first payment", modeTrial, action, []step{
		{"customer.subscription.created", moment{intent: rpm, sub: trialing}},
		{"setup_intent.requires_action", moment{intent: action, sub: trialing}},
		{"setup_intent.succeeded", moment{intent: succeeded, sub: trialing}},
		{"customer.subscription.updated", moment{intent: succeeded, sub: active, renewal: rpm}},
		{"renewal payment_intent.succeeded", moment{
			intent:  succeeded,
			sub:     active,
			renewal: succeeded,
		}},
	}, orders.Paid, orders.PaymentPaid, "order.paid,subscription.renewed " + renewalID},
	{"a trial whose first payment failed", modeTrial, succeeded, []step{
		{"setup_intent.succeeded", moment{intent: succeeded, sub: trialing}},
		{"renewal payment_intent.payment_failed", moment{
			intent:  succeeded,
			sub:     pastDue,
			renewal: rpm,
		}},
		{"customer.subscription.updated", moment{intent: succeeded, sub: pastDue, renewal: rpm}},
		{"customer.subscription.deleted", moment{
			intent:  succeeded,
			sub:     payments.SubscriptionCanceled,
			renewal: rpm,
		}},
	}, orders.Paid, orders.PaymentPaid, "order.paid,subscription.canceled " + subID},
	{"a trial without a method: 3D Secure failed", modeTrial, action, []step{
		{"customer.subscription.created", moment{intent: rpm, sub: trialing}},
		{"setup_intent.requires_action", moment{intent: action, sub: trialing}},
		{"setup_intent.setup_failed", moment{intent: rpm, err: cardDeclined, sub: trialing}},
	}, orders.Open, orders.PaymentFailed, ""},
	{"a trial that was abandoned", modeTrial, action, []step{
		{"customer.subscription.created", moment{intent: rpm, sub: trialing}},
		{"setup_intent.requires_action", moment{intent: action, sub: trialing}},
		{"setup_intent.canceled", moment{intent: gone, sub: payments.SubscriptionCanceled}},
		{"customer.subscription.deleted", moment{intent: gone, sub: payments.SubscriptionCanceled}},
	}, orders.Open, orders.Unpaid, ""},
}

// happen makes m the state at Stripe.
func (f *fixture) happen(p payments.Params, m moment) {
	s := snapOf(p, m.intent, m.sub)
	s.Error, s.PaidOutOfBand = m.err, m.outOfBand && m.renewal == ""

	inReading := s
	if p.TrialDays > 0 { // it is read apart
		inReading.Subscription = nil
	}

	f.stripe.PutIntent(inReading)

	reading := payments.SubscriptionReading{Subscription: subscriptionIn(m.sub)}
	reading.Mark = payments.MarkOf(p.Metadata)

	if m.renewal == "" {
		reading.First = &s
		if p.TrialDays > 0 && m.intent == succeeded { // nothing is pending
			reading.First = nil
		}

		f.stripe.PutSubscription(reading, "in_1", "in_2")
		return
	}

	f.stripe.PutSubscription(reading, "in_1", "in_2")

	sub := subscriptionIn(m.sub)
	sub.Mark = reading.Mark
	next := payments.Snapshot{
		ID:             renewalID,
		Status:         m.renewal,
		Amount:         2000,
		Currency:       "usd",
		CustomerID:     customerID,
		InvoiceID:      "in_2",
		SubscriptionID: subID,
		Subscription:   &sub,
		Renewal:        true,
		PaidOutOfBand:  m.outOfBand,
	}

	if m.renewal == succeeded {
		next.AmountReceived = next.Amount
	}

	f.stripe.PutIntent(next)
	if m.refund > 0 {
		f.stripe.PutRefund(payments.Refund{
			ID:       "re_1",
			IntentID: renewalID,
			Amount:   m.refund,
			Currency: "usd",
			Status:   "succeeded",
		})
	}
}

// deliver delivers the event of a step.
func (f *fixture) deliver(p payments.Params, e step) error {
	ctx := context.Background()
	switch e.name {
	case "charge.succeeded":
		return f.svc.SettleHint(ctx, orderID, intentID, payments.ChargeNews{}, nil)
	case "renewal charge.succeeded":
		return f.svc.SettleHint(ctx, orderID, renewalID, payments.ChargeNews{}, nil)
	case "renewal refund.created":
		return f.svc.SettleRefunds(ctx, orderID, renewalID, nil)
	case "customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
		"invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed", "invoice.payment_action_required":
		return f.svc.SettleSubscription(ctx, orderID, subID, nil)
	case "renewal payment_intent.created", "renewal payment_intent.succeeded",
		"renewal payment_intent.payment_failed", "renewal payment_intent.canceled":
		s := payments.Snapshot{
			ID:         renewalID,
			Status:     e.renewal,
			Amount:     2000,
			Currency:   "usd",
			CustomerID: customerID,
			InvoiceID:  "in_2",
		}

		if e.renewal == succeeded {
			s.AmountReceived = s.Amount
		}

		return f.svc.Settle(ctx, orderID, s, nil)

	default:
		s := inEvent(snapOf(p, e.intent, e.sub))
		s.Error = e.err

		if e.name == "payment_intent.created" {
			s.OrderID, s.AttemptID = "", "" // Stripe made it, and it bears nothing of ours yet
		}

		return f.svc.Settle(ctx, orderID, s, nil)
	}
}

// playSteps is play for the steps of a mode.
func playSteps(t *testing.T, mode orders.Mode, answer payments.Status, steps []step, d delivery) *fixture {
	t.Helper()
	f := newFixtureOf(t, mode)
	at := -1
	advance := func(to int) {
		for ; at < to; at++ {
			f.happen(f.sent(0), steps[at+1].moment)
		}
	}

	reply := func(p payments.Params, _ string) (payments.Snapshot, error) {
		return snapOf(p, answer, incomplete), nil
	}
	f.stripe.OnSend(func(p payments.Params, key string) (payments.Snapshot, error) {
		advance(0)
		if !d.answered {
			return payments.Snapshot{}, errReset
		}

		advance(slices.IndexFunc(steps, func(e step) bool { return e.intent == answer }))
		return reply(p, key)
	})

	_, _ = f.confirm("ctoken_a")

	for n, i := range d.order {
		advance(max(i, d.truth(n)))
		if err := f.deliver(f.sent(0), steps[i]); err != nil {
			t.Fatalf("%s: %v", steps[i].name, err)
		}
	}

	if !d.answered { // the resolver repeats the call, and Stripe repeats its answer of that time
		f.stripe.OnSend(reply)
		f.clock.Advance(time.Minute)
		f.runOnce()
	}

	return f
}

// TestEventOrderDoesNotMatterInAnyMode is TestEventOrderDoesNotMatter for
// saving and subscribing: in whatever order and however often the events come,
// the order's own intent pays it once, and the subscription is as it is at
// Stripe.
func TestEventOrderDoesNotMatterInAnyMode(t *testing.T) {
	t.Parallel()
	for _, seq := range modeSequences {
		t.Run(seq.name, func(t *testing.T) {
			t.Parallel()
			n := len(seq.steps)
			for d := range deliveries(n) {
				f := playSteps(t, seq.mode, seq.answer, seq.steps, d)
				f.checkMode(seq.steps[n-1].moment, seq.status, seq.payment, seq.effects)

				if t.Failed() {
					t.Fatalf("in order %v, answered %t", d.order, d.answered)
				}
			}
		})
	}
}

func (f *fixture) checkMode(end moment, status orders.Status, payment orders.PaymentStatus, effects string) {
	f.Helper()
	f.wantOrder(status, payment)

	// Whether a reading shows that a payment is late depends on its time.
	var got []string
	for name := range f.store.effects {
		if name = strings.TrimPrefix(name, orderID+" "); !strings.HasPrefix(name, payments.EffectPastDue) {
			got = append(got, name)
		}
	}

	want := slices.DeleteFunc(strings.Split(effects, ","), func(s string) bool { return s == "" })
	if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		f.Errorf("the effects are %q, want %q", got, want)
	}

	st := f.state()
	switch {
	case end.sub == "" && len(st.Subscriptions) != 0:
		f.Errorf("subscriptions %+v, want none", st.Subscriptions)
	case end.sub != "" && (len(st.Subscriptions) != 1 || st.Subscriptions[0].Status != end.sub):
		f.Errorf("subscriptions %+v, want one, %s", st.Subscriptions, end.sub)
	}

	intents := 1
	if end.renewal != "" {
		intents = 2
		if in := st.Intent(renewalID); in == nil || !in.Renewal || in.Status != end.renewal {
			f.Errorf("the renewal is %+v, want it %s", in, end.renewal)
		}
	}

	if len(st.Intents) != intents || st.Order.Refunded != 0 || len(st.Refunds) != int(min(1, end.refund)) {
		f.Errorf("%d intents, want %d; refunded %d of the order, %d refunds",
			len(st.Intents), intents, st.Order.Refunded, len(st.Refunds))
	}

	captured := st.Order.Amount
	if end.outOfBand && end.renewal == "" {
		captured = 0
	}

	if strings.Contains(effects, payments.EffectPaid) && st.Order.Captured != captured {
		f.Errorf("captured %d, want %d", st.Order.Captured, captured)
	}
}
