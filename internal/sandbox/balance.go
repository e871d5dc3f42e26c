package sandbox

import (
	"maps"
	"slices"
	"time"
)

// BalanceTransaction is https://docs.stripe.com/api/balance_transactions/object.
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

func (o *BalanceTransaction) objectID() string   { return o.ID }
func (o *BalanceTransaction) objectKind() string { return kindBalanceTxn }
func (o *BalanceTransaction) parents() []string  { return parentsOf(o.Source) }

// openingBalance is what the platform has before its first payment, in US cents, so that transfers and payouts can be tried.
const openingBalance = 100_000

const fundsDelay = 48 * time.Hour

// book writes a charge's money to the account's balance, less Stripe's usual fee (2.9% + 30), and returns the entry's id.
func (c *call) book(ch *Charge, kind string, amount int64, cd *card) string {
	fee := amount*29/1000 + 30
	if containsWord(zeroDecimal, ch.Currency) {
		fee = amount * 36 / 1000
	}
	bt := c.entry(ch.ID, kind, amount, fee, ch.Currency)
	bt.Description = ch.Description
	if part := deref(ch.ApplicationFeeAmount); part > 0 && c.account != PlatformAccount {
		bt.chargeFee(part)
	}
	if cd != nil && cd.available {
		bt.Status, bt.AvailableOn = "available", c.now.Unix()
	}
	c.tx.put(bt)
	if bt.Status == "available" {
		c.announceBalance()
	}
	return bt.ID
}

// chargeFee takes a platform's fee from an entry.
func (o *BalanceTransaction) chargeFee(amount int64) {
	o.Fee, o.Net = o.Fee+amount, o.Net-amount
	o.FeeDetails = append(o.FeeDetails, FeeDetail{
		Amount: amount, Application: new(application), Currency: o.Currency, Description: "Application fee", Type: "application_fee",
	})
}

// entry builds a balance transaction without storing it.
func (c *call) entry(source, kind string, amount, fee int64, cur string) *BalanceTransaction {
	bt := &BalanceTransaction{
		ID: newID("txn"), Object: kindBalanceTxn, Amount: amount, AvailableOn: c.now.Add(fundsDelay).Unix(), Created: c.now.Unix(),
		Currency: cur, Fee: fee, FeeDetails: []FeeDetail{}, Net: amount - fee, ReportingCategory: kind, Source: &source,
		Status: "pending", Type: kind,
	}
	if fee != 0 {
		bt.FeeDetails = []FeeDetail{{Amount: fee, Currency: cur, Description: "Stripe processing fees", Type: "stripe_fee"}}
	}
	return bt
}

func retrieveBalanceTransaction(c *call) (any, error) {
	return pathObject[*BalanceTransaction](c, kindBalanceTxn)
}

func listBalanceTransactions(c *call) (any, error) {
	created, kind, cur := createdFilter(c.p), c.p.str("type"), c.p.str("currency")
	return page(c, kindBalanceTxn, c.p.str("source"), func(bt *BalanceTransaction) bool {
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

func (o *Balance) objectID() string   { return "balance" }
func (o *Balance) objectKind() string { return "balance" }
func (o *Balance) parents() []string  { return nil }

func retrieveBalance(c *call) (any, error) { return c.sumBalance(), nil }

// sumBalance adds up the kept balance transactions by currency.
func (c *call) sumBalance() *Balance {
	available, pending := map[string]int64{"usd": 0}, map[string]int64{"usd": 0}
	if c.account == PlatformAccount {
		available["usd"] = openingBalance
	}
	add := func(bt *BalanceTransaction) {
		if bt.Status == "available" || bt.AvailableOn <= c.now.Unix() {
			available[bt.Currency] += bt.Net
		} else {
			pending[bt.Currency] += bt.Net
		}
	}
	if sh := c.tx.account.kinds[kindBalanceTxn]; sh != nil {
		for _, id := range sh.ids {
			if bt, ok := find[*BalanceTransaction](c.tx, id); ok {
				add(bt)
			}
		}
	}
	for _, id := range c.tx.order {
		if _, stored := c.tx.account.objects[id]; stored {
			continue
		}
		if bt, ok := find[*BalanceTransaction](c.tx, id); ok {
			add(bt)
		}
	}
	return &Balance{Object: "balance", Available: fundsOf(available), Pending: fundsOf(pending)}
}

func fundsOf(sums map[string]int64) []BalanceFunds {
	var out []BalanceFunds
	for _, cur := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, BalanceFunds{Amount: sums[cur], Currency: cur, SourceTypes: map[string]int64{"card": sums[cur]}})
	}
	return out
}

// announceBalance emits balance.available with the sums as they are now.
func (c *call) announceBalance() { c.emit("balance.available", c.sumBalance()) }
