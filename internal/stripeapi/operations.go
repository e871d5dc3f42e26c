package stripeapi

import (
	"context"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/payments"
)

// Capture captures the money that an intent holds and releases the rest
// (https://docs.stripe.com/api/payment_intents/capture).
func (c *Client) Capture(ctx context.Context, op payments.Operation) error {
	params := &stripe.PaymentIntentCaptureParams{
		AmountToCapture:      stripe.Int64(op.Amount),
		ApplicationFeeAmount: optionalAmount(op.Fee),
	}

	if op.Transfer > 0 {
		params.TransferData = &stripe.PaymentIntentTransferDataParams{Amount: stripe.Int64(op.Transfer)}
	}

	ctx, sent := countRequests(ctx)
	post(ctx, &params.Params, op.IdempotencyKey)
	_, err := c.api.PaymentIntents.Capture(op.IntentID, params)

	return sent.flagRepeated(callError(err))
}

// Refund refunds money (https://docs.stripe.com/api/refunds/create).
func (c *Client) Refund(ctx context.Context, op payments.Operation) error {
	params := &stripe.RefundParams{
		PaymentIntent: stripe.String(op.IntentID),
		Amount:        stripe.Int64(op.Amount),
		Reason:        optional(op.Reason),
	}

	if op.RefundFee {
		params.RefundApplicationFee = stripe.Bool(true)
	}

	if op.ReverseTransfer {
		params.ReverseTransfer = stripe.Bool(true)
	}

	params.AddMetadata(payments.MetaOrder, op.OrderID)
	params.AddMetadata(payments.MetaOperation, op.ID)

	if op.Proof != "" {
		params.AddMetadata(payments.MetaProof, op.Proof)
	}

	ctx, sent := countRequests(ctx)
	post(ctx, &params.Params, op.IdempotencyKey)
	_, err := c.api.Refunds.New(params)

	return sent.flagRepeated(callError(err))
}
