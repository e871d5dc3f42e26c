package payments

import "slices"

// setRefunds records what Stripe says of an intent's refunds. A pending refund counts:
// the money is on its way back; a failed or canceled one does not
// (https://docs.stripe.com/refunds#failed-refunds), nor does a hold that was let go: that
// money was never taken.
func (r rules) setRefunds(st *State, list []Refund) {
	for _, re := range list {
		re.OrderID = st.Order.ID
		at := slices.IndexFunc(st.Refunds, func(k Refund) bool { return k.ID == re.ID })
		if at < 0 {
			st.Refunds = append(st.Refunds, re)
		} else {
			st.Refunds[at] = re
		}
	}
	st.countRefunds()
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

// countRefunds adds up what goes back of the money that was taken.
func (st *State) countRefunds() {
	st.Order.Refunded = 0
	for _, re := range st.Refunds {
		in := st.Intent(re.IntentID)
		if in != nil && in.Status == StatusSucceeded && re.Status != "failed" && re.Status != "canceled" {
			st.Order.Refunded += re.Amount
		}
	}
}
