package connect

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// fees is the resource https://docs.stripe.com/api/application_fees.
var fees = api.RecordAPI{
	Kind:    "application_fee",
	Prefix:  "fee",
	Noun:    "application fee",
	Filters: []string{"charge"},
}

// checkDestination refuses a destination charge to an account that the platform
// does not have.
func (c *call) checkDestination(param, id string) error {
	if c.Account != api.PlatformAccount {
		return nil
	}
	return c.checkPayee(param, id)
}

// checkPayee refuses a transfer to an account that the platform does not have,
// or may only read.
func (c *call) checkPayee(param, id string) error {
	acct, ok := c.connected(id)
	switch {
	case !ok:
		return wire.NoSuch("destination", param, id)
	case acct.Private.Link.Scope == api.ScopeReadOnly:
		return api.ScopeDenied(id)
	}

	return nil
}

// credit moves the balance of another account. A negative amount is taken from
// it.
func (c *call) credit(account, source, kind string, amount int64, cur string) {
	c.elsewhere(account, func(c *call) { c.availableEntry(source, kind, amount, cur) })
}

// passOn collects the platform's fee of a captured charge, transfers a
// destination charge to its account, and records both on the charge. See
// https://docs.stripe.com/connect/destination-charges and
// https://docs.stripe.com/connect/direct-charges.
func (c *call) passOn(ch *payments.Charge) {
	if wire.Deref(ch.ApplicationFeeAmount) > 0 {
		c.takeFee(ch)
	}

	if ch.TransferData == nil {
		return
	}

	amount := ch.AmountCaptured
	if limit := ch.TransferData.Amount; limit != nil {
		amount = min(*limit, amount)
	}

	if amount == 0 {
		return
	}

	rec := c.newTransfer(amount, ch.Currency, ch.TransferData.Destination, ch)
	ch.Transfer = &rec.ID
}

// takeFee creates the platform's application fee. The fee of a direct charge
// belongs to the platform although the request is for the connected account.
func (c *call) takeFee(ch *payments.Charge) {
	id, fee := wire.NewID("fee"), *ch.ApplicationFeeAmount
	ch.ApplicationFee = &id
	charge, cur := ch.ID, ch.Currency

	// A direct charge is in the connected account, the fee in the platform's.
	if c.Account != api.PlatformAccount {
		from := c.Account
		c.elsewhere(api.PlatformAccount, func(c *call) { c.createFee(id, from, charge, fee, cur) })
		return
	}

	if ch.TransferData != nil {
		c.createFee(id, ch.TransferData.Destination, charge, fee, cur)
		c.credit(ch.TransferData.Destination, id, "application_fee", -fee, cur)
	}
}

// createFee stores an application fee and announces it.
func (c *call) createFee(id, account, charge string, amount int64, cur string) {
	rec := api.NewRecord(fees.Kind, id, map[string]any{
		"account":                 account,
		"amount":                  amount,
		"amount_refunded":         int64(0),
		"application":             api.Application,
		"balance_transaction":     c.availableEntry(id, "application_fee", amount, cur),
		"charge":                  charge,
		"created":                 c.Now.Unix(),
		"currency":                cur,
		"fee_source":              map[string]any{"charge": charge, "type": "charge"},
		"livemode":                false,
		"originating_transaction": charge,
		"refunded":                false,
		"refunds":                 wire.WholeList([]any{}, "/v1/application_fees/"+id+"/refunds"),
	}, charge)

	c.Tx.Put(rec)
	c.Emit("application_fee.created", rec)
}

// refundConnected returns a proportional part of the fee and of the transfer of
// a refunded charge if the request asks for it:
// https://docs.stripe.com/connect/destination-charges#issue-refunds.
func (c *call) refundConnected(re *payments.Refund, ch *payments.Charge) error {
	if c.Params.Bool("refund_application_fee") {
		if ch.ApplicationFee == nil {
			return wire.Invalid("", "refund_application_fee",
				"You cannot refund the application fee of %s because no application fee was collected.",
				ch.ID)
		}

		c.refundFeeShare(re, ch)
	}

	if !c.Params.Bool("reverse_transfer") {
		return nil
	}

	tr, ok := transfers.Find(c.API(), wire.Deref(ch.Transfer))
	if !ok {
		return wire.Invalid("", "reverse_transfer",
			"Cannot reverse transfer on charge %s because it does not have an associated transfer.",
			ch.ID)
	}

	transferred := api.WholeNumber(tr.Fields["amount"])
	left := transferred - api.WholeNumber(tr.Fields["amount_reversed"])
	amount := min(left, proportion(transferred, re.Amount, ch))

	rec := c.reverse(tr, amount, map[string]any{"source_refund": re.ID})
	re.TransferReversal = &rec.ID

	return nil
}

// proportion returns the part of amount that corresponds to a refunded part of
// a charge.
func proportion(amount, refunded int64, ch *payments.Charge) int64 {
	return amount * refunded / ch.AmountCaptured
}

// refundFeeShare returns a part of the platform's fee to the account that paid
// it, as far as it is not returned yet.
func (c *call) refundFeeShare(re *payments.Refund, ch *payments.Charge) {
	obj, _ := c.Server.Store.Get(api.PlatformAccount, *ch.ApplicationFee)
	stored, ok := obj.(*api.Record)
	if !ok {
		return
	}

	id := stored.ID

	part := min(feeLeft(stored), proportion(wire.Deref(ch.ApplicationFeeAmount), re.Amount, ch))
	if part == 0 {
		return
	}

	if c.Account == api.PlatformAccount {
		if fee, ok := fees.Find(c.API(), id); ok {
			c.recordFeeRefund(fee, part, map[string]string{})
			c.credit(fee.Text("account"), id, "application_fee_refund", part, ch.Currency)
		}

		return
	}

	c.availableEntry(id, "application_fee_refund", part, ch.Currency)
	c.elsewhere(api.PlatformAccount, func(c *call) {
		if fee, ok := fees.Find(c.API(), id); ok {
			c.recordFeeRefund(fee, part, map[string]string{})
		}
	})
}
