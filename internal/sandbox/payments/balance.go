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

// FeeDetail is one component of a fee.
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

// openingBalance is the platform's balance before its first payment, in US
// cents. Without it, no transfer or payout could be tried at the start.
const openingBalance = 100_000

// FundsDelay is how long money stays pending before it becomes available.
const FundsDelay = 48 * time.Hour

// UsualFee returns Stripe's usual fee (2.9% + 30), rounded half up. Without
// minor units the fixed 30 cents would be far too much: the fee is 3.6%.
func UsualFee(amount int64, cur string) int64 {
	if api.ContainsWord(api.ZeroDecimal, cur) {
		return (amount*36 + 500) / 1000
	}
	return (amount*29+500)/1000 + 30
}

// book adds a charge's money to the account's balance, less Stripe's usual fee,
// and returns the ID of the balance transaction.
func (c *Call) book(ch *Charge, kind string, amount int64, cd *testcards.Card) string {
	bt := c.Entry(ch.ID, kind, amount, UsualFee(amount, ch.Currency), ch.Currency)
	bt.Description = ch.Description

	// A connected account pays the application fee of a direct charge out of
	// this entry. For a destination charge, passOn collects it.
	if fee := wire.Deref(ch.ApplicationFeeAmount); fee > 0 && c.Account != api.PlatformAccount {
		bt.chargeFee(fee)
	}

	// Some test cards skip the delay and pay straight into the available funds.
	if cd != nil && cd.Available {
		bt.Status, bt.AvailableOn = "available", c.Now.Unix()
	}

	c.Tx.Put(bt)
	if bt.Status == "available" {
		c.announceBalance()
	}

	return bt.ID
}

// chargeFee deducts a platform's application fee from the entry.
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

// Entry returns a new balance transaction, which it does not store.
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

	// Only automatic payouts know what they consist of, and all payouts here
	// are manual.
	if payout := c.Params.String("payout"); payout != "" {
		if _, ok := memory.Find[*api.Record](c.Tx, payout); !ok {
			return nil, wire.NoSuch("payout", "payout", payout)
		}
		return nil, wire.Invalid("", "payout",
			"Balance transaction history can only be filtered on automatic transfers, not manual.")
	}

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

// BalanceFunds is the amount in one currency, split by the type of its source.
type BalanceFunds struct {
	Amount      int64            `json:"amount"`
	Currency    string           `json:"currency"`
	SourceTypes map[string]int64 `json:"source_types"`
}

func (o *Balance) ObjectID() string   { return "balance" }
func (o *Balance) ObjectKind() string { return "balance" }
func (o *Balance) Parents() []string  { return nil }

func retrieveBalance(c *Call) (any, error) { return c.SumBalance(), nil }

// Funded is a past that knows the sums of its balance transactions, which are
// too many to be added up for every call.
type Funded interface {
	// Funds returns what is available at a time and what is not, by currency.
	Funds(now int64) (available, pending map[string]int64)
}

// SumBalance returns the sums of the balance transactions by currency.
func (c *Call) SumBalance() *Balance {
	available, pending := map[string]int64{"usd": 0}, map[string]int64{"usd": 0}
	if c.Account == api.PlatformAccount {
		available["usd"] = openingBalance
	}

	if past, ok := c.Tx.Account.Past().(Funded); ok {
		before, waiting := past.Funds(c.Now.Unix())
		for cur, net := range before {
			available[cur] += net
		}

		for cur, net := range waiting {
			pending[cur] += net
		}
	}

	for bt := range memory.Stored[*BalanceTransaction](c.Tx, api.KindBalanceTxn) {
		if bt.Status == "available" || bt.AvailableOn <= c.Now.Unix() {
			available[bt.Currency] += bt.Net
		} else {
			pending[bt.Currency] += bt.Net
		}
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

// announceBalance emits balance.available with the current sums.
func (c *Call) announceBalance() { c.Emit("balance.available", c.SumBalance()) }
