package webhooks

import (
	"context"
	"fmt"
	"strings"
	"time"

	"checkoutd/internal/webhooks/envelope"
)

// Mirror keeps the copy of connected accounts' payments. *mirror.Service is
// one.
type Mirror interface {
	// Apply stores what an event of a connected account says: its object, as
	// it was when the event was created. It may be called again with the same.
	Apply(ctx context.Context, account string, object []byte, created time.Time) error
}

// mirror passes an event on to the copy of its account's payments. That is no
// part of the event's transaction: an event that is worked again changes
// nothing there.
func (s *Service) mirror(ctx context.Context, e *Event) error {
	if e.Account == "" || s.cfg.Mirror == nil || !isMirrored(e.Type) {
		return nil
	}

	read, err := envelope.Read(e.Payload)
	if err != nil {
		return fmt.Errorf("webhooks: read the event's object: %w", err)
	}

	return s.cfg.Mirror.Apply(ctx, e.Account, read.Data.Raw, e.Created)
}

// isMirrored reports whether events of a type are about objects that are
// mirrored.
func isMirrored(eventType string) bool {
	kind, _, _ := strings.Cut(eventType, ".")
	return kind == "payment_intent" || kind == "charge" || kind == "refund"
}
