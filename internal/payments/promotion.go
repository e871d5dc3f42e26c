package payments

import "checkoutd/internal/orders"

// takePromotion takes a use of the order's promotion code if its uses are
// limited. The store refuses the write when none is left.
func (st *State) takePromotion() {
	if st.Order.Discount.Limit > 0 {
		st.Order.Discount.Held = true
	}
}

// releasePromotion gives the use of a limited promotion code back as soon as no
// attempt of the open order may take money. The next attempt takes one again if
// there is one left. Otherwise tokens without a card would use a code up.
func (st *State) releasePromotion() {
	if st.Order.Status == orders.Open && st.Active() == nil {
		st.Order.Discount.Held = false
	}
}

// blocksPromotion reports whether an attempt holds a use of a limited code and
// waits for a buyer who has most likely left: a bank's confirmation or a code
// to scan takes minutes. Whoever has instructions for days keeps the use.
func (st *State) blocksPromotion(a *Attempt) bool {
	return st.Order.Status == orders.Open && st.Order.Discount.Held &&
		a.State == RequiresAction && !a.Instructions.Slow()
}
