package webhooks_test

import (
	"context"
	"time"

	"checkoutd/internal/queue"
	"checkoutd/internal/webhooks"
)

func (a *awayInbox) set(away bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.away = away
}

func (a *awayInbox) err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.away {
		return errAway
	}
	return nil
}

func (a *awayInbox) Accept(ctx context.Context, e webhooks.Event) (bool, error) {
	if err := a.err(); err != nil {
		return false, err
	}
	return a.Store.Accept(ctx, e)
}

func (a *awayInbox) CountRejected(ctx context.Context, reason string, n int64) error {
	if err := a.err(); err != nil {
		return err
	}
	return a.Store.CountRejected(ctx, reason, n)
}

func (a *awayInbox) FinishEvent(
	ctx context.Context, claim *queue.Claim, next webhooks.State, note string, dueAt time.Time,
) error {
	if err := a.err(); err != nil {
		return err
	}
	return a.Store.FinishEvent(ctx, claim, next, note, dueAt)
}
