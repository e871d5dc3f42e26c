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

	c.waitForBuyer(a)

	// Money that the customer has left pays at once.
	customer := wire.Deref(a.Intent.Customer)
	if left := c.cashOf(customer)[a.Intent.Currency]; left > 0 {
		c.fund(a.Intent, left)
	}

	funded, _ := memory.Find[*PaymentIntent](c.Tx, a.Intent.ID)
	return funded
}

// checkTransfer returns Stripe's refusal of a bank transfer without a customer
// or without instructions to give.
func checkTransfer(a *Attempt) error {
	if a.Method.Type != "customer_balance" {
		return nil
	}

	if a.Intent.Customer == nil {
		return wire.Malformed("parameter_missing", "customer",
			"A customer is required to pay with a `customer_balance` PaymentMethod.")
	}

	if a.methodOption("funding_type") != "bank_transfer" {
		return wire.Malformed("parameter_missing", "payment_method_options[customer_balance][funding_type]",
			"The customer's balance does not cover this payment: `funding_type` is required for more funds.")
	}

	return nil
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

	txn := c.moveCash(cus.ID, cur, "funded", amount, map[string]any{"bank_transfer": map[string]any{
		"reference": c.Params.Text("reference"),
		"type":      "us_bank_transfer",
	}})

	c.reconcile(cus.ID, cur)

	return txn, nil
}

// awaitsTransfer reports whether the intent waits for a bank transfer.
func (o *PaymentIntent) awaitsTransfer() bool {
	return o.Status == StatusRequiresAction && o.NextAction != nil && o.NextAction.Bank != nil
}

// fund applies money of the customer's cash balance to an intent.
func (c *Call) fund(pi *PaymentIntent, amount int64) {
	pm, ok := memory.Find[*PaymentMethod](c.Tx, wire.Deref(pi.PaymentMethod))
	if !ok {
		return
	}

	next := *pi
	left := pi.Amount - pi.private.Funded
	applied := min(left, amount)
	next.private.Funded += applied
	c.moveCash(wire.Deref(pi.Customer), pi.Currency, "applied_to_payment", -applied,
		map[string]any{"payment_intent": pi.ID})

	if applied == left {
		// A bank transfer has no card that could be declined.
		_, _ = c.charge(&Attempt{Intent: &next, Method: pm})
		return
	}

	bank := *pi.NextAction.Bank
	bank.AmountRemaining = left - applied
	next.NextAction = &NextAction{Type: pi.NextAction.Type, Bank: &bank}
	c.Tx.Put(&next)
	c.Emit("payment_intent.partially_funded", &next)
}
