package payments

import (
	"context"
	"errors"
	"fmt"

	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
)

// maxReadings is how often something is read again because it was written meanwhile.
const maxReadings = 10

// errOvertaken says that somebody wrote the intent after it was read at Stripe.
var errOvertaken = errors.New("payments: the reading was overtaken")

// Settle brings an event's snapshot into its order, and ends claim in the same
// transaction. A snapshot that may be old makes it read the intent at Stripe.
func (s *Service) Settle(ctx context.Context, orderID string, snap Snapshot, claim *queue.Claim) error {
	err := s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
		return s.rules().settle(st, snap, asEvent)
	})
	if errors.Is(err, errReadAfresh) {
		return s.SettleFresh(ctx, orderID, snap.ID, claim)
	}
	return err
}

// Preview says what Settle would make of the order, without doing it. asks means that the
// snapshot may be old: Settle would ask Stripe, and go by the answer.
func (s *Service) Preview(ctx context.Context, orderID string, snap Snapshot) (before, after orders.Status, asks bool, err error) {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return "", "", false, err
	}
	before = st.Order.Status
	if err := s.rules().settle(st, snap, asEvent); err != nil {
		return before, before, true, nil
	}
	return before, st.Order.Status, false, nil
}

// SettleHint ends claim when the intent is final already; otherwise it reads it. It is
// for events that only hint that the intent moved.
func (s *Service) SettleHint(ctx context.Context, orderID, intentID string, claim *queue.Claim) error {
	err := s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
		if in := st.Intent(intentID); in == nil || !in.Status.Final() {
			return errReadAfresh
		}
		return nil
	})
	if errors.Is(err, errReadAfresh) {
		return s.SettleFresh(ctx, orderID, intentID, claim)
	}
	return err
}

// SettleFresh reads the intent at Stripe, brings it into its order and ends claim in the
// same transaction. It reads until neither the intent nor the active attempt was
// written meanwhile, so that of two readings the later one wins.
func (s *Service) SettleFresh(ctx context.Context, orderID, intentID string, claim *queue.Claim) error {
	for range maxReadings {
		before, err := s.cfg.Store.Read(ctx, orderID)
		if err != nil {
			return err
		}
		snap, err := s.cfg.Stripe.Intent(ctx, intentID)
		if err != nil {
			return fmt.Errorf("payments: read %s: %w", intentID, err)
		}
		err = s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
			if mark(st, intentID) != mark(before, intentID) {
				return errOvertaken
			}
			return s.rules().settle(st, snap, asFresh)
		})
		if !errors.Is(err, errOvertaken) {
			return err
		}
	}
	return fmt.Errorf("payments: %s: %w every time", intentID, errOvertaken)
}

// stand is how far an order's payment had come when an intent was read.
type stand struct {
	version       int64 // of the intent, 0 while it is not linked
	subscriptions int64 // the sum of their readings
	attempt       string
	state         AttemptState
}

func mark(st *State, intentID string) stand {
	var m stand
	if in := st.Intent(intentID); in != nil {
		m.version = in.Version
	}
	for i := range st.Subscriptions {
		m.subscriptions += st.Subscriptions[i].Readings
	}
	if a := st.Active(); a != nil {
		m.attempt, m.state = a.ID, a.State
	}
	return m
}

// Ref is how something at Stripe points to an order. Any field may be empty.
type Ref struct {
	IntentID       string
	SubscriptionID string
	InvoiceID      string
	MetadataOrder  string
}

// OrderOf names the order that the intent or the subscription is linked to, or else the
// one that the metadata names, if there is such an order. "" if none.
func (s *Service) OrderOf(ctx context.Context, ref Ref) (id string, err error) {
	if ref.IntentID != "" {
		id, err = s.cfg.Store.OrderOfIntent(ctx, ref.IntentID)
	}
	if err == nil && id == "" && ref.SubscriptionID != "" {
		id, err = s.cfg.Store.OrderOfSubscription(ctx, ref.SubscriptionID)
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

// AskOrderOf asks Stripe to which order an invoice leads: that of its subscription. A
// renewal's intent and charge have nothing else that names it.
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
	read, err := s.cfg.Stripe.Subscription(ctx, ref.SubscriptionID)
	if err != nil {
		return "", fmt.Errorf("payments: read %s: %w", ref.SubscriptionID, err)
	}
	return s.OrderOf(ctx, Ref{MetadataOrder: read.OrderID})
}

// SettleRefunds reads the refunds of an intent at Stripe and brings them into the order.
func (s *Service) SettleRefunds(ctx context.Context, orderID, intentID string, claim *queue.Claim) error {
	list, err := s.cfg.Stripe.Refunds(ctx, intentID)
	if err != nil {
		return fmt.Errorf("payments: read the refunds of %s: %w", intentID, err)
	}
	return s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
		s.rules().setRefunds(st, list)
		return nil
	})
}

// SettleDispute reads a dispute at Stripe and brings it into the order.
func (s *Service) SettleDispute(ctx context.Context, orderID, disputeID string, claim *queue.Claim) error {
	d, err := s.cfg.Stripe.Dispute(ctx, disputeID)
	if err != nil {
		return fmt.Errorf("payments: read dispute %s: %w", disputeID, err)
	}
	return s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
		s.rules().setDispute(st, d)
		return nil
	})
}
