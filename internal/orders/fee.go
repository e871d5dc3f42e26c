package orders

import "checkoutd/internal/money"

// ConnectTerms are what the platform takes of an order, and whom it pays. They
// are decided when the order is created, so that a changed configuration
// changes no order that exists.
type ConnectTerms struct {
	// Fee is the application fee that the backend set, in minor units; nil: the
	// rule computes it.
	Fee  *int64 `json:"fee,omitempty"`
	Rule Rule   `json:"rule,omitzero"`
	// Destination is the account that gets the money of a destination charge,
	// "" for any other order; Transfer is how much of it, 0 for all but the fee
	// (https://docs.stripe.com/connect/destination-charges).
	Destination string `json:"destination,omitempty"`
	Transfer    int64  `json:"transfer,omitempty"`
}

// Rule computes a fee: a share of the amount, rounded half up to a minor unit,
// and a fixed amount; together at most Most. Amounts are minor units of the
// order's currency.
type Rule struct {
	BasisPoints int64 `json:"basis_points,omitempty"` // hundredths of a percent
	Fixed       int64 `json:"fixed,omitempty"`
	Most        int64 `json:"most,omitempty"` // 0: no limit
}

// FeeRule is the rule of the configuration, with amounts for each currency.
type FeeRule struct {
	BasisPoints int64
	Fixed, Most map[string]int64 // minor units by currency; none: 0
}

// in returns the rule for orders in a currency.
func (r FeeRule) in(currency string) Rule {
	return Rule{BasisPoints: r.BasisPoints, Fixed: r.Fixed[currency], Most: r.Most[currency]}
}

// wholeShare is the share of 100 %, in basis points.
const wholeShare = 100 * 100

// of returns the rule's fee on an amount.
func (r Rule) of(amount int64) int64 {
	fee := (amount*r.BasisPoints+wholeShare/2)/wholeShare + r.Fixed
	if r.Most > 0 {
		fee = min(fee, r.Most)
	}
	return fee
}

// connects reports whether a connected account takes part in the order.
func (o *Order) connects() bool { return o.Account != "" || o.Connect.Destination != "" }

// FeeOn returns the platform's fee on an amount of the order that is charged or
// captured, in minor units. It is never above the amount, which Stripe would
// refuse, and 0 where the order has none: a subscription has FeeShare instead.
func (o *Order) FeeOn(amount int64) int64 {
	if !o.connects() || o.Mode != ModePayment || o.Connect.Transfer > 0 {
		return 0
	}

	fee := o.Connect.Rule.of(amount)
	if o.Connect.Fee != nil {
		fee = *o.Connect.Fee
	}

	fee = max(min(fee, amount), 0)
	return fee - fee%money.Step(o.Currency)
}

// CaptureFee returns the platform's fee on a capture of an amount of the order.
// It is at least the smallest amount of the currency if the whole order has a
// fee: without a fee in the capture, Stripe would take that of the whole, up to
// all of what is captured
// (https://docs.stripe.com/api/payment_intents/capture).
func (o *Order) CaptureFee(amount int64) int64 {
	if o.FeeOn(o.Amount) == 0 {
		return 0
	}
	return max(o.FeeOn(amount), money.Step(o.Currency))
}

// FeeShare returns the platform's share of every invoice of the order's
// subscription, in basis points; of the first, that of its one-time items and
// its shipping, too. Stripe takes no fixed fee of one
// (https://docs.stripe.com/connect/subscriptions).
func (o *Order) FeeShare() int64 {
	if !o.connects() || o.Mode != ModeSubscription {
		return 0
	}
	return o.Connect.Rule.BasisPoints
}

// TransferOf returns how much of an amount that is charged or captured goes to
// the order's destination, 0 for all but the fee.
func (o *Order) TransferOf(amount int64) int64 { return min(o.Connect.Transfer, amount) }
