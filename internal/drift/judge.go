package drift

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// judge looks at a suspect once more and returns what differs still. It reads
// Stripe before the ledger: what settles in between agrees with both.
func (s *Service) judge(ctx context.Context, account string, sus Suspect) ([]Finding, error) {
	var found []Finding
	var err error
	switch {
	case sus.IntentID != "":
		found, err = s.judgeIntent(ctx, account, sus.IntentID)
	case sus.DisputeID != "":
		found, err = s.judgeDispute(ctx, account, sus.DisputeID)
	case sus.ChargeID != "":
		found, err = s.judgeCharge(ctx, account, &sus)
	default:
		found, err = s.judgeOrder(ctx, account, sus.OrderID)
	}

	for i := range found {
		found[i].Account, found[i].Suspect = account, sus
	}

	return found, err
}

// reading is an intent as it is at Stripe.
type reading struct {
	payments.Snapshot // zero but for its ID if Stripe has none

	refunds []payments.Refund
}

func (r *reading) succeeded() bool {
	return r.Status == payments.StatusSucceeded && r.AmountReceived > 0
}

// money returns what was taken, or is held.
func (r *reading) money() int64 {
	switch {
	case r.succeeded():
		return r.AmountReceived
	case r.Status == payments.StatusRequiresCapture:
		return r.Capturable
	}
	return 0
}

func (s *Service) read(ctx context.Context, account, intentID string) (r reading, err error) {
	stripe := s.stripe(account)
	r.Snapshot, err = stripe.Intent(ctx, intentID)
	if payments.IsGone(err) {
		return reading{Snapshot: payments.Snapshot{ID: intentID, Account: account}}, nil
	}

	if err == nil && r.succeeded() {
		r.refunds, err = stripe.Refunds(ctx, intentID)
	}

	return r, err
}

func (s *Service) judgeIntent(ctx context.Context, account, intentID string) ([]Finding, error) {
	r, err := s.read(ctx, account, intentID)
	if err != nil {
		return nil, err
	}

	st, err := s.linked(ctx, account, intentID)
	if err != nil {
		return nil, err
	}
	if st != nil {
		return compare(st, &r), nil
	}

	return s.judgeUnlinked(ctx, account, &r)
}

// judgeUnlinked judges money that no order is linked to.
func (s *Service) judgeUnlinked(ctx context.Context, account string, r *reading) ([]Finding, error) {
	if r.money() == 0 {
		return nil, nil
	}

	mark := r.Mark()
	if mark.OrderID == "" && r.Subscription != nil {
		mark = r.Subscription.Mark
	}

	f := r.finding(ChargeUnknown)
	st, err := s.order(ctx, account, mark.OrderID)
	if err != nil {
		return nil, err
	}

	if st == nil && r.SubscriptionID != "" {
		id, err := s.cfg.Store.OrderOfSubscription(ctx, account, r.SubscriptionID)
		if err == nil {
			st, err = s.order(ctx, account, id)
		}
		if err != nil {
			return nil, err
		}
	}

	switch {
	case st == nil && s.cfg.Proves(mark):
		f.Kind, f.Detail = ChargeWithoutOrder, "its metadata names "+mark.OrderID
	case st == nil: // a neighbour's
		return nil, nil
	case slices.ContainsFunc(st.ForeignPayments, func(p payments.ForeignPayment) bool { return p.IntentID == r.ID }):
		return nil, nil // a person decides about it
	default:
		f.OrderID, f.Detail = st.Order.ID, "the order is "+string(st.Order.Status)
	}

	return []Finding{f}, nil
}

// finding returns a finding about the intent.
func (r *reading) finding(kind Kind) Finding {
	return Finding{
		Kind:     kind,
		IntentID: r.ID,
		ObjectID: r.ID,
		Currency: r.Currency,
		AtStripe: r.money(),
		Detail:   "the payment is " + string(r.Status),
	}
}

// compare returns what differs between an intent and the order that it is
// linked to. An order in review has a person already.
func compare(st *payments.State, r *reading) (found []Finding) {
	o, in := &st.Order, st.Intent(r.ID)
	if in == nil || o.Status == orders.Review && !in.Renewal {
		return nil // nil: its row has gone just now
	}

	add := func(kind Kind, atStripe, here int64, detail string) {
		f := r.finding(kind)
		f.OrderID, f.AtStripe, f.Here, f.Detail = o.ID, atStripe, here, detail
		found = append(found, f)
	}

	paidHere := in.Status == payments.StatusSucceeded
	states := fmt.Sprintf("the payment is %s, here %s; the order is %s", orMissing(r.Status), in.Status, o.Status)

	switch {
	case paidHere && !r.succeeded():
		add(PaidWithoutCharge, r.money(), in.Captured, states)
		return found
	case !paidHere && r.money() > 0 && in.Status != r.Status, paidHere && !in.Renewal && o.Status != orders.Paid:
		add(ChargeNotPaid, r.money(), in.Captured, states)
		return found
	case r.money() == 0:
		return nil
	}

	if r.Currency != in.Currency || !in.Renewal && o.Currency != in.Currency {
		add(CurrencyDiffers, r.money(), in.Captured,
			fmt.Sprintf("%s at Stripe, the payment here in %s, the order in %s", r.Currency, in.Currency, o.Currency))
	}

	switch {
	case r.Amount != in.Amount:
		add(AmountDiffers, r.Amount, in.Amount, "the payment's amount")
	case !in.Renewal && o.Amount != in.Amount:
		add(AmountDiffers, r.Amount, o.Amount, "the order's amount")
	}

	if !paidHere {
		return found
	}

	captured, refunded := st.Money()

	switch {
	case r.AmountReceived != in.Captured:
		add(CapturedDiffers, r.AmountReceived, in.Captured, "captured of the payment")
	case !in.Renewal && o.Captured != captured:
		add(CapturedDiffers, r.AmountReceived, o.Captured, "the order's sum of what was captured")
	}

	refunds := compareRefunds(st, in, r)
	if len(refunds) == 0 && !in.Renewal && o.Refunded != refunded {
		add(RefundDiffers, refunded, o.Refunded, "the order's sum of its refunds")
	}

	return append(found, refunds...)
}

// compareRefunds returns what differs between the refunds of an intent. The
// part of a hold that was released is none.
func compareRefunds(st *payments.State, in *payments.Intent, r *reading) (found []Finding) {
	add := func(kind Kind, id string, atStripe, here int64, detail string) {
		f := r.finding(kind)
		f.OrderID, f.ObjectID, f.AtStripe, f.Here, f.Detail = st.Order.ID, id, atStripe, here, detail
		found = append(found, f)
	}

	atStripe := map[string]bool{}
	for i := range r.refunds {
		re := &r.refunds[i]
		atStripe[re.ID] = true

		known := refund(st, re.ID)
		switch {
		case known == nil && (re.Failed() || re.Releases(in, st.Order.PaidAt)):
		case known == nil:
			add(RefundUnknown, re.ID, re.Amount, 0, "the refund is "+re.Status)
		case !sameRefund(known, re):
			add(RefundDiffers, re.ID, re.Amount, known.Amount,
				fmt.Sprintf("the refund is %s, here %s", re.Status, known.Status))
		}
	}

	for i := range st.Refunds {
		re := &st.Refunds[i]
		if re.IntentID == in.ID && !re.Failed() && !atStripe[re.ID] {
			add(RefundMissing, re.ID, 0, re.Amount, "the refund is here "+re.Status)
		}
	}

	return found
}

func orMissing(s payments.Status) string {
	if s == "" {
		return "not there"
	}
	return string(s)
}

func (s *Service) judgeDispute(ctx context.Context, account, id string) ([]Finding, error) {
	d, err := s.stripe(account).Dispute(ctx, id)
	if err != nil {
		if payments.IsGone(err) {
			return nil, nil
		}
		return nil, err
	}

	st, err := s.linked(ctx, account, d.IntentID)
	if st == nil || err != nil || knowsDispute(st, id) || st.Order.Status == orders.Review {
		return nil, err
	}

	return []Finding{{
		Kind:     DisputeUnknown,
		OrderID:  st.Order.ID,
		IntentID: d.IntentID,
		ObjectID: id,
		Currency: d.Currency,
		AtStripe: d.Amount,
		Detail:   "the dispute is " + d.Status + ", until " + d.EvidenceDueBy.Format(time.DateOnly),
	}}, nil
}

// judgeCharge judges a charge with a mark that was made without an intent:
// nothing of ours does that.
func (s *Service) judgeCharge(ctx context.Context, account string, sus *Suspect) ([]Finding, error) {
	f := Finding{
		Kind:     ChargeUnknown,
		ObjectID: sus.ChargeID,
		Currency: sus.Currency,
		AtStripe: sus.Amount,
		Detail:   "a charge without a PaymentIntent names " + sus.OrderID,
	}

	st, err := s.order(ctx, account, sus.OrderID)
	switch {
	case err != nil:
		return nil, err
	case st != nil:
		f.OrderID = st.Order.ID
	case s.cfg.Proves(payments.Mark{OrderID: sus.OrderID, AttemptID: sus.Attempt, Proof: sus.Proof}):
		f.Kind = ChargeWithoutOrder
	default:
		return nil, nil
	}

	return []Finding{f}, nil
}

// judgeOrder judges a paid order whose money, or refund, no list has shown.
func (s *Service) judgeOrder(ctx context.Context, account, id string) (found []Finding, err error) {
	st, err := s.order(ctx, account, id)
	if st == nil || err != nil || st.Order.Status == orders.Review {
		return nil, err
	}

	paid := false
	for i := range st.Intents {
		in := &st.Intents[i]
		paid = paid || !in.Renewal && (in.Status == payments.StatusSucceeded || in.PaidOutOfBand)

		if in.Status == payments.StatusSucceeded && strings.HasPrefix(in.ID, "pi_") {
			more, err := s.judgeIntent(ctx, account, in.ID)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
	}

	o := &st.Order
	free := o.Amount == 0 || o.SavesMethod() || o.Trial()
	if paid || free || o.Status != orders.Paid {
		return found, nil
	}

	return append(found, Finding{
		Kind:     PaidWithoutCharge,
		OrderID:  o.ID,
		ObjectID: o.ID,
		Currency: o.Currency,
		Here:     o.Captured,
		Detail:   "no payment of the order is known here",
	}), nil
}
