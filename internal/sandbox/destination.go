package sandbox

// fees: https://docs.stripe.com/api/application_fees.
var fees = recordAPI{kind: "application_fee", prefix: "fee", noun: "application fee", filters: []string{"charge"}}

// checkDestination refuses a destination charge to an account that the platform does not have.
func (c *call) checkDestination(param, id string) error {
	if _, ok := accounts.find(c, id); !ok && c.account == PlatformAccount {
		return noSuch("destination", param, id)
	}
	return nil
}

// credit moves an account's balance by what another one sent or took back.
func (c *call) credit(account, source, kind string, amount int64, cur string) {
	c.elsewhere(account, func(c *call) { c.availableEntry(source, kind, amount, cur) })
}

// passOn collects the platform's fee of a captured charge and moves a destination charge to its account, and notes both
// on the charge. See https://docs.stripe.com/connect/destination-charges and https://docs.stripe.com/connect/direct-charges.
func (c *call) passOn(ch *Charge) {
	if deref(ch.ApplicationFeeAmount) > 0 {
		c.takeFee(ch)
	}
	if ch.TransferData == nil {
		return
	}
	amount := ch.AmountCaptured
	if part := deref(ch.TransferData.Amount); part > 0 {
		amount = min(part, amount)
	}
	rec := c.newTransfer(amount, ch.Currency, ch.TransferData.Destination, ch)
	ch.Transfer = &rec.id
}

// takeFee makes the platform's application fee: of a direct charge in the platform's own account, whose call this is not.
func (c *call) takeFee(ch *Charge) {
	id, fee := newID("fee"), *ch.ApplicationFeeAmount
	ch.ApplicationFee = &id
	charge, cur := ch.ID, ch.Currency
	if c.account != PlatformAccount {
		from := c.account
		c.elsewhere(PlatformAccount, func(c *call) { c.putFee(id, from, charge, fee, cur) })
		return
	}
	if ch.TransferData != nil {
		c.putFee(id, ch.TransferData.Destination, charge, fee, cur)
		c.credit(ch.TransferData.Destination, id, "application_fee", -fee, cur)
	}
}

func (c *call) putFee(id, account, charge string, amount int64, cur string) {
	rec := newRecord(fees.kind, id, map[string]any{
		"account": account, "amount": amount, "amount_refunded": int64(0), "application": application,
		"balance_transaction": c.availableEntry(id, "application_fee", amount, cur), "charge": charge, "created": c.now.Unix(),
		"currency": cur, "fee_source": map[string]any{"charge": charge, "type": "charge"}, "livemode": false,
		"originating_transaction": charge, "refunded": false, "refunds": listOf([]any{}, "/v1/application_fees/"+id+"/refunds"),
	}, charge)
	c.tx.put(rec)
	c.emit("application_fee.created", rec)
}

// refundConnected takes back the platform's fee and the transfer of a refunded charge, in proportion, when the call asks
// for it: https://docs.stripe.com/connect/destination-charges#issue-refunds.
func (c *call) refundConnected(re *Refund, ch *Charge) error {
	if c.p.flag("refund_application_fee") {
		if ch.ApplicationFee == nil {
			return invalid("", "refund_application_fee", "You cannot refund the application fee of %s because no application fee was collected.", ch.ID)
		}
		c.returnFee(re, ch)
	}
	if !c.p.flag("reverse_transfer") {
		return nil
	}
	tr, ok := transfers.find(c, deref(ch.Transfer))
	if !ok {
		return invalid("", "reverse_transfer", "Cannot reverse transfer on charge %s because it does not have an associated transfer.", ch.ID)
	}
	left := wholeNumber(tr.fields["amount"]) - wholeNumber(tr.fields["amount_reversed"])
	rec := c.reverse(tr, min(left, share(wholeNumber(tr.fields["amount"]), re.Amount, ch)), map[string]any{"source_refund": re.ID})
	re.TransferReversal = &rec.id
	return nil
}

// share is the part of an amount that belongs to a refunded part of a charge.
func share(amount, refunded int64, ch *Charge) int64 { return amount * refunded / ch.AmountCaptured }

// returnFee gives a part of the platform's fee back to the account that paid it.
func (c *call) returnFee(re *Refund, ch *Charge) {
	id, part := *ch.ApplicationFee, share(deref(ch.ApplicationFeeAmount), re.Amount, ch)
	if c.account == PlatformAccount {
		if fee, ok := fees.find(c, id); ok {
			account := fee.text("account")
			c.refundFee(id, part)
			c.credit(account, id, "application_fee_refund", part, ch.Currency)
		}
		return
	}
	c.availableEntry(id, "application_fee_refund", part, ch.Currency)
	c.elsewhere(PlatformAccount, func(c *call) { c.refundFee(id, part) })
}

// refundFee writes what was given back into the fee: https://docs.stripe.com/api/fee_refunds.
func (c *call) refundFee(id string, amount int64) {
	old, ok := fees.find(c, id)
	if !ok {
		return
	}
	before := children[*Record](c.tx, "fee_refund", id)
	back := newID("fr")
	rec := newRecord("fee_refund", back, map[string]any{
		"amount": amount, "balance_transaction": c.availableEntry(back, "application_fee_refund", -amount, old.text("currency")),
		"created": c.now.Unix(), "currency": old.fields["currency"], "fee": id, "metadata": map[string]string{},
	}, id)
	c.tx.put(rec)
	total := wholeNumber(old.fields["amount_refunded"]) + amount
	next := old.with(map[string]any{
		"amount_refunded": total, "refunded": total == wholeNumber(old.fields["amount"]),
		"refunds": listOf(append([]*Record{rec}, before...), "/v1/application_fees/"+id+"/refunds"),
	})
	c.tx.put(next)
	c.emitUpdate("application_fee.refunded", next, old)
}
