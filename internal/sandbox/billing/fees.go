package billing

import (
	"math"
	"strconv"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

const feePercent = "application_fee_percent"

// fillFee reads the part of every invoice that the platform keeps:
// https://docs.stripe.com/connect/subscriptions#collect-fees.
func (c *call) fillFee(sub *Subscription) error {
	if c.Params.Unset(feePercent) {
		sub.ApplicationFeePercent = nil
		return nil
	}

	text := c.Params.String(feePercent)
	if text == "" {
		return nil
	}

	if c.Account == api.PlatformAccount {
		return wire.Invalid("", feePercent,
			"Can only apply an application_fee_percent when the request is made on behalf of another account "+
				"(using an OAuth key, the Stripe-Account header, or the destination parameter).")
	}

	percent, err := strconv.ParseFloat(text, 64)

	// stripe-go sends four decimals, whatever they are.
	if hundredths := percent * 100; err != nil || percent < 0 || percent > 100 ||
		math.Abs(hundredths-math.Round(hundredths)) > 1e-6 {
		return wire.Invalid("", feePercent,
			"Invalid application_fee_percent: must be between 0 and 100, with at most two decimal places.")
	}

	sub.ApplicationFeePercent = &percent
	return nil
}

// applyFee sets the platform's part of an invoice of a subscription, which is
// rounded to the minor unit.
func (c *call) applyFee(inv *Invoice) {
	sub, ok := memory.Find[*Subscription](c.Tx, wire.Deref(inv.Subscription))
	if !ok || sub.ApplicationFeePercent == nil {
		return
	}

	fee := math.Round(float64(inv.Total) * *sub.ApplicationFeePercent / 100)
	inv.ApplicationFeeAmount = new(max(0, int64(fee)))
}
