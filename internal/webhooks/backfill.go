package webhooks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"checkoutd/internal/budget"
	"checkoutd/internal/payments"
)

// overlap is how far a backfill reaches behind the previous one: events appear
// in Stripe's list a little after their time, and clocks differ.
const overlap = time.Hour

// Retention is how long Stripe keeps events, less a margin
// (https://docs.stripe.com/api/events).
const Retention = 30*24*time.Hour - time.Hour

// progressEvery is how often a long backfill logs its progress.
const progressEvery = 5 * time.Second

// acceptsAtOnce bounds how many events of a page are accepted in parallel, so
// that they share commits without filling the queue of the webhooks.
const acceptsAtOnce = 32

func (s *Service) backfillOnce(ctx context.Context) {
	if _, err := s.Backfill(ctx); err != nil && ctx.Err() == nil {
		s.cfg.Log.Error().Err(err).Msg("backfill failed; the next run starts from the same point")
	}
}

// Backfill lists Stripe's events since the previous run and accepts those that
// the inbox does not hold, which makes up for webhooks that never arrived. It
// returns how many were new. After the platform's own account it does the same
// in every connected account that orders are charged in: each has its own list
// (https://docs.stripe.com/connect/webhooks). One that fails keeps no other
// from its turn.
func (s *Service) Backfill(ctx context.Context) (found int, err error) {
	found, err = s.backfillAccount(ctx, "")
	if s.cfg.BackfillAccounts == nil {
		return found, err
	}

	accounts, listErr := s.cfg.BackfillAccounts(ctx)
	err = errors.Join(err, listErr)

	for _, account := range accounts {
		n, failed := s.backfillAccount(ctx, account)
		found += n

		if payments.IsAccountGone(failed) {
			s.cfg.Log.Warn().Str("account", account).Msg("backfill skipped an account that gives no access any more")
			failed = nil
		}

		if failed != nil {
			err = errors.Join(err, fmt.Errorf("account %s: %w", account, failed))
		}
	}

	return found, err
}

// backfillAccount backfills one account. Its cursor moves only when the whole
// list was accepted.
func (s *Service) backfillAccount(ctx context.Context, account string) (found int, err error) {
	began := s.cfg.Now()
	from, err := s.backfillFrom(ctx, account, began)
	if err != nil {
		return 0, err
	}

	seen, after, reported := 0, "", began
	for {
		// On a busy account most events are of others.
		page, more, err := s.cfg.Stripe.Events(budget.WithPriority(ctx, budget.Neighbour), account, from, after)
		if err != nil {
			return found, err
		}

		events, n, err := s.acceptPage(ctx, account, page)
		if err != nil {
			return found, err
		}

		seen, found = seen+len(events), found+n

		if now := s.cfg.Now(); now.Sub(reported) >= progressEvery {
			reported = now
			s.cfg.Log.Info().Int("seen", seen).Int("new", found).Msg("backfilling")
		}

		if !more {
			break
		}

		// Without an ID the next page cannot be asked for. To stop here as if
		// the list were at its end would lose the rest.
		if len(events) == 0 {
			return found, errors.New("webhooks: backfill: not one event of a page can be read")
		}

		after = events[len(events)-1].ID
	}

	if found > 0 {
		s.cfg.Log.Warn().
			Str("account", account).
			Int("seen", seen).
			Int("new", found).
			Msg("backfilled events whose webhooks never arrived")
	}

	return found, s.cfg.Intake.SetCursor(ctx, account, began)
}

// backfillFrom returns the time from which a run that begins now lists an
// account's events.
func (s *Service) backfillFrom(ctx context.Context, account string, now time.Time) (time.Time, error) {
	from, err := s.cfg.Intake.Cursor(ctx, account)
	if err != nil {
		return time.Time{}, err
	}

	// A new installation has no order that an older event could be about. The
	// cursor is stored before the first listing, which may fail for days.
	if from.IsZero() {
		from = now
		if err := s.cfg.Intake.SetCursor(ctx, account, now); err != nil {
			return time.Time{}, err
		}
	}

	from = from.Add(-overlap)
	if oldest := now.Add(-Retention); from.Before(oldest) {
		s.cfg.Log.Warn().Time("since", from).Msg("the previous backfill is longer ago than Stripe keeps events")
		from = oldest
	}

	return from, nil
}

// acceptPage accepts the events of an account's page that the inbox does not
// hold. It returns all that could be read and how many of them were new. An
// event that cannot be read is logged and skipped: it must not keep the others
// out.
func (s *Service) acceptPage(ctx context.Context, account string, page [][]byte) (events []Event, found int, err error) {
	ids := make([]string, 0, len(page))
	refs := make([]payments.Ref, 0, len(page))
	for _, raw := range page {
		e, ref, thin, err := s.read(raw)
		if thin {
			err = errOtherShape // API v1 lists its own events only
		}

		if err != nil {
			s.cfg.Log.Error().Err(err).Msg("backfill skipped an event that cannot be read")
			continue
		}

		// Listed in an account, an event may leave out whose it is.
		if e.Account == "" {
			e.Account, ref.Account = account, account
		}

		if state, note := s.refusal(&e); note != "" {
			e.State, e.Note = state, note
		}

		e.Source = SourceBackfill
		events, refs = append(events, e), append(refs, ref)
		ids = append(ids, e.ID)
	}

	known, err := s.cfg.Intake.Known(ctx, ids)
	if err != nil {
		return nil, 0, err
	}

	isNew := make([]bool, len(events))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(acceptsAtOnce)

	for i, e := range events {
		if known[e.ID] {
			continue
		}

		g.Go(func() (err error) {
			isNew[i], err = s.accept(ctx, e, refs[i])
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
