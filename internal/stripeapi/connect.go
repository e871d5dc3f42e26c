package stripeapi

import (
	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/payments"
)

// What the platform takes of a payment, and whom it pays, reaches Stripe in
// this file, and with a capture or a refund (operations.go).

// setConnect sets the fee and the destination of a new PaymentIntent
// (https://docs.stripe.com/connect/direct-charges#collect-fees,
// https://docs.stripe.com/connect/destination-charges).
func setConnect(params *stripe.PaymentIntentParams, p payments.Params) {
	params.ApplicationFeeAmount = optionalAmount(p.Fee)
	if p.TransferTo != "" {
		params.TransferData = &stripe.PaymentIntentTransferDataParams{
			Destination: stripe.String(p.TransferTo),
			Amount:      optionalAmount(p.Transfer),
		}
	}
}

// updateConnect sets what follows the amount of a PaymentIntent. The
// destination stays for its life.
func updateConnect(params *stripe.PaymentIntentParams, p payments.Params) {
	if p.Account == "" && p.TransferTo == "" {
		return
	}

	if p.Transfer > 0 {
		params.TransferData = &stripe.PaymentIntentTransferDataParams{Amount: stripe.Int64(p.Transfer)}
		return
	}

	params.ApplicationFeeAmount = optionalAmount(p.Fee)
	if p.Fee == 0 {
		params.AddExtra("application_fee_amount", "") // an empty value removes it
	}
}

// setSubscriptionConnect sets what the platform takes of every invoice
// (https://docs.stripe.com/connect/subscriptions).
func setSubscriptionConnect(params *stripe.SubscriptionParams, p payments.Params) {
	if p.FeeShare > 0 {
		params.ApplicationFeePercent = stripe.Float64(float64(p.FeeShare) / 100)
	}
	if p.TransferTo != "" {
		params.TransferData = &stripe.SubscriptionTransferDataParams{Destination: stripe.String(p.TransferTo)}
	}
}
