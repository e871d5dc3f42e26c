package stripeapi

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/payments"
)

// Capture takes the money that an intent holds; what is not captured is released
// (https://docs.stripe.com/api/payment_intents/capture).
func (c *Client) Capture(ctx context.Context, op payments.Operation) error {
	params := &stripe.PaymentIntentCaptureParams{AmountToCapture: stripe.Int64(op.Amount)}
	ctx, sent := countExchanges(ctx)
	post(ctx, &params.Params, op.IdempotencyKey)
	_, err := c.api.PaymentIntents.Capture(op.IntentID, params)
	return sent.mark(callError(err))
}

// Refund gives money back (https://docs.stripe.com/api/refunds/create).
func (c *Client) Refund(ctx context.Context, op payments.Operation) error {
	params := &stripe.RefundParams{
		PaymentIntent: stripe.String(op.IntentID),
		Amount:        stripe.Int64(op.Amount),
		Reason:        optional(op.Reason),
	}
	params.AddMetadata(payments.MetaOrder, op.OrderID)
	params.AddMetadata(payments.MetaOperation, op.ID)
	ctx, sent := countExchanges(ctx)
	post(ctx, &params.Params, op.IdempotencyKey)
	_, err := c.api.Refunds.New(params)
	return sent.mark(callError(err))
}

func refundOf(re *stripe.Refund, intentID string) payments.Refund {
	return payments.Refund{
		ID: re.ID, IntentID: intentID, Amount: re.Amount, Currency: string(re.Currency),
		Status: string(re.Status), Reason: string(re.Reason),
		OperationID: re.Metadata[payments.MetaOperation], CreatedAt: time.Unix(re.Created, 0).UTC(),
	}
}
