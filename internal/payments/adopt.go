package payments

import (
	"context"
	"fmt"

	"checkoutd/internal/fault"
)

// Adopt makes an intent that has taken or holds money the order's, because a
// person said so: the ledger does not know the attempt that made it, as after a
// restore of the database. The intent is read at Stripe, and must fit the order
// in everything but its metadata. Adopting it again changes nothing. Its errors
// are faults, or those of a reading.
func (o *Operations) Adopt(ctx context.Context, orderID, intentID string) (*State, error) {
	s := o.service
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return nil, err
	}

	// Another order may have it.
	switch of, err := s.cfg.Store.OrderOfIntent(ctx, st.Order.Account, intentID); {
	case err != nil:
		return nil, err
	case of != "" && of != orderID:
		return nil, fault.New(fault.Conflict, "intent_taken", "This intent belongs to order "+of+".")
	}

	snap, err := s.stripe(&st.Order).Intent(ctx, intentID)
	if IsGone(err) {
		return nil, fault.New(fault.NotFound, "intent_not_found", "Stripe knows no intent "+intentID+" in this account.")
	}
	if err != nil {
		return nil, fmt.Errorf("payments: read %s: %w", intentID, err)
	}

	var after *State
	err = s.cfg.Store.Update(ctx, orderID, nil, func(st *State) error {
		after = st
		return s.rules().adopt(st, snap)
	})
	if err != nil {
		return nil, err
	}

	s.cfg.Log.Warn().
		Ctx(ctx).
		Str("order_id", orderID).
		Str("intent_id", intentID).
		Str("order_status", string(after.Order.Status)).
		Msg("a person adopted an intent for an order")

	return after, nil
}

// adopt links an intent to the order and settles it, or returns why it cannot
// be the order's.
func (r rules) adopt(st *State, s Snapshot) error {
	refuse := func(code, message string) error { return fault.New(fault.Conflict, code, message) }
	known := st.Intent(s.ID) != nil

	switch reason := mismatch(st, s); {
	case s.Account != st.Order.Account:
		return refuse("intent_differs", "This intent belongs to another account than the order.")
	case known:
	case s.Status != StatusRequiresCapture && s.Status != StatusSucceeded:
		return refuse("intent_unpaid", "This intent is "+string(s.Status)+
			": it has taken no money. Cancel it in the Dashboard; the buyer pays with an intent of the order's own.")
	case s.Renewal:
		return refuse("intent_is_renewal", "This intent pays a later invoice of a subscription.")
	case st.Active() != nil:
		return ErrPaymentInProgress
	case reason != "":
		return refuse("intent_differs", "This intent does not fit the order: "+reason+".")
	case amountDiffers(&st.Order, s):
		return refuse("intent_differs", fmt.Sprintf("This intent is for %d %s (received %d), the order for %d %s.",
			s.Amount, s.Currency, s.AmountReceived, st.Order.Amount, st.Order.Currency))
	default:
		st.linkIntent(s)
	}

	if err := r.settle(st, s, asFresh); err != nil {
		return err
	}

	for i := range st.ForeignPayments {
		if f := &st.ForeignPayments[i]; f.IntentID == s.ID {
			f.Adopted = true
		}
	}

	return nil
}
