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

// passOn moves a captured destination charge to its account, less the platform's fee, and notes both on the charge.
// See https://docs.stripe.com/connect/destination-charges.
func (c *call) passOn(ch *Charge) {
	if ch.TransferData == nil {
		return
	}
	if fee := deref(ch.ApplicationFeeAmount); fee > 0 {
		rec := newRecord(fees.kind, newID("fee"), map[string]any{
			"account": ch.TransferData.Destination, "amount": fee, "amount_refunded": int64(0), "application": application,
			"balance_transaction": c.availableEntry(ch.ID, "application_fee", fee, ch.Currency), "charge": ch.ID, "created": c.now.Unix(),
			"currency": ch.Currency, "fee_source": map[string]any{"charge": ch.ID, "type": "charge"}, "livemode": false,
			"originating_transaction": ch.ID, "refunded": false, "refunds": listOf([]any{}, "/v1/application_fees/refunds"),
		}, ch.ID)
		c.tx.put(rec)
		c.emit("application_fee.created", rec)
		ch.ApplicationFee = &rec.id
	}
	amount := ch.AmountCaptured
	if part := deref(ch.TransferData.Amount); part > 0 {
		amount = min(part, amount)
	}
	rec := c.newTransfer(amount, ch.Currency, ch.TransferData.Destination, ch)
	ch.Transfer = &rec.id
}
