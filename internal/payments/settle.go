package payments

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
)

// maxReadings bounds how often an object is read again because somebody wrote
// it in the meantime.
const maxReadings = 10

// errStaleReading means that somebody wrote the intent after it was read at
// Stripe.
var errStaleReading = errors.New("payments: the reading is stale")

// Settle brings an event's snapshot into its order and marks claim as done in
// the same transaction. If the snapshot may be old, it reads the intent at
// Stripe first.
func (s *Service) Settle(ctx context.Context, orderID string, snap Snapshot, claim *queue.Claim) error {
	err := s.SettleSnapshot(ctx, orderID, snap, claim)
	if errors.Is(err, ErrReadAfresh) {
		return s.SettleRead(ctx, orderID, snap, 0, claim)
	}

	return err
}

// SettleSnapshot is like Settle, but never asks Stripe. If the snapshot may be
// old it returns ErrReadAfresh, and nothing has changed.
func (s *Service) SettleSnapshot(ctx context.Context, orderID string, snap Snapshot, claim *queue.Claim) error {
	return s.update(ctx, orderID, claim, func(st *State) error {
		return s.rules().settleEvent(st, snap)
	})
}

// SettleRead reads the intent of an event's snapshot at Stripe and marks claim
// as done in the transaction that brings it into its order. charged is the
// money that events of its charges show, which end with the claim.
func (s *Service) SettleRead(
	ctx context.Context, orderID string, snap Snapshot, charged int64, claim *queue.Claim,
) error {
	return s.settleFresh(ctx, orderID, snap.ID, max(snap.received(), charged), claim)
}

// settleEvent settles the snapshot of an event. The money that it shows counts
// for a closed order even if the intent is final.
func (r rules) settleEvent(st *State, snap Snapshot) error {
	if err := r.settle(st, snap, asEvent); err != nil {
		return err
	}

	r.reviewLate(st, snap.ID, snap.received())
	return nil
}

// Preview returns the order's status before and after Settle, without settling.
// asks is true if the snapshot may be old: Settle would read the intent at
// Stripe and use that instead.
func (s *Service) Preview(
	ctx context.Context, orderID string, snap Snapshot,
) (before, after orders.Status, asks bool, err error) {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return "", "", false, err
	}

	before = st.Order.Status
	if err := s.rules().settleEvent(st, snap); err != nil {
		return before, before, true, nil
	}
	return before, st.Order.Status, false, nil
}

// SettleHint reads the intent at Stripe unless it is final, and marks claim as
// done. It is for events that only hint that the intent changed. The
// money that the events show is reviewed by a person if the order is closed,
// whatever the intent is.
func (s *Service) SettleHint(
	ctx context.Context, orderID, intentID string, news ChargeNews, claim *queue.Claim,
) error {
	err := s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
		in := st.Intent(intentID)
		if in == nil || !in.Status.Final() {
			return ErrReadAfresh
		}

		st.setChargedMethod(in, news.Method)
		s.rules().reviewLate(st, intentID, news.Received)
		return nil
	})
	if errors.Is(err, ErrReadAfresh) {
		return s.settleFresh(ctx, orderID, intentID, news.Received, claim)
	}

	return err
}

// SettleFresh reads the intent at Stripe, brings it into its order and marks
// claim as done in the same transaction. It reads again until nobody wrote the
// intent or the active attempt in the meantime, so that the later of two
// readings wins.
func (s *Service) SettleFresh(ctx context.Context, orderID, intentID string, claim *queue.Claim) error {
	return s.settleFresh(ctx, orderID, intentID, 0, claim)
}

// settleFresh is like SettleFresh. received is the money that an event shows: a
// person reviews it if the order is closed, whatever the reading shows.
func (s *Service) settleFresh(
	ctx context.Context, orderID, intentID string, received int64, claim *queue.Claim,
) error {
	for range maxReadings {
		before, err := s.cfg.Store.Read(ctx, orderID)
		if err != nil {
			return err
		}

		snap, err := s.readIntent(ctx, before, intentID)
		if err != nil {
			return fmt.Errorf("payments: read %s: %w", intentID, err)
		}

		err = s.update(ctx, orderID, claim, func(st *State) error {
			if revisionOf(st, intentID) != revisionOf(before, intentID) {
				return errStaleReading
			}

			r := s.rules()
			if err := r.settle(st, snap, asFresh); err != nil {
				return err
			}

			r.reviewLate(st, intentID, received)
			return nil
		})
		if !errors.Is(err, errStaleReading) {
			return err
		}
	}

	return fmt.Errorf("payments: %s: %w, %d times", intentID, errStaleReading, maxReadings)
}

// readIntent reads an intent of an order at Stripe, together with the
// subscription that it begins. The SetupIntent of a trial shows no more than
// itself, so its subscription is read after it.
func (s *Service) readIntent(ctx context.Context, st *State, intentID string) (Snapshot, error) {
	stripe := s.stripe(&st.Order)

	snap, err := stripe.Intent(ctx, intentID)
	if err != nil || !snap.IsSetup() || !st.Order.Trial() {
		return snap, err
	}

	if in := st.Intent(intentID); in != nil && in.SubscriptionID != "" {
		snap.SubscriptionID = in.SubscriptionID // what the ledger knows counts
	}

	if snap.SubscriptionID == "" {
		return snap, nil
	}

	reading, err := stripe.Subscription(ctx, snap.SubscriptionID)
	if err == nil {
		snap.Subscription = &reading.Subscription
	}

	return snap, err
}

// update changes an order and reports money of others that was found.
func (s *Service) update(
	ctx context.Context, orderID string, claim *queue.Claim, change func(*State) error,
) error {
	var found []ForeignPayment
	err := s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
		known := len(st.ForeignPayments)
		if err := change(st); err != nil {
			return err
		}

		found = slices.Clone(st.ForeignPayments[known:])
		return nil
	})
	if err != nil {
		return err
	}

	for _, f := range found {
		s.cfg.Log.Error().
			Ctx(ctx).
			Str("order_id", f.OrderID).
			Str("intent_id", f.IntentID).
			Str("intent_status", string(f.Status)).
			Int64("amount", f.Amount).
			Str("currency", f.Currency).
			Msg("money names an order, but no attempt of ours took it: adopt it (server orders adopt) or refund it")
	}

	return nil
}

// revision changes with every write that a reading of an intent must not
// overwrite.
type revision struct {
	intentVersion        int64 // 0 while the intent is not linked
	subscriptionReadings int64 // of all subscriptions
	attemptID            string
	attemptState         AttemptState
}

func revisionOf(st *State, intentID string) revision {
	var rev revision
	if in := st.Intent(intentID); in != nil {
		rev.intentVersion = in.Version
	}

	for i := range st.Subscriptions {
		rev.subscriptionReadings += st.Subscriptions[i].Readings
	}

	if a := st.Active(); a != nil {
		rev.attemptID, rev.attemptState = a.ID, a.State
	}

	return rev
}

// SettleRefunds reads the refunds of an intent at Stripe, brings them into the
// order and marks claim as done in the same transaction.
func (s *Service) SettleRefunds(ctx context.Context, orderID, intentID string, claim *queue.Claim) error {
	o, err := s.ensureLinked(ctx, orderID, intentID)
	if err != nil {
		return err
	}

	list, err := s.stripe(&o).Refunds(ctx, intentID)
	if err != nil {
		return fmt.Errorf("payments: read the refunds of %s: %w", intentID, err)
	}

	return s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
		s.rules().setRefunds(st, list)
		return nil
	})
}

// ensureLinked links an intent that a refund or a dispute is the first news of,
// and returns the order. The error is ErrNotOurs if no attempt of the order
// made it.
func (s *Service) ensureLinked(ctx context.Context, orderID, intentID string) (o orders.Order, err error) {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return o, err
	}
	if st.Intent(intentID) != nil {
		return st.Order, nil
	}

	if err := s.SettleFresh(ctx, orderID, intentID, nil); err != nil {
		return o, err
	}

	st, err = s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return o, err
	}
	if st.Intent(intentID) == nil {
		return o, ErrNotOurs
	}

	return st.Order, nil
}

// SettleDispute reads a dispute at Stripe, brings it into the order and marks
// claim as done in the same transaction.
func (s *Service) SettleDispute(ctx context.Context, orderID, disputeID string, claim *queue.Claim) error {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return err
	}

	d, err := s.stripe(&st.Order).Dispute(ctx, disputeID)
	if err != nil {
		return fmt.Errorf("payments: read dispute %s: %w", disputeID, err)
	}
	if _, err := s.ensureLinked(ctx, orderID, d.IntentID); err != nil {
		return err
	}

	isNews := false
	err = s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
		isNews = s.rules().setDispute(st, d)
		return nil
	})
	if err == nil && isNews {
		s.logDispute(ctx, orderID, &d)
	}

	return err
}

// logDispute writes the log line about a dispute. The shop has to answer it in
// time, or loses the money.
func (s *Service) logDispute(ctx context.Context, orderID string, d *Dispute) {
	line := s.cfg.Log.Info()
	if d.NeedsResponse() {
		line = s.cfg.Log.Warn()
	}

	if !d.EvidenceDueBy.IsZero() && !d.Closed() {
		line = line.Time("evidence_due_by", d.EvidenceDueBy)
	}

	line.
		Ctx(ctx).
		Str("order_id", orderID).
		Str("dispute_id", d.ID).
		Str("dispute_status", d.Status).
		Str("reason", d.Reason).
		Int64("amount", d.Amount).
		Str("currency", d.Currency).
		Msg("a payment is disputed")
}
