package payments

import (
	"context"
	"fmt"
)

// Ref is how an object at Stripe refers to an order. Any field may be empty.
type Ref struct {
	IntentID       string
	SubscriptionID string
	InvoiceID      string
	CustomerID     string // only of an object that refers to nothing else
	MetadataOrder  string
}

// OrderOf returns the ID of the order that the intent or the subscription is
// linked to. Failing that, it returns the order in the metadata, if that
// exists, or "".
func (s *Service) OrderOf(ctx context.Context, ref Ref) (id string, err error) {
	if ref.IntentID != "" {
		id, err = s.cfg.Store.OrderOfIntent(ctx, ref.IntentID)
	}

	if err == nil && id == "" && ref.SubscriptionID != "" {
		id, err = s.cfg.Store.OrderOfSubscription(ctx, ref.SubscriptionID)
	}

	if err == nil && id == "" && ref.CustomerID != "" {
		id, err = s.cfg.Store.OrderOfTransfer(ctx, ref.CustomerID)
	}

	if err != nil || id != "" || ref.MetadataOrder == "" {
		return id, err
	}

	st, err := s.cfg.Store.Read(ctx, ref.MetadataOrder)
	if isNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}

	return st.Order.ID, nil
}

// AskOrderOf asks Stripe for the order that an invoice belongs to, which is the
// order of its subscription. Nothing else links the intent and the charge of a
// renewal to an order.
func (s *Service) AskOrderOf(ctx context.Context, ref Ref) (string, error) {
	if ref.SubscriptionID == "" && ref.InvoiceID != "" {
		id, err := s.cfg.Stripe.InvoiceSubscription(ctx, ref.InvoiceID)
		if err != nil {
			return "", fmt.Errorf("payments: read invoice %s: %w", ref.InvoiceID, err)
		}

		ref.SubscriptionID = id
	}

	if ref.SubscriptionID == "" {
		return "", nil
	}
	if id, err := s.OrderOf(ctx, ref); err != nil || id != "" {
		return id, err
	}

	// The subscription is not linked yet; its metadata names the order.
	reading, err := s.cfg.Stripe.Subscription(ctx, ref.SubscriptionID)
	if err != nil {
		return "", fmt.Errorf("payments: read %s: %w", ref.SubscriptionID, err)
	}

	return s.OrderOf(ctx, Ref{MetadataOrder: reading.OrderID})
}
