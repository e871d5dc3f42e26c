package payments

import (
	"maps"
	"slices"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// BalanceTransaction is
// https://docs.stripe.com/api/balance_transactions/object.
type BalanceTransaction struct {
	ID                string      `json:"id"`
	Object            string      `json:"object"`
	Amount            int64       `json:"amount"`
	AvailableOn       int64       `json:"available_on"`
	Created           int64       `json:"created"`
	Currency          string      `json:"currency"`
	Description       *string     `json:"description"`
	ExchangeRate      *float64    `json:"exchange_rate"`
	Fee               int64       `json:"fee"`
	FeeDetails        []FeeDetail `json:"fee_details"`
	Net               int64       `json:"net"`
	ReportingCategory string      `json:"reporting_category"`
	Source            *string     `json:"source"`
	Status            string      `json:"status"`
	Type              string      `json:"type"`
}

// FeeDetail is one part of a fee.
type FeeDetail struct {
	Amount      int64   `json:"amount"`
	Application *string `json:"application"`
	Currency    string  `json:"currency"`
	Description string  `json:"description"`
	Type        string  `json:"type"`
}

func (o *BalanceTransaction) ObjectID() string   { return o.ID }
func (o *BalanceTransaction) ObjectKind() string { return api.KindBalanceTxn }
func (o *BalanceTransaction) Parents() []string  { return ParentsOf(o.Source) }

// openingBalance is what the platform has before its first payment, in US
// cents, so that transfers and payouts can be tried.
const openingBalance = 100_000

const FundsDelay = 48 * time.Hour

// book writes a charge's money to the account's balance, less Stripe's usual
// fee (2.9% + 30), and returns the entry's id.
func (c *Call) book(ch *Charge, kind string, amount int64, cd *testcards.Card) string {
	fee := amount*29/1000 + 30
	if api.ContainsWord(api.ZeroDecimal, ch.Currency) {
		fee = amount * 36 / 1000
	}

	bt := c.Entry(ch.ID, kind, amount, fee, ch.Currency)
	bt.Description = ch.Description

	if part := wire.Deref(ch.ApplicationFeeAmount); part > 0 && c.Account != api.PlatformAccount {
		bt.chargeFee(part)
	}

	if cd != nil && cd.Available {
		bt.Status, bt.AvailableOn = "available", c.Now.Unix()
	}

	c.Tx.Put(bt)
	if bt.Status == "available" {
		c.announceBalance()
	}

	return bt.ID
}

// chargeFee takes a platform's fee from an entry.
func (o *BalanceTransaction) chargeFee(amount int64) {
	o.Fee, o.Net = o.Fee+amount, o.Net-amount
	o.FeeDetails = append(o.FeeDetails, FeeDetail{
		Amount:      amount,
		Application: new(api.Application),
		Currency:    o.Currency,
		Description: "Application fee",
		Type:        "application_fee",
	})
}

// Entry builds a balance transaction without storing it.
func (c *Call) Entry(source, kind string, amount, fee int64, cur string) *BalanceTransaction {
	bt := &BalanceTransaction{
		ID:                wire.NewID("txn"),
		Object:            api.KindBalanceTxn,
		Amount:            amount,
		AvailableOn:       c.Now.Add(FundsDelay).Unix(),
		Created:           c.Now.Unix(),
		Currency:          cur,
		Fee:               fee,
		FeeDetails:        []FeeDetail{},
		Net:               amount - fee,
		ReportingCategory: kind,
		Source:            &source,
		Status:            "pending",
		Type:              kind,
	}

	if fee != 0 {
		bt.FeeDetails = []FeeDetail{{
			Amount:      fee,
			Currency:    cur,
			Description: "Stripe processing fees",
			Type:        "stripe_fee",
		}}
	}

	return bt
}

func retrieveBalanceTransaction(c *Call) (any, error) {
	return api.PathObject[*BalanceTransaction](c.API(), api.KindBalanceTxn)
}

func listBalanceTransactions(c *Call) (any, error) {
	created, kind, cur := api.CreatedFilter(c.Params), c.Params.String("type"), c.Params.String("currency")
	return api.Page(c.API(), api.KindBalanceTxn, c.Params.String("source"), func(bt *BalanceTransaction) bool {
		return created(bt.Created) && (kind == "" || bt.Type == kind) && (cur == "" || bt.Currency == cur)
	})
}

// Balance is https://docs.stripe.com/api/balance/balance_object.
type Balance struct {
	Object           string         `json:"object"`
	Available        []BalanceFunds `json:"available"`
	ConnectReserved  []BalanceFunds `json:"connect_reserved,omitempty"`
	InstantAvailable []BalanceFunds `json:"instant_available,omitempty"`
	Livemode         bool           `json:"livemode"`
	Pending          []BalanceFunds `json:"pending"`
}

// BalanceFunds is an amount of one currency by where it came from.
type BalanceFunds struct {
	Amount      int64            `json:"amount"`
	Currency    string           `json:"currency"`
	SourceTypes map[string]int64 `json:"source_types"`
}

func (o *Balance) ObjectID() string   { return "balance" }
func (o *Balance) ObjectKind() string { return "balance" }
func (o *Balance) Parents() []string  { return nil }

func retrieveBalance(c *Call) (any, error) { return c.SumBalance(), nil }

// SumBalance adds up the kept balance transactions by currency.
func (c *Call) SumBalance() *Balance {
	available, pending := map[string]int64{"usd": 0}, map[string]int64{"usd": 0}
	if c.Account == api.PlatformAccount {
		available["usd"] = openingBalance
	}

	add := func(bt *BalanceTransaction) {
		if bt.Status == "available" || bt.AvailableOn <= c.Now.Unix() {
			available[bt.Currency] += bt.Net
		} else {
			pending[bt.Currency] += bt.Net
		}
	}

	for bt := range memory.All[*BalanceTransaction](c.Tx, api.KindBalanceTxn) {
		add(bt)
	}

	return &Balance{Object: "balance", Available: fundsOf(available), Pending: fundsOf(pending)}
}

func fundsOf(sums map[string]int64) []BalanceFunds {
	var out []BalanceFunds
	for _, cur := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, BalanceFunds{
			Amount:      sums[cur],
			Currency:    cur,
			SourceTypes: map[string]int64{"card": sums[cur]},
		})
	}
	return out
}

// announceBalance emits balance.available with the sums as they are now.
func (c *Call) announceBalance() { c.Emit("balance.available", c.SumBalance()) }
