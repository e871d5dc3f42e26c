package payments

import (
	"context"
	"errors"
	"fmt"
)

// Ref is how an object at Stripe refers to an order. Any field may be empty.
type Ref struct {
	Account        string // the connected account of the object, "" for the platform's own
	IntentID       string
	SubscriptionID string
	InvoiceID      string
	CustomerID     string
	Mark           Mark
}

// Match is the order that an object at Stripe leads to.
type Match struct {
	OrderID string // "" for none
	// Ours reports whether the order's ledger knows the object. Otherwise the
	// object only names the order, which anybody with access to the account
	// can do.
	Ours bool
	// Elsewhere reports that the object names an order of another account,
	// which it has nothing to do with: OrderID is "".
	Elsewhere bool
}

// ErrNotOurs means that an object names an order in its metadata, but no
// attempt of the order made it. It changes nothing.
var ErrNotOurs = errors.New("payments: no attempt of the order made this object")

// OrderOf returns the order that the intent or the subscription is linked to,
// or that waits for a transfer of a customer who refers to nothing else.
// Failing that, it returns the order that the metadata names, if that exists.
func (s *Service) OrderOf(ctx context.Context, ref Ref) (Match, error) {
	var id string
	var err error
	if ref.IntentID != "" {
		id, err = s.cfg.Store.OrderOfIntent(ctx, ref.Account, ref.IntentID)
	}

	if err == nil && id == "" && ref.SubscriptionID != "" {
		id, err = s.cfg.Store.OrderOfSubscription(ctx, ref.Account, ref.SubscriptionID)
	}

	if err == nil && ref.IntentID == "" && ref.SubscriptionID == "" && ref.CustomerID != "" {
		id, err = s.cfg.Store.OrderOfTransfer(ctx, ref.Account, ref.CustomerID)
	}

	if err != nil || id != "" || ref.Mark.OrderID == "" {
		return Match{OrderID: id, Ours: id != ""}, err
	}

	st, err := s.cfg.Store.Read(ctx, ref.Mark.OrderID)
	if isNotFound(err) {
		return Match{}, nil
	}
	if err != nil {
		return Match{}, err
	}

	if st.Order.Account != ref.Account {
		return Match{Elsewhere: true}, nil
	}

	ours := st.madeBy(ref.Mark, ref.IntentID, ref.SubscriptionID) != nil
	return Match{OrderID: st.Order.ID, Ours: ours}, nil
}

// AskOrderOf asks Stripe for the order of an object that the database does not
// match to one. The intent and the charge of a renewal refer to nothing but
// their invoice, and in other release trains not even to that
// (https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices).
func (s *Service) AskOrderOf(ctx context.Context, ref Ref) (Match, error) {
	stripe := s.cfg.Stripe(ref.Account)
	switch {
	case ref.InvoiceID != "":
		of, err := stripe.Invoice(ctx, ref.InvoiceID)
		if err != nil {
			return Match{}, fmt.Errorf("payments: read invoice %s: %w", ref.InvoiceID, err)
		}

		of.Account = ref.Account
		return s.OrderOf(ctx, of)

	case ref.SubscriptionID != "":
		reading, err := stripe.Subscription(ctx, ref.SubscriptionID)
		if err != nil {
			return Match{}, fmt.Errorf("payments: read %s: %w", ref.SubscriptionID, err)
		}

		return s.OrderOf(ctx, Ref{
			Account:        ref.Account,
			SubscriptionID: ref.SubscriptionID,
			Mark:           reading.Mark,
		})

	default:
		snap, err := stripe.Intent(ctx, ref.IntentID)
		if err != nil {
			return Match{}, fmt.Errorf("payments: read %s: %w", ref.IntentID, err)
		}

		of := Ref{
			Account:        ref.Account,
			IntentID:       snap.ID,
			SubscriptionID: snap.SubscriptionID,
			Mark:           snap.Mark(),
		}
		if snap.Subscription != nil && of.Mark.OrderID == "" {
			of.Mark = snap.Subscription.Mark
		}

		return s.OrderOf(ctx, of)
	}
}

// IsGone reports whether Stripe answered that it has no such object.
func IsGone(err error) bool {
	var e *CallError
	return errors.As(err, &e) && e.Outcome == OutcomeRefused && e.Stripe.Code == "resource_missing"
}
