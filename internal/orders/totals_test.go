package orders_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/money"
	"checkoutd/internal/orders"
)

func line(quantity, unit int64) orders.Item { return orders.Item{Quantity: quantity, UnitAmount: unit} }

func percent(hundredths int64) *orders.Promotion { return &orders.Promotion{Percent: hundredths} }

func off(amount int64, currency string) *orders.Promotion {
	return &orders.Promotion{Amounts: map[string]int64{currency: amount}}
}

func post(amount int64, currency string) *orders.Rate {
	return &orders.Rate{Prices: map[string]int64{currency: amount}}
}

func TestTotal(t *testing.T) {
	t.Parallel()
	free := post(490, "usd")
	free.FreeFrom = map[string]int64{"usd": 5000}

	for name, tt := range map[string]struct {
		items    []orders.Item
		currency string
		p        *orders.Promotion
		r        *orders.Rate
		want     orders.Totals
	}{
		"lines alone":                             {[]orders.Item{line(2, 1800), line(3, 1)}, "usd", nil, nil, orders.Totals{3603, 0, 0, 0, 3603}},
		"all of it":                               {[]orders.Item{line(2, 1800)}, "usd", percent(1000), post(490, "usd"), orders.Totals{3600, 360, 490, 0, 3730}},
		"a half is rounded for the buyer":         {[]orders.Item{line(1, 1005)}, "usd", percent(1000), nil, orders.Totals{1005, 101, 0, 0, 904}},
		"less than a half is not":                 {[]orders.Item{line(1, 1004)}, "usd", percent(1000), nil, orders.Totals{1004, 100, 0, 0, 904}},
		"12.5 per cent":                           {[]orders.Item{line(1, 1000)}, "usd", percent(1250), nil, orders.Totals{1000, 125, 0, 0, 875}},
		"a percentage of yen is whole yen":        {[]orders.Item{line(1, 555)}, "jpy", percent(1000), nil, orders.Totals{555, 56, 0, 0, 499}},
		"a percentage of dinars is in tens":       {[]orders.Item{line(1, 1250)}, "kwd", percent(1000), nil, orders.Totals{1250, 130, 0, 0, 1120}},
		"a percentage of krónur is whole krónur":  {[]orders.Item{line(1, 55500)}, "isk", percent(1000), nil, orders.Totals{55500, 5600, 0, 0, 49900}},
		"an amount":                               {[]orders.Item{line(1, 1800)}, "usd", off(500, "usd"), nil, orders.Totals{1800, 500, 0, 0, 1300}},
		"an amount never exceeds the goods":       {[]orders.Item{line(1, 1800)}, "usd", off(9900, "usd"), post(490, "usd"), orders.Totals{1800, 1800, 490, 0, 490}},
		"the goods for nothing":                   {[]orders.Item{line(1, 1800)}, "usd", percent(10000), post(490, "usd"), orders.Totals{1800, 1800, 490, 0, 490}},
		"shipping is free from a price on":        {[]orders.Item{line(1, 5000)}, "usd", nil, free, orders.Totals{5000, 0, 0, 0, 5000}},
		"and not below it":                        {[]orders.Item{line(1, 4999)}, "usd", nil, free, orders.Totals{4999, 0, 490, 0, 5489}},
		"a code does not take free shipping away": {[]orders.Item{line(1, 5000)}, "usd", percent(1000), free, orders.Totals{5000, 500, 0, 0, 4500}},
		"a code that leaves nothing":              {[]orders.Item{line(1, 500)}, "usd", off(500, "usd"), nil, orders.Totals{500, 500, 0, 0, 0}},
		"a per cent code that leaves nothing":     {[]orders.Item{line(1, 555)}, "jpy", percent(10000), nil, orders.Totals{555, 555, 0, 0, 0}},
		"nothing, shipped for nothing":            {[]orders.Item{line(1, 5000)}, "usd", percent(10000), free, orders.Totals{5000, 5000, 0, 0, 0}},
		"the least that can be paid":              {[]orders.Item{line(1, 50)}, "usd", nil, nil, orders.Totals{50, 0, 0, 0, 50}},
		"the most that can be paid":               {[]orders.Item{line(1, 99_999_999)}, "usd", nil, nil, orders.Totals{99_999_999, 0, 0, 0, 99_999_999}},
		"a million rupiah are not much":           {[]orders.Item{line(1, 100_000_000)}, "idr", nil, nil, orders.Totals{100_000_000, 0, 0, 0, 100_000_000}},
		"a dear cart becomes payable":             {[]orders.Item{line(99, 99_999_999)}, "usd", percent(9999), nil, orders.Totals{9899999901, 9899009901, 0, 0, 990000}},
	} {
		if got, err := orders.Total(tt.items, tt.currency, tt.p, tt.r); err != nil || got != tt.want {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, err, tt.want)
		}
	}
}

func TestTotalRefusals(t *testing.T) {
	t.Parallel()
	atLeast := percent(1000)
	atLeast.Minimums = map[string]int64{"usd": 2000}

	for name, tt := range map[string]struct {
		items    []orders.Item
		currency string
		p        *orders.Promotion
		r        *orders.Rate
		code     string
	}{
		"nothing":                            {nil, "usd", nil, nil, "amount_out_of_range"},
		"less than Stripe takes":             {[]orders.Item{line(49, 1)}, "usd", nil, nil, "amount_out_of_range"},
		"more than Stripe takes":             {[]orders.Item{line(1, 100_000_000)}, "usd", nil, nil, "amount_out_of_range"},
		"a code that leaves too little":      {[]orders.Item{line(1, 500)}, "usd", percent(9900), nil, "amount_out_of_range"},
		"a free subscription":                {[]orders.Item{{Quantity: 1, Recurring: &orders.Recurring{Interval: "month"}}}, "usd", nil, nil, "amount_out_of_range"},
		"nothing in a currency that is none": {[]orders.Item{line(1, 0)}, "xxx", nil, nil, "amount_out_of_range"},
		"no multiple of the step":            {[]orders.Item{line(1, 1234)}, "kwd", nil, nil, "amount_out_of_range"},
		"a currency that is none":            {[]orders.Item{line(1, 1234)}, "xxx", nil, nil, "amount_out_of_range"},
		"a code of another currency":         {[]orders.Item{line(1, 5000)}, "usd", off(500, "eur"), nil, "promotion_currency"},
		"a minimum in another currency":      {[]orders.Item{line(1, 5000)}, "eur", atLeast, nil, "promotion_currency"},
		"goods below the code's minimum":     {[]orders.Item{line(1, 1999)}, "usd", atLeast, nil, "promotion_minimum"},
		"a rate of another currency":         {[]orders.Item{line(1, 5000)}, "usd", nil, post(490, "eur"), "shipping_rate_unknown"},
		"a sum over every number":            {[]orders.Item{line(1, math.MaxInt64), line(1, math.MaxInt64)}, "usd", nil, nil, "amount_out_of_range"},
		"a product over every number":        {[]orders.Item{line(math.MaxInt64, 2)}, "usd", nil, nil, "amount_out_of_range"},
		"a product that wraps to a good one": {[]orders.Item{line(1<<62+25, 4)}, "usd", nil, nil, "amount_out_of_range"},
		"a negative price":                   {[]orders.Item{line(1, 500), line(1, -100)}, "usd", nil, nil, "amount_out_of_range"},
		"a negative quantity":                {[]orders.Item{line(1, 500), line(-1, 100)}, "usd", nil, nil, "amount_out_of_range"},
	} {
		got, err := orders.Total(tt.items, tt.currency, tt.p, tt.r)
		if f := fault.Of(err); err == nil || f.Kind != fault.Invalid || f.Code != tt.code || got != (orders.Totals{}) {
			t.Errorf("%s: got %+v, %v; want %s", name, got, err, tt.code)
		}
	}

	_, err := orders.Total([]orders.Item{line(1, 1999)}, "usd", atLeast, nil)
	if f := fault.Of(err); f.Extra["minimum"] != int64(2000) || f.Extra["currency"] != "usd" {
		t.Errorf("the minimum is told as %v", f.Extra)
	}
}

// FuzzTotal checks that every total is consistent, whatever it consists of.
func FuzzTotal(f *testing.F) {
	f.Add(uint8(0), int64(2), int64(1800), int64(1), int64(950), int64(1000), int64(0), int64(0), int64(490), int64(5000))
	f.Add(uint8(1), int64(1), int64(555), int64(0), int64(0), int64(1), int64(0), int64(500), int64(0), int64(0))
	f.Add(uint8(2), int64(3), int64(1250), int64(7), int64(10), int64(3333), int64(0), int64(0), int64(10), int64(0))
	f.Add(uint8(3), int64(1), int64(55500), int64(1), int64(100), int64(0), int64(12300), int64(100), int64(100), int64(1))
	f.Add(uint8(0), int64(1<<62), int64(4), int64(1), int64(math.MaxInt64), int64(10000), int64(1), int64(1), int64(1), int64(1))
	currencies := []string{"usd", "jpy", "kwd", "isk", "huf", "ugx", "idr", "xof"}
	f.Fuzz(func(t *testing.T, currency uint8, q1, u1, q2, u2, hundredths, amount, minimum, shipping, freeFrom int64) {
		in := currencies[int(currency)%len(currencies)]
		other := currencies[(int(currency)+1)%len(currencies)]
		step := money.Step(in)
		items := []orders.Item{line(q1, u1), line(q2, u2)}

		// What a catalog may hold: see parser.money.
		within := func(n, least int64) int64 { return max(least, (n&math.MaxInt64)%money.Maximum(in)/step*step) }
		p := &orders.Promotion{Percent: (hundredths & math.MaxInt64) % 10001, Minimums: map[string]int64{in: within(minimum, step)}}
		if p.Percent == 0 {
			p.Amounts = map[string]int64{in: within(amount, step), other: 1}
		}

		r := &orders.Rate{Prices: map[string]int64{in: within(shipping, 0), other: 1}, FreeFrom: map[string]int64{in: within(freeFrom, step), other: 1}}

		plain, errPlain := orders.Total(items, in, nil, r)

		got, err := orders.Total(items, in, p, r)
		if err != nil {
			if f := fault.Of(err); f.Kind != fault.Invalid || !strings.Contains("amount_out_of_range promotion_minimum", f.Code) || got != (orders.Totals{}) {
				t.Fatalf("refused with %v and %+v", err, got)
			}
			return
		}

		sum := new(big.Int)
		for _, i := range items {
			sum.Add(sum, new(big.Int).Mul(big.NewInt(i.Quantity), big.NewInt(i.UnitAmount)))
		}

		switch {
		case sum.Cmp(big.NewInt(got.Subtotal)) != 0:
			t.Fatalf("the lines cost %s, not %d", sum, got.Subtotal)
		case got.Subtotal-got.Discount+got.Shipping != got.Amount:
			t.Fatalf("%+v does not add up", got)
		case got.Discount < 0 || got.Discount > got.Subtotal || got.Shipping < 0 || got.Amount < 0:
			t.Fatalf("%+v has something below nothing, or above all", got)
		case got.Amount > 0 && money.Check(got.Amount, in) != nil:
			t.Fatalf("%+v: Stripe would not take it: %v", got, money.Check(got.Amount, in))
		case got.Shipping != 0 && got.Shipping != r.Prices[in]:
			t.Fatalf("shipping costs %d, the rate says %v", got.Shipping, r.Prices)
		case p.Percent == 0 && got.Discount != min(p.Amounts[in], got.Subtotal):
			t.Fatalf("the code takes off %d, it says %v", got.Discount, p.Amounts)
		case got.Subtotal < p.Minimums[in]:
			t.Fatalf("%+v is below the code's minimum %v", got, p.Minimums)
		case errPlain == nil && got.Amount > plain.Amount:
			t.Fatalf("the code makes %d out of %d", got.Amount, plain.Amount)
		}

		// A percentage is off by half a step at most, and never against the
		// buyer.
		if exact := got.Subtotal * p.Percent; p.Percent > 0 && got.Subtotal%step == 0 && (2*(got.Discount*10000-exact) > 10000*step || 2*(exact-got.Discount*10000) >= 10000*step) {
			t.Fatalf("%d hundredths of %d are not %d", p.Percent, got.Subtotal, got.Discount)
		}
	})
}
