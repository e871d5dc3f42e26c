package orders_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"checkoutd/internal/orders"
)

func fee(n int64) *int64 { return &n }

func TestFee(t *testing.T) {
	t.Parallel()
	const direct, destination = "acct_1", "acct_2"
	for name, tt := range map[string]struct {
		order  orders.Order
		amount int64
		want   int64
	}{
		"no account":          {orders.Order{Connect: orders.ConnectTerms{Fee: fee(5)}}, 100, 0},
		"the backend's":       {orders.Order{Account: direct, Connect: orders.ConnectTerms{Fee: fee(5)}}, 100, 5},
		"the backend's zero":  {orders.Order{Account: direct, Connect: orders.ConnectTerms{Fee: fee(0), Rule: orders.Rule{Fixed: 7}}}, 100, 0},
		"above the amount":    {orders.Order{Account: direct, Connect: orders.ConnectTerms{Fee: fee(101)}}, 100, 100},
		"a share":             {orders.Order{Account: direct, Connect: orders.ConnectTerms{Rule: orders.Rule{BasisPoints: 250}}}, 1000, 25},
		"half rounds up":      {orders.Order{Account: direct, Connect: orders.ConnectTerms{Rule: orders.Rule{BasisPoints: 250}}}, 1020, 26},
		"less rounds down":    {orders.Order{Account: direct, Connect: orders.ConnectTerms{Rule: orders.Rule{BasisPoints: 250}}}, 1019, 25},
		"a share and a fixed": {orders.Order{Account: direct, Connect: orders.ConnectTerms{Rule: orders.Rule{BasisPoints: 250, Fixed: 30}}}, 1000, 55},
		"at most the limit": {orders.Order{Account: direct, Connect: orders.ConnectTerms{Rule: orders.Rule{
			BasisPoints: 250,
			Fixed:       30,
			Most:        40,
		}}}, 1000, 40},
		"a fixed above amount": {orders.Order{Account: direct, Connect: orders.ConnectTerms{Rule: orders.Rule{Fixed: 30}}}, 10, 10},
		"of a destination":     {orders.Order{Connect: orders.ConnectTerms{Destination: destination, Fee: fee(5)}}, 100, 5},
		"a fixed transfer": {orders.Order{Connect: orders.ConnectTerms{
			Destination: destination,
			Transfer:    90,
			Rule:        orders.Rule{Fixed: 30},
		}}, 100, 0},
		"a subscription": {orders.Order{
			Account: direct,
			Mode:    orders.ModeSubscription,
			Connect: orders.ConnectTerms{Fee: fee(5)},
		}, 100, 0},
		"a setup": {orders.Order{
			Account: direct,
			Mode:    orders.ModeSetup,
			Connect: orders.ConnectTerms{Fee: fee(5)},
		}, 0, 0},
		"whole krónur": {orders.Order{
			Account:  direct,
			Currency: "isk",
			Connect:  orders.ConnectTerms{Rule: orders.Rule{BasisPoints: 250}},
		}, 10100, 200},
	} {
		o := tt.order
		if o.Mode == "" {
			o.Mode = orders.ModePayment
		}

		if o.Currency == "" {
			o.Currency = "usd"
		}

		if got := o.FeeOn(tt.amount); got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}

// TestFeeIsNeverAboveTheAmount compares the rule with the same in rationals,
// for the largest amounts too.
func TestFeeIsNeverAboveTheAmount(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		amount := rnd.Int64N(99_999_999_99) + 1
		rule := orders.Rule{
			BasisPoints: rnd.Int64N(10_001),
			Fixed:       rnd.Int64N(500),
			Most:        rnd.Int64N(1000),
		}

		o := orders.Order{
			Mode:     orders.ModePayment,
			Currency: "usd",
			Account:  "acct_1",
			Connect:  orders.ConnectTerms{Rule: rule},
		}

		want := math.Floor(float64(amount)*float64(rule.BasisPoints)/10_000+0.5) + float64(rule.Fixed)
		if rule.Most > 0 {
			want = min(want, float64(rule.Most))
		}

		want = min(want, float64(amount))

		if got := o.FeeOn(amount); got != int64(want) || got < 0 || got > amount {
			t.Fatalf("%+v on %d: got %d, want %v", rule, amount, got, want)
		}
	}
}

// TestCaptureFee: a capture without a fee would make Stripe take the fee of the
// whole order from what is captured.
func TestCaptureFee(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		currency      string
		terms         orders.ConnectTerms
		amount, taken int64
		want          int64
	}{
		"the whole":       {"usd", orders.ConnectTerms{Rule: orders.Rule{BasisPoints: 250}}, 2000, 2000, 50},
		"a part":          {"usd", orders.ConnectTerms{Rule: orders.Rule{BasisPoints: 250}}, 2000, 1000, 25},
		"a small part":    {"usd", orders.ConnectTerms{Rule: orders.Rule{BasisPoints: 250}}, 2000, 19, 1},
		"of whole krónur": {"isk", orders.ConnectTerms{Rule: orders.Rule{BasisPoints: 250}}, 20000, 3900, 100},
		"the backend's":   {"usd", orders.ConnectTerms{Fee: fee(50)}, 2000, 19, 19},
		"no fee":          {"usd", orders.ConnectTerms{Fee: fee(0)}, 2000, 1000, 0},
		"a transfer":      {"usd", orders.ConnectTerms{Destination: "acct_2", Transfer: 5}, 2000, 1000, 0},
	} {
		o := orders.Order{
			Mode:     orders.ModePayment,
			Currency: tt.currency,
			Amount:   tt.amount,
			Account:  "acct_1",
			Connect:  tt.terms,
		}
		if got := o.CaptureFee(tt.taken); got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}

func TestFeeShareIsForSubscriptions(t *testing.T) {
	t.Parallel()
	o := orders.Order{Account: "acct_1", Mode: orders.ModeSubscription}
	o.Connect.Rule = orders.Rule{BasisPoints: 250, Fixed: 30}
	if got := o.FeeShare(); got != 250 {
		t.Errorf("got %d basis points, want 250", got)
	}
	o.Mode = orders.ModePayment
	if got := o.FeeShare(); got != 0 {
		t.Errorf("a payment: got %d basis points, want none", got)
	}
}
