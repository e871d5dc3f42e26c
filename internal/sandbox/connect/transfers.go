package connect

import (
	"cmp"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

const (
	kindTransfer = "transfer"
	kindReversal = "transfer_reversal"
	kindPayout   = "payout"
)

var (
	transfers = api.RecordAPI{
		Kind:    kindTransfer,
		Prefix:  "tr",
		Event:   "transfer",
		Filters: []string{"destination", "transfer_group"},
	}
	reversals = api.RecordAPI{Kind: kindReversal, Prefix: "trr", Noun: "transfer reversal"}
	payouts   = api.RecordAPI{
		Kind:    kindPayout,
		Prefix:  "po",
		Event:   "payout",
		Filters: []string{"status", "destination"},
		Select: func(c *api.Call) func(*api.Record) bool {
			arrives := api.TimeFilter(c.Params, "arrival_date")
			return func(rec *api.Record) bool { return arrives(api.WholeNumber(rec.Fields["arrival_date"])) }
		},
	}
)

// availableBalance returns how much of a currency can be moved now.
func (c *call) availableBalance(cur string) int64 {
	for _, funds := range c.SumBalance().Available {
		if funds.Currency == cur {
			return funds.Amount
		}
	}
	return 0
}

// readOutgoing reads the amount and the currency of a transfer or payout. It
// refuses more than the available balance.
func (c *call) readOutgoing() (int64, string, error) {
	cur, err := c.CurrencyOf()
	if err != nil {
		return 0, "", err
	}

	amount := c.Params.Int("amount")
	if amount < 1 {
		return 0, "", wire.MissingParam("amount")
	}

	if c.availableBalance(cur) < amount {
		if c.Account != api.PlatformAccount {
			return 0, "", wire.Invalid("balance_insufficient", "",
				"You have insufficient funds in your Stripe account for this transfer. Your card balance is too low.  "+
					"You can use the /v1/balance endpoint to view your Stripe balance (for more details, see "+
					"stripe.com/docs/api#balance).")
		}

		return 0, "", wire.Invalid("balance_insufficient", "",
			"You have insufficient available funds in your Stripe account. Try adding funds directly to "+
				"your available balance by creating Charges using the 4000000000000077 test card. See: "+
				"https://stripe.com/docs/testing#available-balance")
	}

	return amount, cur, nil
}

// createTransfer handles POST /v1/transfers:
// https://docs.stripe.com/api/transfers/create.
func createTransfer(c *call) (any, error) {
	destination := c.Params.String("destination")
	if err := c.checkPayee("destination", destination); err != nil {
		return nil, err
	}

	amount, cur, err := c.readOutgoing()
	if err != nil {
		return nil, err
	}

	return c.newTransfer(amount, cur, destination, nil), nil
}

// newTransfer stores and announces a transfer. source is the charge whose money
// is transferred; nil means the platform's balance.
func (c *call) newTransfer(amount int64, cur, destination string, source *payments.Charge) *api.Record {
	id, payment := wire.NewID("tr"), wire.NewID("py")
	fields := map[string]any{
		"amount":              amount,
		"amount_reversed":     int64(0),
		"balance_transaction": c.availableEntry(id, "transfer", -amount, cur),
		"created":             c.Now.Unix(),
		"currency":            cur,
		"description":         nil,
		"destination":         destination,
		"destination_payment": payment,
		"livemode":            false,
		"metadata":            map[string]string{},
		"reversals":           wire.WholeList([]any{}, "/v1/transfers/"+id+"/reversals"),
		"reversed":            false,
		"source_transaction":  nil,
		"source_type":         "card",
		"transfer_group":      nil,
	}

	if source != nil {
		fields["source_transaction"], fields["transfer_group"] = source.ID, source.TransferGroup
	} else {
		fields["description"], fields["metadata"] = c.Params.Text("description"), wire.MergeMetadata(nil, c.Params)
		fields["source_transaction"] = c.Params.Text("source_transaction")
		fields["transfer_group"] = c.Params.Text("transfer_group")
	}

	rec := api.NewRecord(kindTransfer, id, fields)
	c.Tx.Put(rec)
	c.Emit("transfer.created", rec)
	c.credit(destination, payment, "payment", amount, cur)

	return rec
}

// availableEntry records a movement that is available at once and returns the
// ID of its balance transaction.
func (c *call) availableEntry(source, kind string, amount int64, cur string) string {
	bt := c.Entry(source, kind, amount, 0, cur)
	bt.Status, bt.AvailableOn = "available", c.Now.Unix()
	c.Tx.Put(bt)
	return bt.ID
}

// createReversal handles POST /v1/transfers/{id}/reversals.
func createReversal(c *call) (any, error) {
	prev, err := transfers.FromPath(c.API())
	if err != nil {
		return nil, err
	}

	left := api.WholeNumber(prev.Fields["amount"]) - api.WholeNumber(prev.Fields["amount_reversed"])
	amount := left
	if c.Params.Has("amount") {
		amount = c.Params.Int("amount")
	}

	cur := prev.Text("currency")
	if amount < 1 || amount > left {
		return nil, wire.Invalid("", "amount",
			"Transfer reversal amount (%s) is greater than unreversed amount on transfer (%s).",
			api.FormatAmount(amount, cur), api.FormatAmount(left, cur))
	}

	return c.reverse(prev, amount, map[string]any{"metadata": wire.MergeMetadata(nil, c.Params)}), nil
}

// reverse takes a part of a transfer back from its account. overrides replaces
// fields of the reversal.
func (c *call) reverse(prev *api.Record, amount int64, overrides map[string]any) *api.Record {
	id, paymentRefund, cur := wire.NewID("trr"), wire.NewID("pyr"), prev.Text("currency")
	rec := api.NewRecord(kindReversal, id, map[string]any{
		"amount":                     amount,
		"balance_transaction":        c.availableEntry(id, "transfer_refund", amount, cur),
		"created":                    c.Now.Unix(),
		"currency":                   cur,
		"destination_payment_refund": paymentRefund,
		"metadata":                   map[string]string{},
		"source_refund":              nil,
		"transfer":                   prev.ID,
	}, prev.ID).With(overrides)

	reversed := api.WholeNumber(prev.Fields["amount_reversed"]) + amount
	next := prev.With(map[string]any{
		"amount_reversed": reversed,
		"reversed":        reversed == api.WholeNumber(prev.Fields["amount"]),
		"reversals":       wire.WholeList(append(reversalsOf(c, prev.ID), rec), "/v1/transfers/"+prev.ID+"/reversals"),
	})

	c.Tx.Put(rec)
	c.Tx.Put(next)
	c.EmitUpdate("transfer.reversed", next, prev)
	c.credit(prev.Text("destination"), paymentRefund, "payment_refund", -amount, cur)

	return rec
}

func reversalsOf(c *call, transfer string) []*api.Record {
	return memory.Children[*api.Record](c.Tx, kindReversal, transfer)
}

func listReversals(c *call) (any, error) {
	if _, err := transfers.FromPath(c.API()); err != nil {
		return nil, err
	}
	return api.Page[*api.Record](c.API(), kindReversal, c.ID, nil)
}

// pathReversal returns a reversal of the transfer in the path.
func (c *call) pathReversal() (*api.Record, error) {
	rec, ok := reversals.Find(c.API(), c.Sub)
	if !ok || rec.Text("transfer") != c.ID {
		return nil, wire.NotFound(reversals.Name(), c.Sub)
	}
	return rec, nil
}

func retrieveReversal(c *call) (any, error) { return c.pathReversal() }

// updateReversal handles POST /v1/transfers/{id}/reversals/{sub}. It changes
// only metadata, which the transfer shows as well.
func updateReversal(c *call) (any, error) {
	prev, err := c.pathReversal()
	if err != nil {
		return nil, err
	}

	next := prev.With(map[string]any{"metadata": wire.MergeMetadata(prev.Metadata(), c.Params)})
	c.Tx.Put(next)

	if transfer, ok := transfers.Find(c.API(), c.ID); ok {
		c.Tx.Put(transfer.With(map[string]any{
			"reversals": wire.WholeList(reversalsOf(c, c.ID), "/v1/transfers/"+c.ID+"/reversals"),
		}))
	}

	return next, nil
}

// createPayout handles POST /v1/payouts:
// https://docs.stripe.com/api/payouts/create.
func createPayout(c *call) (any, error) {
	amount, cur, err := c.readOutgoing()
	if err != nil {
		return nil, err
	}

	id := wire.NewID("po")
	rec := api.NewRecord(kindPayout, id, map[string]any{
		"amount":                      amount,
		"application_fee":             nil,
		"application_fee_amount":      nil,
		"arrival_date":                c.Now.Add(payments.FundsDelay).Unix(),
		"automatic":                   false,
		"balance_transaction":         c.availableEntry(id, "payout", -amount, cur),
		"created":                     c.Now.Unix(),
		"currency":                    cur,
		"description":                 c.Params.Text("description"),
		"destination":                 wire.NewID("ba"),
		"failure_balance_transaction": nil,
		"failure_code":                nil,
		"failure_message":             nil,
		"livemode":                    false,
		"metadata":                    wire.MergeMetadata(nil, c.Params),
		"method":                      cmp.Or(c.Params.String("method"), "standard"),
		"original_payout":             nil,
		"reconciliation_status":       "not_applicable",
		"reversed_by":                 nil,
		"source_type":                 "card",
		"statement_descriptor":        c.Params.Text("statement_descriptor"),
		"status":                      "pending",
		"trace_id":                    nil,
		"type":                        "bank_account",
	})

	c.Tx.Put(rec)
	c.Emit("payout.created", rec)
	c.later(id, time.Unix(api.WholeNumber(rec.Fields["arrival_date"]), 0),
		func(c *call) error { c.completePayout(id); return nil })

	return rec, nil
}

// completePayout marks a payout as arrived at the bank.
func (c *call) completePayout(id string) {
	prev, ok := payouts.Find(c.API(), id)
	if !ok || prev.Text("status") != "pending" {
		return
	}

	next := prev.With(map[string]any{"status": "paid"})
	c.Tx.Put(next)
	c.EmitUpdate("payout.paid", next, prev)
}

// cancelPayout handles POST /v1/payouts/{id}/cancel.
func cancelPayout(c *call) (any, error) {
	prev, err := payouts.FromPath(c.API())
	if err != nil {
		return nil, err
	}
	if prev.Text("status") != "pending" {
		return nil, wire.Invalid("", "", "Payouts can only be canceled while they are pending.")
	}

	returned := c.availableEntry(prev.ID, "payout_cancel", api.WholeNumber(prev.Fields["amount"]),
		prev.Text("currency"))
	next := prev.With(map[string]any{"status": payments.StatusCanceled, "failure_balance_transaction": returned})
	c.Tx.Put(next)
	c.EmitUpdate("payout.canceled", next, prev)

	return next, nil
}
