package payments

import (
	"slices"
	"time"
)

// setRefunds records what Stripe says of an intent's refunds. A pending refund counts:
// the money is on its way back; a failed or canceled one does not
// (https://docs.stripe.com/refunds#failed-refunds), nor does a hold that was let go: that
// money was never taken. Nor does the part of a hold that was not captured.
func (r rules) setRefunds(st *State, list []Refund) {
	for _, re := range list {
		re.OrderID = st.Order.ID
		at := slices.IndexFunc(st.Refunds, func(k Refund) bool { return k.ID == re.ID })
		if at < 0 {
			st.Refunds = append(st.Refunds, re)
		} else if re.age() >= st.Refunds[at].age() {
			st.Refunds[at] = re
		}
	}
	st.countMoney()
	st.tellBuyer(nil)
}

// setDispute records what Stripe says of a dispute.
func (r rules) setDispute(st *State, d Dispute) {
	d.OrderID = st.Order.ID
	at := slices.IndexFunc(st.Disputes, func(k Dispute) bool { return k.ID == d.ID })
	if at < 0 {
		st.Disputes = append(st.Disputes, d)
		return
	}
	st.Disputes[at] = d
}

// countMoney adds up what was taken for the order and what of it goes back. The money of
// renewals is kept beside it.
func (st *State) countMoney() {
	st.Order.Captured, st.Order.Refunded = 0, 0
	for i := range st.Intents {
		if in := &st.Intents[i]; in.Status == StatusSucceeded && !in.Renewal {
			st.Order.Captured += in.Captured
			st.Order.Refunded += st.refundedOf(in)
		}
	}
}

// refundedOf adds up what goes back of the money that an intent took.
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

// releases reports whether a refund is what Stripe lists for the part of a hold that was not
// captured. Nothing names it as such: it is over exactly that part, made with the
// capture, and not asked for by us.
func (re *Refund) releases(in *Intent, paidAt time.Time) bool {
	return re.Amount == in.Amount-in.Captured && re.OperationID == "" &&
		!re.CreatedAt.IsZero() && re.CreatedAt.Before(paidAt.Add(time.Minute))
}

// age orders the states of a refund: it goes only forward
// (https://docs.stripe.com/refunds#failed-refunds), so that an older reading is known.
func (re *Refund) age() int {
	switch re.Status {
	case "succeeded":
		return 1
	case "failed", "canceled":
		return 2
	}
	return 0 // pending, requires_action
}
