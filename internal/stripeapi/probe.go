package stripeapi

import (
	"context"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/idempotency"
	"checkoutd/internal/payments"
)

// OpenIntent creates an intent that nobody is to confirm, and returns its ID.
// Its errors are those of golive.Stripe.
func (l *Checklist) OpenIntent(ctx context.Context, amount int64, currency string) (id string, err error) {
	params := &stripe.PaymentIntentParams{
		Amount:             stripe.Int64(amount),
		Currency:           stripe.String(currency),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		Description:        stripe.String("checkoutd tries its webhooks; nobody is charged"),
	}
	post(ctx, &params.Params, idempotency.Probe())

	pi, err := l.client.api.PaymentIntents.New(params)
	if err != nil {
		return "", readable(err)
	}

	return pi.ID, nil
}

// CloseIntent cancels an intent of OpenIntent.
func (l *Checklist) CloseIntent(ctx context.Context, id string) error {
	return l.client.CancelIntent(ctx, payments.Intent{ID: id}, idempotency.Cancel())
}
