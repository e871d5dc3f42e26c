package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"checkoutd/internal/orders"
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
	j, _, err := s.plan(ctx, &e)
	var end *endError
	switch {
	case errors.As(err, &end):
		return Preview{Note: end.note}, nil
	case errors.Is(err, errUnmatched):
		return Preview{Note: err.Error()}, nil
	case err != nil:
		return Preview{}, err
	}
	if !strings.HasPrefix(e.Type, "payment_intent.") || e.VersionMismatch {
		return Preview{OrderID: j.order, AsksStripe: true}, nil
	}
	snap, err := s.DecodeIntent(j.raw)
	if err != nil {
		return Preview{}, err
	}
	before, after, asks, err := s.Payments.Preview(ctx, j.order, snap)
	return Preview{OrderID: j.order, Before: before, After: after, AsksStripe: asks}, err
}

// plan finds the order of an event and what is to be done with it.
func (s *Service) plan(ctx context.Context, e *Event) (job, action, error) {
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
	intent := obj.intent()
	if intent == "" {
		return job{}, nil, &endError{Ignored, "its object hangs on no PaymentIntent"}
	}
	order, err := s.Payments.OrderOf(ctx, intent, metadataOrder(body.Data.Object))
	switch {
	case err != nil:
		return job{}, nil, err
	case order == "":
		return job{}, nil, errUnmatched
	}
	return job{event: e, order: order, intent: intent, id: obj.ID, raw: body.Data.Object}, act, nil
}
