package billing

import (
	"math"
	"strconv"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// SubTransfer is the connected account that the invoices of a subscription pay,
// and its share of them in percent; nil is all.
type SubTransfer struct {
	AmountPercent *float64 `json:"amount_percent"`
	Destination   string   `json:"destination"`
}

// InvoiceTransfer is the connected account that an invoice pays, and how much
// of it in minor units; nil is all.
type InvoiceTransfer struct {
	Amount      *int64 `json:"amount"`
	Destination string `json:"destination"`
}

const (
	feePercent      = "application_fee_percent"
	transferPercent = "transfer_data[amount_percent]"
)

// fillConnect reads whom the invoices of a subscription pay, and what the
// platform keeps of them: https://docs.stripe.com/connect/subscriptions.
func (c *call) fillConnect(sub *Subscription) error {
	api.SetText(&sub.OnBehalfOf, c.Params, "on_behalf_of")

	if err := c.fillTransfer(sub); err != nil {
		return err
	}
	if err := c.fillFee(sub); err != nil || sub.ApplicationFeePercent == nil {
		return err
	}

	switch {
	case sub.TransferData == nil && c.Account == api.PlatformAccount:
		return wire.Invalid("", feePercent,
			"Can only apply an application_fee_percent when the request is made on behalf of another account "+
				"(using an OAuth key, the Stripe-Account header, or the destination parameter).")
	case sub.TransferData != nil && sub.TransferData.AmountPercent != nil:
		return wire.Invalid("", transferPercent,
			"You may only specify one of these parameters: %s, %s.", feePercent, transferPercent)
	}

	return nil
}

// fillTransfer reads the destination of a subscription's invoices. What is sent
// replaces the former destination and share.
func (c *call) fillTransfer(sub *Subscription) error {
	p := c.Params.At("transfer_data")
	switch {
	case c.Params.Unset("transfer_data"):
		sub.TransferData = nil
		return nil
	case p == nil:
		return nil
	}

	const param = "transfer_data[destination]"

	to := &SubTransfer{Destination: p.String("destination")}
	if to.Destination == "" {
		return wire.MissingParam(param)
	}
	if err := c.CheckDestination(param, to.Destination); err != nil {
		return err
	}

	if text := p.String("amount_percent"); text != "" {
		percent, err := readPercent(transferPercent, text)
		if err != nil {
			return err
		}

		to.AmountPercent = &percent
	}

	sub.TransferData = to
	return nil
}

// fillFee reads the part of every invoice that the platform keeps.
func (c *call) fillFee(sub *Subscription) error {
	if c.Params.Unset(feePercent) {
		sub.ApplicationFeePercent = nil
		return nil
	}

	text := c.Params.String(feePercent)
	if text == "" {
		return nil
	}

	percent, err := readPercent(feePercent, text)
	if err == nil {
		sub.ApplicationFeePercent = &percent
	}

	return err
}

// readPercent returns a percentage with at most two decimals. stripe-go sends
// four, whatever they are.
func readPercent(param, text string) (float64, error) {
	percent, err := strconv.ParseFloat(text, 64)
	if hundredths := percent * 100; err != nil || percent < 0 || percent > 100 ||
		math.Abs(hundredths-math.Round(hundredths)) > 1e-6 {
		return 0, wire.Invalid("", param, "Invalid %s: must be between 0 and 100, with at most two decimal places.", param)
	}

	return percent, nil
}

// applyShares sets what the platform and the destination get of an invoice of a
// subscription.
func (c *call) applyShares(inv *Invoice) {
	sub, ok := memory.Find[*Subscription](c.Tx, wire.Deref(inv.Subscription))
	if !ok {
		return
	}

	if percent := sub.ApplicationFeePercent; percent != nil {
		inv.ApplicationFeeAmount = new(shareOf(inv.Total, *percent))
	}

	if to := sub.TransferData; to != nil {
		inv.TransferData = &InvoiceTransfer{Destination: to.Destination}
		if to.AmountPercent != nil {
			inv.TransferData.Amount = new(shareOf(inv.Total, *to.AmountPercent))
		}
	}
}

// shareOf returns a percentage of an amount, rounded to the minor unit. Nobody
// gets a share of a credit.
func shareOf(amount int64, percent float64) int64 {
	hundredths := int64(math.Round(percent * 100))
	return (max(0, amount)*hundredths + 5000) / 10000
}
