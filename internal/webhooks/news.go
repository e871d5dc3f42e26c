package webhooks

import (
	"context"
	"errors"
	"fmt"

	"checkoutd/internal/connect"
	"checkoutd/internal/webhooks/envelope"
)

// isNews reports whether an event is about a connected account itself. The
// others are about what happens in it.
func isNews(e *Event) bool { return e.Account != "" && connect.IsNews(e.Type) }

// processNews processes an event about a connected account. nil means that the
// claim ended in the same transaction.
func (s *Service) processNews(ctx context.Context, e *Event) error {
	read, err := envelope.Read(e.Payload)
	if err == nil && !read.IsSnapshot() {
		err = errOtherShape
	}
	if err != nil {
		return fmt.Errorf("webhooks: read the event's object: %w", err)
	}

	err = s.cfg.Accounts.Settle(ctx, connect.News{
		Type:      e.Type,
		AccountID: e.Account,
		ClientID:  read.Data.ID,
		Created:   e.Created,
		Livemode:  e.Livemode,
	}, e.Claim())

	switch {
	case errors.Is(err, connect.ErrNotOurs):
		return &terminalError{Ignored, err.Error()}
	case errors.Is(err, connect.ErrNoLinkYet):
		return &unmatchedError{err}
	}
	return err
}
