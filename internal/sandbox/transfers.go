package sandbox

import (
	"cmp"
	"time"
)

const (
	kindTransfer = "transfer"
	kindReversal = "transfer_reversal"
	kindPayout   = "payout"
)

var (
	transfers = recordAPI{kind: kindTransfer, prefix: "tr", event: "transfer", filters: []string{"destination", "transfer_group"}}
	reversals = recordAPI{kind: kindReversal, prefix: "trr", noun: "transfer reversal"}
	payouts   = recordAPI{kind: kindPayout, prefix: "po", event: "payout", filters: []string{"status", "destination"}}
)

// spendable is how much of a currency can be moved now.
func (c *call) spendable(cur string) int64 {
	for _, f := range c.sumBalance().Available {
		if f.Currency == cur {
			return f.Amount
		}
	}
	return 0
}

// moneyOut reads what transfers and payouts share and refuses what the balance does not hold.
func (c *call) moneyOut() (int64, string, error) {
	cur, err := c.currencyOf()
	if err != nil {
		return 0, "", err
	}
	amount := c.p.num("amount")
	if amount < 1 {
		return 0, "", missingParam("amount")
	}
	if c.spendable(cur) < amount {
		return 0, "", invalid("balance_insufficient", "", "You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card. See: https://stripe.com/docs/testing#available-balance")
	}
	return amount, cur, nil
}

// createTransfer is POST /v1/transfers: https://docs.stripe.com/api/transfers/create.
func createTransfer(c *call) (any, error) {
	if acct, ok := accounts.find(c, c.p.str("destination")); !ok || acct == nil {
		return nil, noSuch("destination", "destination", c.p.str("destination"))
	}
	amount, cur, err := c.moneyOut()
	if err != nil {
		return nil, err
	}
	rec := c.newTransfer(amount, cur, c.p.str("destination"), nil)
	return rec, nil
}

// newTransfer stores and announces a transfer; from is the charge whose money it is, nil for the platform's balance.
func (c *call) newTransfer(amount int64, cur, destination string, from *Charge) *Record {
	id, payment := newID("tr"), newID("py")
	fields := map[string]any{
		"amount": amount, "amount_reversed": int64(0), "balance_transaction": c.availableEntry(id, "transfer", -amount, cur),
		"created": c.now.Unix(), "currency": cur, "description": nil, "destination": destination, "destination_payment": payment,
		"livemode": false, "metadata": map[string]string{}, "reversals": listOf([]any{}, "/v1/transfers/"+id+"/reversals"),
		"reversed": false, "source_transaction": nil, "source_type": "card", "transfer_group": nil,
	}
	if from != nil {
		fields["source_transaction"], fields["transfer_group"] = from.ID, from.TransferGroup
	} else {
		fields["description"], fields["metadata"] = c.p.text("description"), mergeMetadata(nil, c.p)
		fields["source_transaction"], fields["transfer_group"] = c.p.text("source_transaction"), c.p.text("transfer_group")
	}
	rec := newRecord(kindTransfer, id, fields)
	c.tx.put(rec)
	c.emit("transfer.created", rec)
	c.credit(destination, payment, "payment", amount, cur)
	return rec
}

// availableEntry books a movement that counts at once.
func (c *call) availableEntry(source, kind string, amount int64, cur string) string {
	bt := c.entry(source, kind, amount, 0, cur)
	bt.Status, bt.AvailableOn = "available", c.now.Unix()
	c.tx.put(bt)
	return bt.ID
}

func createReversal(c *call) (any, error) {
	old, err := transfers.inPath(c)
	if err != nil {
		return nil, err
	}
	left := wholeNumber(old.fields["amount"]) - wholeNumber(old.fields["amount_reversed"])
	amount := left
	if c.p.has("amount") {
		amount = c.p.num("amount")
	}
	cur := old.text("currency")
	if amount < 1 || amount > left {
		return nil, invalid("", "amount", "Transfer reversal amount (%s) is greater than unreversed amount on transfer (%s).", display(amount, cur), display(left, cur))
	}
	return c.reverse(old, amount, map[string]any{"metadata": mergeMetadata(nil, c.p)}), nil
}

// reverse takes a part of a transfer back from its account; more are fields that differ from the usual.
func (c *call) reverse(old *Record, amount int64, more map[string]any) *Record {
	id, back, cur := newID("trr"), newID("pyr"), old.text("currency")
	rec := newRecord(kindReversal, id, map[string]any{
		"amount": amount, "balance_transaction": c.availableEntry(id, "transfer_refund", amount, cur), "created": c.now.Unix(),
		"currency": cur, "destination_payment_refund": back, "metadata": map[string]string{}, "source_refund": nil,
		"transfer": old.id,
	}, old.id).with(more)
	reversed := wholeNumber(old.fields["amount_reversed"]) + amount
	next := old.with(map[string]any{
		"amount_reversed": reversed, "reversed": reversed == wholeNumber(old.fields["amount"]),
		"reversals": listOf(append(reversalsOf(c, old.id), rec), "/v1/transfers/"+old.id+"/reversals"),
	})
	c.tx.put(rec)
	c.tx.put(next)
	c.emitUpdate("transfer.reversed", next, old)
	c.credit(old.text("destination"), back, "payment_refund", -amount, cur)
	return rec
}

func reversalsOf(c *call, transfer string) []*Record {
	return children[*Record](c.tx, kindReversal, transfer)
}

func listReversals(c *call) (any, error) {
	if _, err := transfers.inPath(c); err != nil {
		return nil, err
	}
	return page[*Record](c, kindReversal, c.id, nil)
}

// pathReversal finds a reversal of the transfer in the path.
func (c *call) pathReversal() (*Record, error) {
	rec, ok := reversals.find(c, c.sub)
	if !ok || rec.text("transfer") != c.id {
		return nil, notFound(reversals.name(), c.sub)
	}
	return rec, nil
}

func retrieveReversal(c *call) (any, error) { return c.pathReversal() }

// updateReversal changes metadata only; the transfer shows it too.
func updateReversal(c *call) (any, error) {
	old, err := c.pathReversal()
	if err != nil {
		return nil, err
	}
	next := old.with(map[string]any{"metadata": mergeMetadata(old.metadata(), c.p)})
	c.tx.put(next)
	if transfer, ok := transfers.find(c, c.id); ok {
		c.tx.put(transfer.with(map[string]any{"reversals": listOf(reversalsOf(c, c.id), "/v1/transfers/"+c.id+"/reversals")}))
	}
	return next, nil
}

// createPayout is POST /v1/payouts: https://docs.stripe.com/api/payouts/create.
func createPayout(c *call) (any, error) {
	amount, cur, err := c.moneyOut()
	if err != nil {
		return nil, err
	}
	id := newID("po")
	rec := newRecord(kindPayout, id, map[string]any{
		"amount": amount, "application_fee": nil, "application_fee_amount": nil, "arrival_date": c.now.Add(fundsDelay).Unix(),
		"automatic": false, "balance_transaction": c.availableEntry(id, "payout", -amount, cur), "created": c.now.Unix(),
		"currency": cur, "description": c.p.text("description"), "destination": newID("ba"), "failure_balance_transaction": nil,
		"failure_code": nil, "failure_message": nil, "livemode": false, "metadata": mergeMetadata(nil, c.p),
		"method": cmp.Or(c.p.str("method"), "standard"), "original_payout": nil, "reconciliation_status": "not_applicable",
		"reversed_by": nil, "source_type": "card", "statement_descriptor": c.p.text("statement_descriptor"), "status": "pending",
		"trace_id": nil, "type": "bank_account",
	})
	c.tx.put(rec)
	c.emit("payout.created", rec)
	c.later(id, time.Unix(wholeNumber(rec.fields["arrival_date"]), 0), func(c *call) error { c.arrive(id); return nil })
	return rec, nil
}

// arrive ends a payout that reached its bank.
func (c *call) arrive(id string) {
	old, ok := payouts.find(c, id)
	if !ok || old.text("status") != "pending" {
		return
	}
	next := old.with(map[string]any{"status": "paid"})
	c.tx.put(next)
	c.emitUpdate("payout.paid", next, old)
}

func cancelPayout(c *call) (any, error) {
	old, err := payouts.inPath(c)
	if err != nil {
		return nil, err
	}
	if old.text("status") != "pending" {
		return nil, invalid("", "", "Payouts can only be canceled while they are pending.")
	}
	back := c.availableEntry(old.id, "payout_cancel", wholeNumber(old.fields["amount"]), old.text("currency"))
	next := old.with(map[string]any{"status": canceled, "failure_balance_transaction": back})
	c.tx.put(next)
	c.emitUpdate("payout.canceled", next, old)
	return next, nil
}
