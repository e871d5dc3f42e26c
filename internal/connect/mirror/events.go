package mirror

import (
	"context"
	"time"
)

// Apply stores what an event of a connected account says. object is the event's
// object, and created the time of the event. It does nothing for an account
// without a mirror, and for objects that are not mirrored. It may be called
// again with the same event.
func (s *Service) Apply(ctx context.Context, account string, object []byte, created time.Time) error {
	var b Batch
	if err := s.decode.add(&b, object, created); err != nil {
		return err
	}
	if b.Empty() {
		return nil
	}

	_, err := s.cfg.Store.ApplyMirror(ctx, account, &b)
	return err
}
