package bench_test

import (
	"testing"
	"time"

	"checkoutd/internal/payments"
	"checkoutd/internal/rules"
)

// everyRule is a rules file with every rule, none of which refuses the payment.
const everyRule = `{
	"card_countries": ["US", "FR", "DE"], "card_countries_refused": ["KP"], "card_brands": ["visa", "mastercard"],
	"card_funding": ["credit", "debit"], "wallets": ["apple_pay", "google_pay", "link"],
	"greatest_amounts": {"card": {"usd": "2000.00"}}, "orders_per_customer": {"most": 5, "within": "24h"}}`

// BenchmarkRules measures what a rules file adds to POST
// /create-confirm-intent, one buyer at a time. It alternates with the same call
// without rules, after which the token is read at Stripe once more: the rules
// need that reading. added-ms is the median of what is left without it;
// added-ms-fast compares the fastest tenths, which a busy machine disturbs
// less.
func BenchmarkRules(b *testing.B) {
	file, err := rules.Parse([]byte(everyRule))
	if err != nil {
		b.Fatal(err)
	}

	engines(b, func(b *testing.B, url func() string) {
		s := openStore(b, url())
		with := openShop(b, s, &rules.Judge{File: file, Ledger: s, Now: time.Now})
		without := openShop(b, s, nil)
		rulesLatency(b, with, without)
	})
}

func rulesLatency(b *testing.B, with, without *shop) {
	b.Helper()
	const calls = 400
	ruled, free := with.prepare(calls+1), without.prepare(calls+1) // one to warm up
	tokens := without.tokens(calls + 1)
	n, m := 0, 0
	var read []float64

	p := alternate(calls,
		func() float64 {
			n++
			return millis(with.timed(func() error { return with.confirm(ruled[n-1]) }))
		},
		func() float64 {
			m++
			took := without.timed(func() error { return without.confirm(free[m-1]) })
			read = append(read, millis(without.timed(func() error { return without.method(tokens[m-1]) })))

			return millis(took)
		})

	read = read[len(read)-calls:]
	added := make([]float64, calls)
	for i := range added {
		added[i] = p.a[i] - p.b[i] - read[i]
	}

	b.ReportMetric(median(added), "added-ms")
	b.ReportMetric(quantile(added, 0.25), "added-ms-q1")
	b.ReportMetric(quantile(added, 0.75), "added-ms-q3")
	b.ReportMetric(fast(p.a)-fast(p.b)-fast(read), "added-ms-fast")
	b.ReportMetric(median(read), "reading-ms")
	b.ReportMetric(median(p.a), "confirm-ms")
	b.ReportMetric(median(p.b), "without-ms")
	hideDuration(b)
}

// fast returns what the tenth of the calls took that other processes of the
// machine disturbed least.
func fast(times []float64) float64 { return quantile(times, 0.1) }

// method reads a token at Stripe, as the rules do.
func (s *shop) method(token string) error {
	var stripe payments.Stripe = s.client
	_, err := stripe.Method(s.b.Context(), token)
	return err
}
