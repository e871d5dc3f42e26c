package connect

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// feeRefunds is the resource https://docs.stripe.com/api/fee_refunds.
var feeRefunds = api.RecordAPI{Kind: "fee_refund", Prefix: "fr", Noun: "fee refund"}

// feeLeft returns how much of a fee is not refunded yet.
func feeLeft(fee *api.Record) int64 {
	return api.WholeNumber(fee.Fields["amount"]) - api.WholeNumber(fee.Fields["amount_refunded"])
}

// createFeeRefund handles POST /v1/application_fees/{id}/refunds: it gives a
// fee, or a part of it, back to the account that paid it.
func createFeeRefund(c *call) (any, error) {
	fee, err := fees.FromPath(c.API())
	if err != nil {
		return nil, err
	}

	left := feeLeft(fee)
	if left == 0 {
		return nil, wire.Invalid("application_fee_already_refunded", "",
			"Application fee %s has already been refunded.", fee.ID)
	}

	amount := left
	if c.Params.Has("amount") {
		amount = c.Params.Int("amount")
	}

	if amount < 1 {
		return nil, wire.Malformed("parameter_invalid_integer", "amount",
			"This value must be greater than or equal to 1.")
	}

	if cur := fee.Text("currency"); amount > left {
		return nil, wire.Invalid("", "amount",
			"Refund amount (%s) is greater than unrefunded amount on fee (%s)",
			api.FormatSum(amount, cur), api.FormatSum(left, cur))
	}

	rec := c.recordFeeRefund(fee, amount, wire.MergeMetadata(nil, c.Params))
	c.credit(fee.Text("account"), fee.ID, "application_fee_refund", amount, fee.Text("currency"))

	return rec, nil
}

// recordFeeRefund records a refund on the fee and announces it.
func (c *call) recordFeeRefund(prev *api.Record, amount int64, metadata map[string]string) *api.Record {
	id := wire.NewID(feeRefunds.Prefix)
	rec := api.NewRecord(feeRefunds.Kind, id, map[string]any{
		"amount":              amount,
		"balance_transaction": c.availableEntry(id, "application_fee_refund", -amount, prev.Text("currency")),
		"created":             c.Now.Unix(),
		"currency":            prev.Fields["currency"],
		"fee":                 prev.ID,
		"metadata":            metadata,
	}, prev.ID)

	c.Tx.Put(rec)
	total := api.WholeNumber(prev.Fields["amount_refunded"]) + amount
	next := prev.With(map[string]any{
		"amount_refunded": total,
		"refunded":        total == api.WholeNumber(prev.Fields["amount"]),
		"refunds":         c.listedFeeRefunds(prev.ID),
	})

	c.Tx.Put(next)
	c.EmitUpdate("application_fee.refunded", next, prev)

	return rec
}

// listedFeeRefunds returns the refunds of a fee as the fee shows them, newest
// first.
func (c *call) listedFeeRefunds(fee string) wire.CountedList {
	oldest := memory.Children[*api.Record](c.Tx, feeRefunds.Kind, fee)
	newest := make([]*api.Record, 0, len(oldest))
	for _, rec := range oldest {
		newest = append([]*api.Record{rec}, newest...)
	}
	return wire.WholeList(newest, "/v1/application_fees/"+fee+"/refunds")
}

func listFeeRefunds(c *call) (any, error) {
	if _, err := fees.FromPath(c.API()); err != nil {
		return nil, err
	}
	return api.Page[*api.Record](c.API(), feeRefunds.Kind, c.ID, nil)
}

// pathFeeRefund returns a refund of the fee in the path.
func (c *call) pathFeeRefund() (*api.Record, error) {
	rec, ok := feeRefunds.Find(c.API(), c.Sub)
	if !ok || rec.Text("fee") != c.ID {
		return nil, wire.NotFound(feeRefunds.Name(), c.Sub)
	}
	return rec, nil
}

func retrieveFeeRefund(c *call) (any, error) { return c.pathFeeRefund() }

// updateFeeRefund handles POST /v1/application_fees/{id}/refunds/{sub}. It
// changes only metadata, which the fee shows as well.
func updateFeeRefund(c *call) (any, error) {
	prev, err := c.pathFeeRefund()
	if err != nil {
		return nil, err
	}

	next := prev.With(map[string]any{"metadata": wire.MergeMetadata(prev.Metadata(), c.Params)})
	c.Tx.Put(next)

	if fee, ok := fees.Find(c.API(), c.ID); ok {
		c.Tx.Put(fee.With(map[string]any{"refunds": c.listedFeeRefunds(c.ID)}))
	}

	c.EmitUpdate("application_fee.refund.updated", next, prev)
	return next, nil
}

// CheckCharges returns an error if Stripe has disabled the charges of the
// account that the call acts for.
func (Connected) CheckCharges(c *payments.Call) error {
	acct, ok := c.Server.Connected(c.Account)
	if !ok {
		return nil
	}

	requirements, _ := acct.Fields["requirements"].(map[string]any)
	if requirements["disabled_reason"] == nil {
		return nil
	}

	return wire.Invalid("", "", "Your account cannot currently make charges.")
}
