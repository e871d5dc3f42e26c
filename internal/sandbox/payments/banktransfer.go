package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// awaitTransfer tells the buyer where to send the money and leaves the intent
// waiting for it. See https://docs.stripe.com/payments/bank-transfers.
func (c *Call) awaitTransfer(a *Attempt) *PaymentIntent {
	a.Intent.NextAction = &NextAction{Type: "display_bank_transfer_instructions", Bank: &BankInstructions{
		AmountRemaining:       a.Intent.Amount,
		Currency:              a.Intent.Currency,
		FinancialAddresses:    []any{},
		HostedInstructionsURL: c.Base() + "/receipts/" + a.Intent.ID,
		Reference:             wire.RandomText(12),
		Type:                  transferKind(a.Intent),
	}}
	return c.waitForBuyer(a)
}

// transferKind returns the type of the bank instructions, which is
// us_bank_transfer unless the intent's options name another.
func transferKind(pi *PaymentIntent) string {
	opts, _ := pi.PaymentMethodOptions["customer_balance"].(map[string]any)
	transfer, _ := opts["bank_transfer"].(map[string]any)
	kind, _ := transfer["type"].(string)

	switch kind {
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

// fundCashBalance is POST /v1/test_helpers/customers/{id}/fund_cash_balance: it
// lets money arrive, which pays the customer's open intents, oldest first.
func fundCashBalance(c *Call) (any, error) {
	cus, err := api.PathObject[*Customer](c.API(), api.KindCustomer)
	if err != nil {
		return nil, err
	}

	cur, err := c.CurrencyOf()
	if err != nil {
		return nil, err
	}

	amount := c.Params.Int("amount")
	if amount < 1 {
		return nil, wire.MissingParam("amount")
	}

	for _, pi := range memory.Children[*PaymentIntent](c.Tx, api.KindIntent, cus.ID) {
		if amount > 0 && pi.awaitsTransfer() && pi.Currency == cur {
			amount -= c.fund(pi, amount)
		}
	}

	txn := api.NewRecord("customer_cash_balance_transaction", wire.NewID("ccsbtxn"), map[string]any{
		"created":        c.Now.Unix(),
		"currency":       cur,
		"customer":       cus.ID,
		"ending_balance": amount,
		"livemode":       false,
		"net_amount":     c.Params.Int("amount"),
		"type":           "funded",
		"funded": map[string]any{"bank_transfer": map[string]any{
			"reference": c.Params.Text("reference"),
			"type":      "us_bank_transfer",
		}},
	}, cus.ID)

	c.Tx.Put(txn)
	c.Emit("customer_cash_balance_transaction.created", txn)

	return txn, nil
}

// awaitsTransfer reports whether the intent waits for a bank transfer.
func (o *PaymentIntent) awaitsTransfer() bool {
	return o.Status == StatusRequiresAction && o.NextAction != nil && o.NextAction.Bank != nil
}

// fund applies money to an intent and returns how much of it was applied.
func (c *Call) fund(pi *PaymentIntent, amount int64) int64 {
	next := *pi
	left := pi.Amount - pi.private.Funded
	applied := min(left, amount)
	next.private.Funded += applied

	if applied < left {
		bank := *pi.NextAction.Bank
		bank.AmountRemaining = left - applied
		next.NextAction = &NextAction{Type: pi.NextAction.Type, Bank: &bank}
		c.Tx.Put(&next)
		c.Emit("payment_intent.partially_funded", &next)
		return applied
	}

	pm, ok := memory.Find[*PaymentMethod](c.Tx, wire.Deref(pi.PaymentMethod))
	if !ok {
		return 0
	}
	if _, err := c.charge(&Attempt{Intent: &next, Method: pm}); err != nil {
		return 0 // a bank transfer has no card to decline
	}

	return applied
}
