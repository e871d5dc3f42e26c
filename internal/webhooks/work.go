package webhooks

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"checkoutd/internal/budget"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/tracing"
)

// maxTries is how often an event is tried before it is dead. With the backoff
// up to an hour this takes most of a day, longer than outages at Stripe last.
const maxTries = 30

// maxInterrupted is how often workers may stop at an event before it is dead. A
// server that is killed is no fault of its events, so this takes days: the
// delays grow to an hour (Claims.RescueEvents). But an event that ends the
// process each time, by its memory for instance, must not do so for ever.
const maxInterrupted = 100

// maxUnmatchedTries is how often an unmatched event is retried. After that only
// an order that links its intent makes it due.
const maxUnmatchedTries = 12

// neverDue is a delay so long that the event does not become due by itself.
const neverDue = 100 * 365 * 24 * time.Hour

// work processes one claimed event and ends its claim in every case.
func (s *Service) work(ctx context.Context, e Event) error {
	ctx, span := tracing.Begin(ctx, tracing.Job, "event "+e.Type,
		tracing.EventID(e.ID), tracing.EventType(e.Type), tracing.AccountID(e.Account), tracing.Tries(e.Tries))
	start := s.cfg.Now()
	watched, turnedAway := budget.Watch(ctx)
	err := s.process(watched, &e)

	state := Done

	moved := false // to another lane: the work is done there

	var terminal *terminalError

	var notOurs *notOursError
	switch {
	case err == nil: // the claim ended together with the change
	case errors.Is(err, queue.ErrClaimLost):
		state, err = "lost", nil // another worker has the event now
	case errors.As(err, &terminal):
		state = terminal.state
		err = s.finish(ctx, &e, state, terminal.note, time.Time{})
	case errors.As(err, &notOurs):
		state = Ignored
		err = ifHeld(s.cfg.Claims.FinishNotOurs(ctx, e.Claim(), err.Error(), notOurs.remember, s.cfg.Now().Add(rememberFor)))
	case errors.Is(err, errAskLater):
		state, moved, err = Received, true, s.move(ctx, &e, LaneAsk, 0)
	case errors.Is(err, errReadLater):
		state, moved, err = Received, true, s.move(ctx, &e, LaneRead, s.cfg.Gather)
	case errors.Is(err, errUnmatched):
		state = Unmatched
		err = s.finish(ctx, &e, state, err.Error(), s.cfg.Now().Add(unmatchedDelay(int(e.Tries))))
	case turnedAway(): // Stripe was not asked: that was no try
		state = Received
		dueAt := s.cfg.Now().Add(queue.Backoff(1, time.Second, time.Hour))
		err = errors.Join(err, ifHeld(s.cfg.Claims.ReleaseEvent(ctx, e.Claim(), dueAt)))
	case e.Tries >= maxTries:
		state = Dead
		err = errors.Join(err, s.finish(ctx, &e, state, err.Error(), time.Time{}))
	default:
		state = Received
		dueAt := s.cfg.Now().Add(queue.Backoff(int(e.Tries), time.Second, time.Hour))
		err = errors.Join(err, s.finish(ctx, &e, state, err.Error(), dueAt))
	}

	if s.cfg.Meter != nil {
		s.cfg.Meter.EventWorked(string(state))
	}

	if span.Set(tracing.OrderID(e.OrderID), tracing.State(string(state))); err != nil {
		span.Fail()
	}
	if !moved {
		defer span.End()
	}

	s.cfg.Log.Info().
		Ctx(ctx).
		Err(err).
		Str("event_id", e.ID).
		Str("event_type", e.Type).
		Str("order_id", e.OrderID).
		Str("event_state", string(state)).
		Int64("tries", e.Tries).
		Int64("duration_ms", s.cfg.Now().Sub(start).Milliseconds()).
		Msg("event processed")

	return nil
}

// finish ends the event's claim. It does nothing when the claim is lost.
func (s *Service) finish(ctx context.Context, e *Event, state State, note string, dueAt time.Time) error {
	return ifHeld(s.cfg.Claims.FinishEvent(ctx, e.Claim(), state, note, dueAt))
}

// move ends the event's claim and makes it due in another lane after a delay.
func (s *Service) move(ctx context.Context, e *Event, to Lane, delay time.Duration) error {
	err := ifHeld(s.cfg.Claims.MoveEvent(ctx, e.Claim(), to, s.cfg.Now().Add(delay)))
	s.wakeIn(to, delay)
	return err
}

// release returns an event that was claimed and not started.
func (s *Service) release(ctx context.Context, e Event) error {
	return ifHeld(s.cfg.Claims.ReleaseEvent(ctx, e.Claim(), s.cfg.Now()))
}

// ifHeld drops the error of a claim that is lost: another worker has the event.
func ifHeld(err error) error {
	if errors.Is(err, queue.ErrClaimLost) {
		return nil
	}
	return err
}

func unmatchedDelay(tries int) time.Duration {
	if tries > maxUnmatchedTries {
		return neverDue
	}
	return queue.Backoff(tries, 15*time.Second, 6*time.Hour)
}

// process brings an event into its order. nil means that the claim ended in the
// same transaction.
func (s *Service) process(ctx context.Context, e *Event) (err error) {
	// An event that makes us panic must not end the process again and again: it
	// is an error of this event, which is retried and dead in the end.
	defer func() {
		if p := recover(); p != nil {
			s.cfg.Log.Error().
				Ctx(ctx).
				Bytes("stack", debug.Stack()).
				Str("event_id", e.ID).
				Msg("panic while processing an event")

			err = fmt.Errorf("webhooks: panic: %v", p)
		}
	}()

	// A refused event comes here when it is replayed.
	if state, note := s.refusal(e); note != "" {
		return &terminalError{state, note}
	}

	if e.Interrupted >= maxInterrupted {
		return &terminalError{Dead, fmt.Sprintf("the server stopped %d times while it worked on this event", e.Interrupted)}
	}

	if err := s.mirror(ctx, e); err != nil {
		return err
	}

	if isNews(e) && s.cfg.Accounts != nil {
		return s.processNews(ctx, e)
	}

	j, err := plan(ctx, e, s.cfg.Payments.OrderOf)
	if err != nil {
		return err
	}

	j.mayRead = e.lane() == LaneRead || e.lane() == LaneAsk
	s.cfg.Payments.Continue(ctx, j.match.OrderID, e.Created)

	if !j.match.Ours {
		if err := s.processStrange(ctx, j); err != nil || !j.match.Ours {
			return err
		}
	}

	e.OrderID = j.match.OrderID
	s.cfg.Payments.Continue(ctx, e.OrderID, e.Created)

	return s.settle(ctx, j)
}

// settle brings an event into its order. The error is errReadLater if something
// must be read at Stripe for that, and this lane does not read.
func (s *Service) settle(ctx context.Context, j *job) error {
	if j.route.isHint(j.event) && !j.mayRead {
		return errReadLater
	}

	if j.mayRead {
		if err := s.gather(ctx, j); err != nil {
			return err
		}
	}

	err := j.route.settle(s, ctx, j)
	switch {
	case err == nil:
		s.logGathered(ctx, j)
	case errors.Is(err, payments.ErrReadAfresh):
		return errReadLater
	case errors.Is(err, payments.ErrNotOurs):
		return &notOursError{why: describeMark(j.ref.Mark)}
	}

	return err
}

// processStrange processes an event that the database does not match to an
// order, or finds its order. An event that names an order without being of one
// of its attempts changes nothing, unless its intent has taken money: a person
// must know.
func (s *Service) processStrange(ctx context.Context, j *job) error {
	if j.match.OrderID == "" {
		return s.identify(ctx, j)
	}

	if j.route.snapshot {
		// Only a reading can tell; a neighbour must not have one for free.
		if j.event.VersionMismatch || j.ref.InvoiceID != "" {
			if err := s.mayAsk(j.event); err != nil {
				return err
			}
			j.mayRead = true
		}

		return s.settle(ctx, j)
	}

	err := payments.ErrNotOurs
	if givenBack(&j.object) {
		err = s.cfg.Payments.SettleForeignRefund(ctx, j.match.OrderID, j.ref.IntentID, j.event.Claim())
	}

	if errors.Is(err, payments.ErrNotOurs) {
		err = &notOursError{why: describeMark(j.ref.Mark)}
	}

	return err
}
