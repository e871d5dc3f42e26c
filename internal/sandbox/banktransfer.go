package sandbox

import "cmp"

// awaitTransfer leaves a bank transfer waiting for the buyer's money.
// See https://docs.stripe.com/payments/bank-transfers.
func (c *call) awaitTransfer(a *attempt) *PaymentIntent {
	a.pi.NextAction = &NextAction{Type: "display_bank_transfer_instructions", Bank: &BankInstructions{
		AmountRemaining: a.pi.Amount, Currency: a.pi.Currency, FinancialAddresses: []any{},
		HostedInstructionsURL: c.base() + "/receipts/" + a.pi.ID, Reference: randomText(12), Type: transferKind(a.pi),
	}}
	return c.waitForBuyer(a)
}

func transferKind(pi *PaymentIntent) string {
	opts, _ := pi.PaymentMethodOptions["customer_balance"].(map[string]any)
	transfer, _ := opts["bank_transfer"].(map[string]any)
	kind, _ := transfer["type"].(string)
	switch cmp.Or(kind, "us_bank_transfer") {
	case "jp_bank_account", "jp_bank_transfer":
		return "jp_bank_transfer"
	case "eu_bank_transfer":
		return "eu_bank_transfer"
	case "gb_bank_transfer":
		return "gb_bank_transfer"
	case "mx_bank_transfer":
		return "mx_bank_transfer"
	}
	return "us_bank_transfer"
}

// fundCashBalance is POST /v1/test_helpers/customers/{id}/fund_cash_balance: money arrives and pays the oldest open intent.
func fundCashBalance(c *call) (any, error) {
	cus, err := pathObject[*Customer](c, kindCustomer)
	if err != nil {
		return nil, err
	}
	cur, err := c.currencyOf()
	if err != nil {
		return nil, err
	}
	amount := c.p.num("amount")
	if amount < 1 {
		return nil, missingParam("amount")
	}
	for _, pi := range children[*PaymentIntent](c.tx, kindIntent, cus.ID) {
		if amount > 0 && pi.Status == needsAction && pi.NextAction != nil && pi.NextAction.Bank != nil && pi.Currency == cur {
			amount -= c.fund(pi, amount)
		}
	}
	txn := newRecord("customer_cash_balance_transaction", newID("ccsbtxn"), map[string]any{
		"created": c.now.Unix(), "currency": cur, "customer": cus.ID, "ending_balance": amount, "livemode": false,
		"net_amount": c.p.num("amount"), "type": "funded",
		"funded": map[string]any{"bank_transfer": map[string]any{"reference": c.p.text("reference"), "type": "us_bank_transfer"}},
	}, cus.ID)
	c.tx.put(txn)
	c.emit("customer_cash_balance_transaction.created", txn)
	return txn, nil
}

// fund applies money to an intent and returns how much it took.
func (c *call) fund(pi *PaymentIntent, amount int64) int64 {
	next := *pi
	left := pi.Amount - pi.private.Funded
	took := min(left, amount)
	next.private.Funded += took
	if took < left {
		bank := *pi.NextAction.Bank
		bank.AmountRemaining = left - took
		next.NextAction = &NextAction{Type: pi.NextAction.Type, Bank: &bank}
		c.tx.put(&next)
		c.emit("payment_intent.partially_funded", &next)
		return took
	}
	pm, ok := find[*PaymentMethod](c.tx, deref(pi.PaymentMethod))
	if !ok {
		return 0
	}
	if _, err := c.charge(&attempt{pi: &next, pm: pm}); err != nil {
		return 0 // a bank transfer has no card to decline
	}
	return took
}
