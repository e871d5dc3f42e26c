package billing

import (
	"math"
	"strconv"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// feePercent reads the platform's share of the invoices of a new subscription,
// nil for none.
func (c *call) feePercent() (*float64, error) {
	const name = "application_fee_percent"
	if !c.Params.Has(name) || c.Params.Unset(name) {
		return nil, nil
	}

	percent, err := strconv.ParseFloat(c.Params.String(name), 64)
	cents := percent * 100
	switch {
	case err != nil, percent < 0, percent > 100, math.Abs(cents-math.Round(cents)) > 1e-6:
		return nil, wire.Invalid("", name,
			"Invalid decimal: must be between 0 and 100, with at most two decimal places.")
	case c.Account == api.PlatformAccount:
		return nil, wire.Invalid("", name,
			"You can only apply an application_fee_percent when the request is made on behalf of a connected account "+
				"(using an OAuth key or Stripe-Account header).")
	}

	return &percent, nil
}

// feeOf returns the platform's fee of a subscription's invoice, nil for none.
func feeOf(sub *Subscription, total int64) *int64 {
	if sub.ApplicationFeePercent == nil || total <= 0 {
		return nil
	}
	return new(int64(math.Round(float64(total) * *sub.ApplicationFeePercent / 100)))
}
