package payments

import (
	"slices"

	"checkoutd/internal/orders"
)

// ChargeNews is what events of a charge say by themselves.
type ChargeNews struct {
	Received int64                // the money that it took and did not give back
	Method   orders.PaymentMethod // what it was paid with, zero if they do not say
}

// setMethod records what the order was paid with, and forgets what was on its
// way, or held, and is not coming. The latest charge of an intent that took
// nothing is one that was declined. It runs after the intent's update.
func (st *State) setMethod(s Snapshot) {
	o := &st.Order
	switch {
	case takesMoney(s.Status):
		if s.Method.Type != "" && o.ErasedAt.IsZero() {
			o.PaidWith = s.Method
		}
	case o.PaidAt.IsZero() && !slices.ContainsFunc(st.Intents, func(in Intent) bool { return takesMoney(in.Status) }):
		o.PaidWith = orders.PaymentMethod{}
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
