package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// kindCash is the kind of the entries of a customer's cash balance. See
// https://docs.stripe.com/payments/customer-balance.
const kindCash = "customer_cash_balance_transaction"

// cashOf returns a customer's cash balance by currency: the sum of its entries.
func (c *Call) cashOf(customer string) map[string]int64 {
	sums := map[string]int64{}
	for _, txn := range memory.Children[*api.Record](c.Tx, kindCash, customer) {
		cur, _ := txn.Fields["currency"].(string)
		switch net := txn.Fields["net_amount"].(type) {
		case int64:
			sums[cur] += net
		case float64: // as the state file keeps it
			sums[cur] += int64(net)
		}
	}

	return sums
}

// cashBalance returns the cash balance as an object.
func (c *Call) cashBalance(customer string) *api.Record {
	balance := api.NewRecord("cash_balance", "", map[string]any{
		"available": c.cashOf(customer),
		"customer":  customer,
		"livemode":  false,
		"settings":  map[string]any{"reconciliation_mode": "automatic", "using_merchant_default": true},
	})
	delete(balance.Fields, "id") // it has none at Stripe

	return balance
}

// retrieveCashBalance is GET /v1/customers/{id}/cash_balance.
func retrieveCashBalance(c *Call) (any, error) {
	cus, err := api.PathObject[*Customer](c.API(), api.KindCustomer)
	if err != nil {
		return nil, err
	}
	return c.cashBalance(cus.ID), nil
}

// moveCash adds an entry to a customer's cash balance. details are what the
// type of the entry has of its own.
func (c *Call) moveCash(customer, cur, kind string, net int64, details map[string]any) *api.Record {
	txn := api.NewRecord(kindCash, wire.NewID("ccsbtxn"), map[string]any{
		"created":        c.Now.Unix(),
		"currency":       cur,
		"customer":       customer,
		"ending_balance": c.cashOf(customer)[cur] + net,
		"livemode":       false,
		"net_amount":     net,
		"type":           kind,
		kind:             details,
	}, customer)

	c.Tx.Put(txn)
	c.Emit("customer_cash_balance_transaction.created", txn)

	return txn
}

// reconcile pays the customer's intents that wait for a transfer, oldest first,
// and announces what is left.
func (c *Call) reconcile(customer, cur string) {
	for _, pi := range memory.Children[*PaymentIntent](c.Tx, api.KindIntent, customer) {
		if left := c.cashOf(customer)[cur]; left > 0 && pi.awaitsTransfer() && pi.Currency == cur {
			c.fund(pi, left)
		}
	}

	if c.cashOf(customer)[cur] > 0 {
		c.Emit("cash_balance.funds_available", c.cashBalance(customer))
	}
}

// returnCash gives the customer of a canceled intent what had been applied to
// it.
func (c *Call) returnCash(pi *PaymentIntent) {
	customer := wire.Deref(pi.Customer)
	if pi.private.Funded == 0 || customer == "" {
		return
	}

	c.moveCash(customer, pi.Currency, "unapplied_from_payment", pi.private.Funded,
		map[string]any{"payment_intent": pi.ID})
	c.Emit("cash_balance.funds_available", c.cashBalance(customer))
}
