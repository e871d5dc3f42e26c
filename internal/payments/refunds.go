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
	ID        string
	OrderID   string
	IntentID  string
	Amount    int64
	Currency  string
	Status    string // needs_response, under_review, won, lost, warning_…
	Reason    string
	UpdatedAt time.Time
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

	st.countMoney()
	st.setBuyerStatus(nil)
}

// askedFor reports whether the operation that a refund names asked for it. The
// refund's metadata alone is no proof: anybody can copy it.
func (st *State) askedFor(re *Refund) bool {
	op := st.operation(re.OperationID)
	return op != nil && op.Kind == OperationRefund && op.IntentID == re.IntentID &&
		op.Amount == re.Amount && op.Proof == re.Proof
}

// setDispute records a dispute as read at Stripe.
func (r rules) setDispute(st *State, d Dispute) {
	d.OrderID = st.Order.ID

	i := slices.IndexFunc(st.Disputes, func(k Dispute) bool { return k.ID == d.ID })
	if i < 0 {
		st.Disputes = append(st.Disputes, d)
		return
	}
	st.Disputes[i] = d
}

// countMoney adds up what was captured for the order and what of it is
// refunded. The money of renewals does not count.
func (st *State) countMoney() {
	st.Order.Captured, st.Order.Refunded = 0, 0
	for i := range st.Intents {
		if in := &st.Intents[i]; in.Status == StatusSucceeded && !in.Renewal {
			st.Order.Captured += in.Captured
			st.Order.Refunded += st.refundedOf(in)
		}
	}
}

// refundedOf returns how much of an intent's money is refunded. A pending
// refund counts: the money is on its way back. A failed or canceled one does
// not (https://docs.stripe.com/refunds#failed-refunds), and neither does the
// part of a hold that was not captured: that money was never taken.
func (st *State) refundedOf(in *Intent) (sum int64) {
	released := false
	for i := range st.Refunds {
		re := &st.Refunds[i]
		switch {
		case re.IntentID != in.ID || re.Status == "failed" || re.Status == "canceled":
		case !released && re.releases(in, st.Order.PaidAt):
			released = true
		default:
			sum += re.Amount
		}
	}

	return sum
}

// releases reports whether a refund is Stripe's own, for the part of a hold
// that was not captured. Nothing marks it as such, but it is for exactly that
// part, was made with the capture, and no operation of ours asked for it.
func (re *Refund) releases(in *Intent, paidAt time.Time) bool {
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
