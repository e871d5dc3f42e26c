package webhooks

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
)

// overlap is how far a backfill reaches behind the last one: events appear in Stripe's
// list a little after their time, and clocks differ.
const overlap = time.Hour

// reach is how far back Stripe keeps events, less a margin
// (https://docs.stripe.com/api/events).
const reach = 30*24*time.Hour - time.Hour

func (s *Service) backfillOnce(ctx context.Context) {
	if _, err := s.Backfill(ctx); err != nil && ctx.Err() == nil {
		s.Log.Error().Err(err).Msg("could not backfill; the next run begins where this one did")
	}
}

// Backfill lists Stripe's events since the last run and accepts those that the inbox
// does not hold: a webhook that never arrived repairs itself. It returns how many were
// new. The cursor moves only when the whole list was accepted.
func (s *Service) Backfill(ctx context.Context) (found int, err error) {
	began := s.Now()
	from, err := s.Inbox.Cursor(ctx, "")
	if err != nil {
		return 0, err
	}
	if from.IsZero() {
		// A new installation has no order that an older event could be about. The beginning is
		// kept before the first listing, which may fail for days.
		from = began
		if err := s.Inbox.SetCursor(ctx, "", began); err != nil {
			return 0, err
		}
	}
	from = from.Add(-overlap)
	if oldest := began.Add(-reach); from.Before(oldest) {
		s.Log.Warn().Time("since", from).Msg("the last backfill is longer ago than Stripe keeps events")
		from = oldest
	}
	seen, after, said := 0, "", began
	for {
		page, more, err := s.Stripe.Events(ctx, from, after)
		if err != nil {
			return found, err
		}
		events, n, err := s.acceptPage(ctx, page)
		if err != nil {
			return found, err
		}
		seen, found = seen+len(events), found+n
		if now := s.Now(); now.Sub(said) >= 5*time.Second {
			said = now
			s.Log.Info().Int("seen", seen).Int("new", found).Msg("backfilling")
		}
		if !more {
			break
		}
		if len(events) == 0 {
			return found, errors.New("webhooks: backfill: a page without an event to go on from")
		}
		after = events[len(events)-1].ID
	}
	if found > 0 {
		s.Log.Warn().Int("seen", seen).Int("new", found).Msg("backfilled events that no webhook had brought")
		s.runner.Wake()
	}
	return found, s.Inbox.SetCursor(ctx, "", began)
}

// acceptPage accepts the events of a page that the inbox does not hold. One that cannot
// be read must not keep the others out: it is passed over, and logged.
func (s *Service) acceptPage(ctx context.Context, page [][]byte) (events []Event, found int, err error) {
	ids := make([]string, 0, len(page))
	for _, raw := range page {
		e, err := s.envelope(raw)
		if err != nil {
			s.Log.Error().Err(err).Msg("backfill met an event that cannot be read")
			continue
		}
		e.Source = SourceBackfill
		events = append(events, e)
		ids = append(ids, e.ID)
	}
	known, err := s.Inbox.Known(ctx, ids)
	if err != nil {
		return nil, 0, err
	}
	isNew := make([]bool, len(events))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for i, e := range events {
		if known[e.ID] {
			continue
		}
		g.Go(func() (err error) {
			isNew[i], err = s.Inbox.Accept(ctx, e)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, 0, err
	}
	for _, n := range isNew {
		if n {
			found++
		}
	}
	return events, found, nil
}
