package webhooks

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
)

// maxTries is how often an event is tried before it is dead: with the back-off up to
// an hour this is most of a day, longer than Stripe's outages.
const maxTries = 30

// maxUnmatchedTries is how often an unmatched event comes back by itself; after
// that only its order can wake it.
const maxUnmatchedTries = 12

// parked is far enough away to mean: not by itself.
const parked = 100 * 365 * 24 * time.Hour

// errUnmatched says that no order knows the event's intent or subscription.
var errUnmatched = errors.New("webhooks: no order knows what it is about")

// endError says that an event's work ends here without a change, how and why.
type endError struct {
	state State
	note  string
}

func (e *endError) Error() string { return e.note }

// work processes one event and ends its claim, one way or another.
func (s *Service) work(ctx context.Context, e Event) error {
	start := s.Now()
	err := s.process(ctx, &e)
	var end *endError
	state, note, at := Done, "", time.Time{}
	switch {
	case err == nil: // the claim ended with the change
	case errors.Is(err, queue.ErrClaimLost):
		state = "lost"
		err = nil
	case errors.As(err, &end):
		state, note = end.state, end.note
		err = s.finish(ctx, &e, state, note, at)
	case errors.Is(err, errUnmatched):
		state, note, at = Unmatched, err.Error(), s.Now().Add(unmatchedPause(int(e.Tries)))
		err = s.finish(ctx, &e, state, note, at)
	default:
		state, note, at = Received, err.Error(), s.Now().Add(queue.Backoff(int(e.Tries), time.Second, time.Hour))
		if e.Tries >= maxTries {
			state, at = Dead, time.Time{}
		}
		err = errors.Join(err, s.finish(ctx, &e, state, note, at))
	}
	s.Log.Info().Err(err).Str("event_id", e.ID).Str("event_type", e.Type).Str("order_id", e.OrderID).
		Str("event_state", string(state)).Int64("tries", e.Tries).
		Int64("duration_ms", s.Now().Sub(start).Milliseconds()).Msg("event worked")
	return nil
}

func (s *Service) finish(ctx context.Context, e *Event, state State, note string, at time.Time) error {
	err := s.Inbox.FinishEvent(ctx, e.Claim(), state, note, at)
	if errors.Is(err, queue.ErrClaimLost) {
		return nil
	}
	return err
}

// release gives back an event that was claimed and not begun.
func (s *Service) release(ctx context.Context, e Event) error {
	err := s.Inbox.ReleaseEvent(ctx, e.Claim(), s.Now())
	if errors.Is(err, queue.ErrClaimLost) {
		return nil
	}
	return err
}

func unmatchedPause(tries int) time.Duration {
	if tries > maxUnmatchedTries {
		return parked
	}
	return queue.Backoff(tries, 15*time.Second, 6*time.Hour)
}

// process brings an event into its order. nil means that the claim ended in the same
// transaction.
func (s *Service) process(ctx context.Context, e *Event) (err error) {
	defer func() { // one event that we choke on must not end the process again and again
		if p := recover(); p != nil {
			s.Log.Error().Bytes("stack", debug.Stack()).Str("event_id", e.ID).Msg("an event made its worker panic")
			err = fmt.Errorf("webhooks: panic: %v", p)
		}
	}()
	if note := s.apart(e); note != "" { // it was replayed
		return &endError{Quarantined, note}
	}
	if e.Tries > maxTries { // not one of those tries came to its end
		return &endError{Dead, "whoever worked it was gone before the end, every time"}
	}
	j, act, err := s.plan(ctx, e, s.orderOf)
	if err != nil {
		return err
	}
	e.OrderID = j.order
	return act(ctx, j)
}

// orderOf names an event's order. Stripe is asked only about what nothing here knows and a
// subscription may have made: the payment of a renewal.
func (s *Service) orderOf(ctx context.Context, ref payments.Ref) (string, error) {
	id, err := s.Payments.OrderOf(ctx, ref)
	if err != nil || id != "" || ref.InvoiceID == "" {
		return id, err
	}
	return s.Payments.AskOrderOf(ctx, ref)
}

func unreadable(err error) error { return fmt.Errorf("webhooks: read the event's object: %w", err) }

// job is an event whose order is known.
type job struct {
	event *Event
	order string
	ref   payments.Ref
	id    string // of the event's object
	raw   []byte // the object
}

type action func(ctx context.Context, j job) error

// action is what an event type leads to, nil if nothing.
func (s *Service) action(eventType string) action {
	switch {
	case isIntent(eventType):
		return s.settleIntent
	case strings.HasPrefix(eventType, "customer.subscription."), strings.HasPrefix(eventType, "invoice."):
		return s.settleSubscription
	case strings.HasPrefix(eventType, "charge.dispute."):
		return s.settleDispute
	case strings.HasPrefix(eventType, "refund."), eventType == "charge.refunded", strings.HasPrefix(eventType, "charge.refund."):
		return s.settleRefunds
	case strings.HasPrefix(eventType, "charge."):
		return s.settleCharge
	}
	return nil
}

func (s *Service) settleIntent(ctx context.Context, j job) error {
	if j.event.VersionMismatch {
		// Another release train may have other shapes: only our own reading is ours.
		return s.Payments.SettleFresh(ctx, j.order, j.ref.IntentID, j.event.Claim())
	}
	snap, err := s.DecodeIntent(j.raw)
	if err != nil {
		return err
	}
	return s.Payments.Settle(ctx, j.order, snap, j.event.Claim())
}

// settleCharge takes a charge's event as a hint that its intent has moved.
func (s *Service) settleCharge(ctx context.Context, j job) error {
	return s.Payments.SettleHint(ctx, j.order, j.ref.IntentID, j.event.Claim())
}

// settleSubscription takes an event of a subscription or of one of its invoices as a hint that
// the subscription has moved.
func (s *Service) settleSubscription(ctx context.Context, j job) error {
	return s.Payments.SettleSubscription(ctx, j.order, j.ref.SubscriptionID, j.event.Claim())
}

func (s *Service) settleRefunds(ctx context.Context, j job) error {
	return s.Payments.SettleRefunds(ctx, j.order, j.ref.IntentID, j.event.Claim())
}

func (s *Service) settleDispute(ctx context.Context, j job) error {
	return s.Payments.SettleDispute(ctx, j.order, j.id, j.event.Claim())
}
