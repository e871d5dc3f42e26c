package webhooks

import (
	"context"
	"errors"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// Preview is what a replay of an event would do.
type Preview struct {
	OrderID       string // "" if no order matches the event
	Before, After orders.Status
	AsksStripe    bool   // the outcome depends on what Stripe answers then
	Note          string // why nothing would happen
}

// Previewer predicts what replays do. It changes nothing and does not call
// Stripe.
type Previewer struct {
	Payments *payments.Service
	Decoder  Decoder
}

// Preview returns what a replay of the event would do.
func (p Previewer) Preview(ctx context.Context, e Event) (Preview, error) {
	if e.State == Quarantined {
		return Preview{Note: "it stays quarantined: " + e.Note}, nil
	}

	if isNews(&e) {
		return Preview{Note: "it is about a connected account, and changes no order"}, nil
	}

	j, err := plan(ctx, &e, p.Payments.OrderOf)
	var terminal *terminalError
	switch {
	case errors.As(err, &terminal):
		return Preview{Note: terminal.note}, nil
	case err != nil:
		return Preview{}, err
	case j.match.OrderID == "":
		return Preview{Note: "no order in the database matches this event"}, nil
	case !j.match.Ours && !j.route.snapshot:
		return Preview{Note: describeMark(j.ref.Mark)}, nil
	}

	if !j.route.snapshot || e.VersionMismatch {
		return Preview{OrderID: j.match.OrderID, AsksStripe: true}, nil
	}

	snap, err := p.Decoder.DecodeIntent(j.object.Kind, j.object.Raw)
	if err != nil {
		return Preview{}, err
	}

	snap.Account = e.Account
	before, after, asks, err := p.Payments.Preview(ctx, j.match.OrderID, snap)
	return Preview{OrderID: j.match.OrderID, Before: before, After: after, AsksStripe: asks}, err
}
