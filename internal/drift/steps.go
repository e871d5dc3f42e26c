package drift

import (
	"context"
	"errors"
	"slices"
	"time"

	"checkoutd/internal/budget"
	"checkoutd/internal/payments"
)

// margin is how long before the day the lists begin. What is found there counts
// for no day, but shows the money of orders that were paid just after midnight
// by our clock.
const margin = time.Hour

// step does the next thing of a run and moves it behind that.
func (s *Service) step(ctx context.Context, step *Step) error {
	r := &step.Run
	switch r.Phase {
	case phaseOrders:
		return s.stepOrders(ctx, step)
	case phaseOpen:
		step.Reopen = true
		r.nextPhase(s.cfg.Now())
		return nil
	case phaseJudge:
		return s.stepJudge(ctx, step)
	}
	return s.stepList(ctx, step)
}

// nextPhase moves a run to its next phase, or to its end.
func (r *Run) nextPhase(now time.Time) {
	r.Cursor = ""
	if i := slices.Index(phases, r.Phase) + 1; i < len(phases) {
		r.Phase = phases[i]
		return
	}
	r.State, r.FinishedAt = Done, now
}

// stepList compares a page of a list with the ledger.
func (s *Service) stepList(ctx context.Context, step *Step) error {
	r := &step.Run
	page, err := s.stripe(r.Account).DriftPage(ctx, Query{
		List:  r.Phase,
		From:  r.From.Add(-margin),
		Until: r.Until,
		After: r.Cursor,
	})
	if err != nil {
		return err
	}
	if page.More && page.Last == "" {
		return errors.New("a page has no end that the next one could begin at")
	}

	for i := range page.Objects {
		o := &page.Objects[i]
		suspect, ours, err := s.glance(ctx, r.Phase, r.Account, o)
		if err != nil {
			return err
		}
		if suspect != nil {
			step.Suspects = append(step.Suspects, *suspect)
		}

		if r.Phase == ListBalance && o.taken() && !o.CreatedAt.Before(r.From) {
			r.Charges++
			if !ours {
				r.Neighbours++
			}
		}

		switch {
		case !ours:
		case r.Phase == ListRefunds:
			step.Seen = append(step.Seen, o.ID)
		case r.Phase != ListDisputes && o.taken():
			step.Seen = append(step.Seen, o.IntentID)
		}
	}

	if r.Cursor = page.Last; !page.More {
		r.nextPhase(s.cfg.Now())
	}

	return nil
}

// stepOrders makes suspects of orders whose money, or refund, no list has
// shown.
func (s *Service) stepOrders(ctx context.Context, step *Step) error {
	r := &step.Run
	list, err := s.cfg.Store.DriftUnseen(ctx, *r, r.Cursor, orderBatch)
	if err != nil {
		return err
	}

	for _, id := range list {
		step.Suspects = append(step.Suspects, Suspect{Key: id, OrderID: id})
		r.Cursor = id
	}

	if len(list) < orderBatch {
		r.nextPhase(s.cfg.Now())
	}

	return nil
}

// stepJudge looks at some suspects once more.
func (s *Service) stepJudge(ctx context.Context, step *Step) error {
	r := &step.Run
	list, err := s.cfg.Store.DriftSuspects(ctx, r.ID, judgeBatch)
	if err != nil {
		return err
	}

	for _, sus := range list {
		found, err := s.judge(ctx, r.Account, sus)
		if err != nil {
			return err
		}

		seenAt := s.cfg.Now()
		if seenAt.Before(r.BeganAt) { // the clock of whoever began is ahead of ours
			seenAt = r.BeganAt
		}

		for i := range found {
			found[i].Day, found[i].State, found[i].SeenAt = r.Day, Open, seenAt
		}

		step.Found = append(step.Found, found...)
		step.Judged = append(step.Judged, sus.Key)
		r.Judged++
	}

	if len(list) == 0 {
		r.nextPhase(s.cfg.Now())
	}

	return nil
}

// paced is a Stripe whose requests have a pace of their own.
type paced struct {
	next Stripe
	pace *budget.Budget
}

// DriftPage implements Stripe.
func (p paced) DriftPage(ctx context.Context, q Query) (Page, error) {
	if err := p.pace.Wait(ctx); err != nil {
		return Page{}, err
	}
	return p.next.DriftPage(ctx, q)
}

// Intent implements Stripe.
func (p paced) Intent(ctx context.Context, id string) (payments.Snapshot, error) {
	if err := p.pace.Wait(ctx); err != nil {
		return payments.Snapshot{}, err
	}
	return p.next.Intent(ctx, id)
}

// Refunds implements Stripe.
func (p paced) Refunds(ctx context.Context, intentID string) ([]payments.Refund, error) {
	if err := p.pace.Wait(ctx); err != nil {
		return nil, err
	}
	return p.next.Refunds(ctx, intentID)
}

// Dispute implements Stripe.
func (p paced) Dispute(ctx context.Context, id string) (payments.Dispute, error) {
	if err := p.pace.Wait(ctx); err != nil {
		return payments.Dispute{}, err
	}
	return p.next.Dispute(ctx, id)
}
