package drift

import (
	"context"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// glance compares an object of a list with the ledger. It returns what has to
// be looked at once more, nil for nothing, and whether the object is ours. What
// it lets pass is right; a suspect may be right, too.
func (s *Service) glance(
	ctx context.Context, list, account string, o *Object,
) (suspect *Suspect, ours bool, err error) {
	st, err := s.linked(ctx, account, o.IntentID)
	if err != nil {
		return nil, false, err
	}

	switch {
	case list == ListRefunds || list == ListDisputes:
		if st == nil || st.Order.Status == orders.Review {
			return nil, st != nil, nil // the payment itself is compared on its own day
		}
		if list == ListDisputes && knowsDispute(st, o.ID) || list == ListRefunds && knowsRefund(st, o) {
			return nil, true, nil
		}

		suspect = &Suspect{Key: o.IntentID, IntentID: o.IntentID}
		if list == ListDisputes {
			suspect = &Suspect{Key: o.ID, DisputeID: o.ID}
		}

		return suspect, true, nil

	case !o.taken():
		return nil, st != nil, nil
	case st != nil:
		if o.agrees(st) {
			return nil, true, nil
		}
		return &Suspect{Key: o.IntentID, IntentID: o.IntentID}, true, nil
	}

	return s.glanceUnlinked(ctx, account, o)
}

// glanceUnlinked is glance for money that no order is linked to.
func (s *Service) glanceUnlinked(
	ctx context.Context, account string, o *Object,
) (suspect *Suspect, ours bool, err error) {
	mayBe := o.Mark.OrderID != ""
	if !mayBe && o.InvoiceID != "" && o.CustomerID != "" {
		// The intent of a renewal has no mark.
		mayBe, err = s.cfg.Store.HasSubscriber(ctx, account, o.CustomerID)
	}
	if !mayBe || err != nil {
		return nil, false, err
	}

	if o.IntentID != "" {
		return &Suspect{Key: o.IntentID, IntentID: o.IntentID}, s.cfg.Proves(o.Mark), nil
	}

	return &Suspect{
		Key:      o.ID,
		ChargeID: o.ID,
		OrderID:  o.Mark.OrderID,
		Attempt:  o.Mark.AttemptID,
		Proof:    o.Mark.Proof,
		Amount:   o.Captured,
		Currency: o.Currency,
	}, s.cfg.Proves(o.Mark), nil
}

// linked returns the state of the order that an intent is linked to, nil if
// there is none.
func (s *Service) linked(ctx context.Context, account, intentID string) (*payments.State, error) {
	if intentID == "" {
		return nil, nil
	}
	id, err := s.cfg.Store.OrderOfIntent(ctx, account, intentID)
	if id == "" || err != nil {
		return nil, err
	}
	return s.order(ctx, account, id)
}

// order returns the state of an order of the account, nil if there is none.
func (s *Service) order(ctx context.Context, account, id string) (*payments.State, error) {
	if id == "" {
		return nil, nil
	}
	st, err := s.cfg.Store.Read(ctx, id)
	if err != nil && fault.Of(err).Kind == fault.NotFound || err == nil && st.Order.Account != account {
		return nil, nil
	}
	return st, err
}

// taken reports whether an intent or a charge holds money or has taken it.
func (o *Object) taken() bool {
	switch payments.Status(o.Status) {
	case payments.StatusSucceeded:
		return o.Captured > 0
	case payments.StatusRequiresCapture:
		return true
	}
	return false
}

// agrees reports whether money that was taken is in the ledger as it is.
func (o *Object) agrees(st *payments.State) bool {
	in := st.Intent(o.IntentID)
	if st.Order.Status == orders.Review && !in.Renewal {
		return true // a person decides about it
	}
	if string(in.Status) != o.Status || in.Currency != o.Currency || in.Amount != o.Amount {
		return false
	}
	if in.Status != payments.StatusSucceeded {
		return true
	}

	refunded := int64(0)
	for i := range st.Refunds {
		if re := &st.Refunds[i]; re.IntentID == in.ID && !re.Failed() {
			refunded += re.Amount
		}
	}

	return in.Captured == o.Captured && refunded == o.Refunded && (in.Renewal || sound(st, in))
}

// sound reports whether the order that an intent has paid agrees with its own
// rows.
func sound(st *payments.State, in *payments.Intent) bool {
	o := &st.Order
	captured, refunded := st.Money()
	return o.Status == orders.Paid && o.Amount == in.Amount && o.Captured == captured && o.Refunded == refunded
}

func knowsDispute(st *payments.State, id string) bool {
	for i := range st.Disputes {
		if st.Disputes[i].ID == id {
			return true
		}
	}
	return false
}

func knowsRefund(st *payments.State, o *Object) bool {
	at := payments.Refund{Amount: o.Amount, Currency: o.Currency, Status: o.Status}
	known := refund(st, o.ID)
	return known != nil && sameRefund(known, &at)
}

func refund(st *payments.State, id string) *payments.Refund {
	for i := range st.Refunds {
		if st.Refunds[i].ID == id {
			return &st.Refunds[i]
		}
	}
	return nil
}

// sameRefund reports whether two readings of a refund move the same money.
func sameRefund(a, b *payments.Refund) bool {
	return a.Amount == b.Amount && a.Currency == b.Currency && a.Failed() == b.Failed()
}
