package payments

import (
	"cmp"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// awaitTransfer leaves a bank transfer waiting for the buyer's money.
// See https://docs.stripe.com/payments/bank-transfers.
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

// fundCashBalance is POST /v1/test_helpers/customers/{id}/fund_cash_balance:
// money arrives and pays the oldest open intent.
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
		if amount > 0 && pi.Status == StatusRequiresAction && pi.NextAction != nil && pi.NextAction.Bank != nil && pi.Currency == cur {
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
		"funded":         map[string]any{"bank_transfer": map[string]any{"reference": c.Params.Text("reference"), "type": "us_bank_transfer"}},
	}, cus.ID)

	c.Tx.Put(txn)
	c.Emit("customer_cash_balance_transaction.created", txn)

	return txn, nil
}

// fund applies money to an intent and returns how much it took.
func (c *Call) fund(pi *PaymentIntent, amount int64) int64 {
	next := *pi
	left := pi.Amount - pi.private.Funded
	took := min(left, amount)
	next.private.Funded += took

	if took < left {
		bank := *pi.NextAction.Bank
		bank.AmountRemaining = left - took
		next.NextAction = &NextAction{Type: pi.NextAction.Type, Bank: &bank}
		c.Tx.Put(&next)
		c.Emit("payment_intent.partially_funded", &next)
		return took
	}

	pm, ok := memory.Find[*PaymentMethod](c.Tx, wire.Deref(pi.PaymentMethod))
	if !ok {
		return 0
	}
	if _, err := c.charge(&Attempt{Intent: &next, Method: pm}); err != nil {
		return 0 // a bank transfer has no card to decline
	}

	return took
}
