package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// Preview is what working an event again would do.
type Preview struct {
	OrderID       string // "" if no order knows its intent
	Before, After orders.Status
	AsksStripe    bool   // the outcome depends on what Stripe says then
	Note          string // why nothing would happen
}

// Preview says what working the event would do, without doing it or asking Stripe.
func (s *Service) Preview(ctx context.Context, e Event) (Preview, error) {
	if e.State == Quarantined {
		return Preview{Note: "it stays quarantined: " + e.Note}, nil
	}
	j, _, err := s.plan(ctx, &e, s.Payments.OrderOf)
	var end *endError
	switch {
	case errors.As(err, &end):
		return Preview{Note: end.note}, nil
	case errors.Is(err, errUnmatched):
		return Preview{Note: err.Error()}, nil
	case err != nil:
		return Preview{}, err
	}
	if !isIntent(e.Type) || e.VersionMismatch {
		return Preview{OrderID: j.order, AsksStripe: true}, nil
	}
	snap, err := s.DecodeIntent(j.raw)
	if err != nil {
		return Preview{}, err
	}
	before, after, asks, err := s.Payments.Preview(ctx, j.order, snap)
	return Preview{OrderID: j.order, Before: before, After: after, AsksStripe: asks}, err
}

func isIntent(eventType string) bool {
	return strings.HasPrefix(eventType, "payment_intent.") || strings.HasPrefix(eventType, "setup_intent.")
}

// find names the order that something points to, "" if none does.
type find func(ctx context.Context, ref payments.Ref) (orderID string, err error)

// plan finds the order of an event and what is to be done with it.
func (s *Service) plan(ctx context.Context, e *Event, orderOf find) (job, action, error) {
	act := s.action(e.Type)
	if act == nil {
		return job{}, nil, &endError{Ignored, "events of this type change nothing here"}
	}
	var body struct {
		Data struct {
			Object json.RawMessage `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(e.Payload, &body); err != nil {
		return job{}, nil, unreadable(err)
	}
	var obj related
	if err := json.Unmarshal(body.Data.Object, &obj); err != nil {
		return job{}, nil, unreadable(err)
	}
	ref := obj.ref()
	if ref.IntentID == "" && ref.SubscriptionID == "" {
		return job{}, nil, &endError{Ignored, "its object hangs on no intent and no subscription"}
	}
	order, err := orderOf(ctx, ref)
	switch {
	case err != nil:
		return job{}, nil, err
	case order == "":
		return job{}, nil, errUnmatched
	}
	return job{event: e, order: order, ref: ref, id: obj.ID, raw: body.Data.Object}, act, nil
}
