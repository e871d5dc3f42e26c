package webhooks

import (
	"regexp"

	"checkoutd/internal/webhooks/envelope"
)

// thinNote says why a thin event changes nothing, to Stripe's Dashboard and to
// the shop.
const thinNote = "This is a thin event of Stripe's API v2, which carries no object. " +
	"Give this endpoint snapshot events: choose the payload style \"snapshot\" in the Dashboard."

// thinTypePattern matches the types of thin events, such as
// v2.core.account[requirements].updated.
var thinTypePattern = regexp.MustCompile(`^[a-z0-9_.\[\]]{1,150}$`)

// thinEvent returns the thin event of a payload, which has another envelope
// than the events of API v1
// (https://docs.stripe.com/event-destinations#thin-events). It is stored as
// ignored: the shop chose the wrong payload style, and should be told in words
// rather than by failed deliveries.
func (s *Service) thinEvent(v *envelope.Event, payload []byte) (e Event, ok bool) {
	if !v.IsThin() || v.Object != "v2.core.event" && v.Object != "event" {
		return Event{}, false
	}
	if !eventIDPattern.MatchString(v.ID) || !thinTypePattern.MatchString(v.Type) {
		return Event{}, false
	}

	now := s.cfg.Now()
	return Event{
		ID:         v.ID,
		Type:       v.Type,
		Account:    clip(v.Context),
		Livemode:   v.Livemode,
		Created:    v.CreatedAt.UTC(),
		Group:      v.ID,
		Payload:    payload,
		State:      Ignored,
		Note:       thinNote,
		ReceivedAt: now,
		FinishedAt: now,
	}, true
}
