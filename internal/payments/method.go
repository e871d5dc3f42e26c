package payments

import "checkoutd/internal/orders"

// ChargeNews is what events of a charge say by themselves.
type ChargeNews struct {
	Received int64                // the money that it took and did not give back
	Method   orders.PaymentMethod // what it was paid with, zero if they do not say
}

// setMethod records what the order was paid with. The latest charge of an
// intent that took nothing is one that was declined.
func (st *State) setMethod(s Snapshot) {
	switch s.Status {
	case StatusProcessing, StatusRequiresCapture, StatusSucceeded:
		if s.Method.Type != "" && st.Order.ErasedAt.IsZero() {
			st.Order.PaidWith = s.Method
		}
	}
}

// setChargedMethod records what an event of a charge says the order was paid
// with. The event that paid the order names the charge, and no more of it: so
// this is the first news if the buyer never came back to the page.
func (st *State) setChargedMethod(in *Intent, m orders.PaymentMethod) {
	o := &st.Order
	if m.Type != "" && o.PaidWith.Type == "" && o.ErasedAt.IsZero() && in.paid() && !in.Renewal {
		o.PaidWith = m
	}
}
