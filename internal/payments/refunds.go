package payments

import (
	"slices"
	"time"
)

// Refund is a refund of an order's charge, keyed by Stripe's ID (re_…).
type Refund struct {
	ID       string
	OrderID  string
	IntentID string
	Amount   int64
	Currency string
	Status   string // pending, requires_action, succeeded, failed or canceled
	Reason   string
	// OperationID is the operation of ours that asked for the refund, "" if it
	// was made elsewhere, as in the Dashboard.
	OperationID string
	Proof       string    // from our metadata, in a reading only
	CreatedAt   time.Time // by Stripe's clock
	UpdatedAt   time.Time
}

// Dispute is a dispute about an order's charge, keyed by Stripe's ID (dp_…).
type Dispute struct {
	ID       string
	OrderID  string
	IntentID string
	Amount   int64
	Currency string
	Status   string // needs_response, under_review, won, lost, warning_…
	Reason   string
	// EvidenceDueBy is until when the shop can submit evidence, zero if that is
	// not known.
	EvidenceDueBy time.Time
	CreatedAt     time.Time // by Stripe's clock
	UpdatedAt     time.Time
}

// Closed reports whether the dispute is decided
// (https://docs.stripe.com/api/disputes/object#dispute_object-status).
func (d *Dispute) Closed() bool {
	switch d.Status {
	case "won", "lost", "warning_closed", "prevented":
		return true
	}
	return false
}

// NeedsResponse reports whether the shop can still answer the dispute.
func (d *Dispute) NeedsResponse() bool {
	return d.Status == "needs_response" || d.Status == "warning_needs_response"
}

// setRefunds records an intent's refunds as read at Stripe.
func (r rules) setRefunds(st *State, list []Refund) {
	for _, re := range list {
		re.OrderID = st.Order.ID
		if !st.askedFor(&re) {
			re.OperationID = ""
		}

		i := slices.IndexFunc(st.Refunds, func(k Refund) bool { return k.ID == re.ID })
		if i < 0 {
			st.Refunds = append(st.Refunds, re)
		} else if re.progress() >= st.Refunds[i].progress() {
			st.Refunds[i] = re
		}
	}

	r.countMoney(st)
	st.setBuyerStatus(nil)
}

// askedFor reports whether the operation that a refund names asked for it. The
// refund's metadata alone is no proof: anybody can copy it.
func (st *State) askedFor(re *Refund) bool {
	op := st.operation(re.OperationID)
	return op != nil && op.Kind == OperationRefund && op.IntentID == re.IntentID &&
		op.Amount == re.Amount && op.Proof == re.Proof
}

// setDispute records a dispute as read at Stripe, with its effects, and reports
// whether its status or its deadline is news. Nothing else follows from it: a
// person answers a dispute, and the buyer sees nothing of it.
func (r rules) setDispute(st *State, d Dispute) (isNews bool) {
	d.OrderID = st.Order.ID

	r.happensTo(st, EffectDisputed, d.ID, d.Status)
	if d.Closed() {
		r.happensTo(st, EffectDisputeClosed, d.ID, d.Status)
	}

	i := slices.IndexFunc(st.Disputes, func(k Dispute) bool { return k.ID == d.ID })
	if i < 0 {
		st.Disputes = append(st.Disputes, d)
		return true
	}

	prev := st.Disputes[i]
	st.Disputes[i] = d
	return prev.Status != d.Status || !prev.EvidenceDueBy.Equal(d.EvidenceDueBy)
}

// countMoney adds up what was captured for the order and what of it is
// refunded, and tells of refunds that it has not told of. The money of renewals
// does not count.
func (r rules) countMoney(st *State) {
	st.Order.Captured, st.Order.Refunded = st.Money()
	r.tellRefunds(st)
}

// Money adds up what was captured for the order and what of it is refunded,
// without that of renewals. The order has the same sums unless somebody changed
// its rows.
func (st *State) Money() (captured, refunded int64) {
	for i := range st.Intents {
		if in := &st.Intents[i]; in.Status == StatusSucceeded && !in.Renewal {
			captured += in.Captured
			refunded += st.refundedOf(in)
		}
	}
	return captured, refunded
}

// refundedOf returns how much of an intent's money is refunded. A pending
// refund counts: the money is on its way back. A failed or canceled one does
// not (https://docs.stripe.com/refunds#failed-refunds).
func (st *State) refundedOf(in *Intent) (sum int64) {
	for _, re := range st.refundsOf(in) {
		if !re.Failed() {
			sum += re.Amount
		}
	}
	return sum
}

// refundsOf returns the refunds of an intent's money. The part of a hold that
// was not captured is none: that money was never taken.
func (st *State) refundsOf(in *Intent) (list []*Refund) {
	released := false
	for i := range st.Refunds {
		re := &st.Refunds[i]
		switch {
		case re.IntentID != in.ID:
		case !released && !re.Failed() && re.Releases(in, st.Order.PaidAt):
			released = true
		default:
			list = append(list, re)
		}
	}

	return list
}

// Failed reports whether the refund moves no money.
func (re *Refund) Failed() bool { return re.Status == "failed" || re.Status == "canceled" }

// Releases reports whether a refund is Stripe's own, for the part of a hold
// that was not captured. Nothing marks it as such, but it is for exactly that
// part, was made with the capture, and no operation of ours asked for it.
func (re *Refund) Releases(in *Intent, paidAt time.Time) bool {
	return re.Amount == in.Amount-in.Captured && re.OperationID == "" &&
		!re.CreatedAt.IsZero() && re.CreatedAt.Before(paidAt.Add(time.Minute))
}

// progress orders the statuses of a refund, which only move forward
// (https://docs.stripe.com/refunds#failed-refunds). It shows which of two
// readings is older.
func (re *Refund) progress() int {
	switch re.Status {
	case "succeeded":
		return 1
	case "failed", "canceled":
		return 2
	}
	return 0 // pending, requires_action
}
