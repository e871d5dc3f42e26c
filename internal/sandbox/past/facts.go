package past

import (
	"sort"

	"checkoutd/internal/sandbox/api"
)

// Params determine a history completely.
type Params api.Past

// The ends that a payment can have.
const (
	paid = iota
	declined
	abandoned // nobody has paid yet
	canceled
)

// fact is what a payment's numbers say of it. Times are 0 for what has not
// happened.
type fact struct {
	n        int
	end      int
	card     int // the number of a card, or of a decline
	created  int64
	amount   int64
	currency string

	refundAt   int64
	refund     int64 // amount
	disputeAt  int64
	decidedAt  int64 // of the dispute
	disputeWon bool
}

// dice is a sequence of numbers that looks random: splitmix64, whose every
// state is a good beginning, so that each payment has a sequence of its own.
type dice uint64

func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1.
func (d *dice) below(n int) int { return int(d.next() % uint64(n)) } //nolint:gosec // n is a small positive number

// of returns the dice of a payment, for a purpose.
func (p *Params) of(n, purpose int) *dice {
	d := dice(p.Seed ^ uint64(purpose)<<56) //nolint:gosec // not negative
	d = dice(d.next() + uint64(n))          //nolint:gosec // not negative
	return &d
}

const (
	purposeFact = iota
	purposeText
)

// In a thousand payments.
const (
	permilleDeclined  = 85
	permilleAbandoned = 25
	permilleCanceled  = 10
	permilleRefunded  = 60 // of those that were paid
	permilleDisputed  = 6
)

const hour, day = 3600, 24 * 3600

// disputeTakes is how long a dispute is undecided, which is less than the nine
// days for evidence.
const disputeTakes = 7 * day

var amounts = []int64{900, 1500, 1900, 2500, 4900, 7900, 12900}

// created returns when a payment was made. It grows with n.
func (p *Params) created(n int, d *dice) int64 {
	span := p.To - p.From
	slot := max(1, span/int64(p.Payments))
	return p.From + int64(n)*span/int64(p.Payments) + int64(d.below(int(slot)))
}

// before returns how many payments were made before a time.
func (p *Params) before(t int64) int {
	return sort.Search(p.Payments, func(n int) bool { return p.created(n, p.of(n, purposeFact)) >= t })
}

// fact returns what happened to a payment.
func (p *Params) fact(n int) fact {
	d := p.of(n, purposeFact)
	f := fact{n: n, created: p.created(n, d), currency: p.Currency}
	f.amount = amounts[d.below(len(amounts))] * int64(1+d.below(3))
	f.card = d.below(1 << 16)

	if d.below(100) < 12 {
		f.currency = otherCurrency(p.Currency)
	}

	switch fate := d.below(1000); {
	case fate < permilleDeclined:
		f.end = declined
	case fate < permilleDeclined+permilleAbandoned:
		f.end = abandoned
	case fate < permilleDeclined+permilleAbandoned+permilleCanceled:
		f.end = canceled
	}

	if f.end == paid {
		p.aftermath(&f, d)
	}

	return f
}

func otherCurrency(main string) string {
	if main == "eur" {
		return "usd"
	}
	return "eur"
}

// aftermath decides whether a payment is refunded or disputed later.
func (p *Params) aftermath(f *fact, d *dice) {
	fate, delay, part := d.below(1000), d.below(20*day), d.below(10)
	won := d.below(100) < 40

	switch {
	case fate < permilleRefunded:
		f.refundAt = f.created + hour + int64(delay)
		f.refund = f.amount
		if part < 3 {
			f.refund = f.amount / 2
		}

	case fate < permilleRefunded+permilleDisputed:
		f.disputeAt = f.created + 2*day + int64(delay)
		f.decidedAt, f.disputeWon = f.disputeAt+disputeTakes, won
	}

	// What would lie after the end has not happened.
	if f.refundAt > p.To {
		f.refundAt, f.refund = 0, 0
	}

	if f.disputeAt > p.To {
		f.disputeAt = 0
	}

	if f.disputeAt == 0 || f.decidedAt > p.To {
		f.decidedAt, f.disputeWon = 0, false
	}
}

// hasCharge reports whether a payment got as far as the network.
func (f *fact) hasCharge() bool { return f.end == paid || f.end == declined }

// known reports whether the parameters can be used.
func (p *Params) known() bool {
	return p.Payments > 0 && p.Payments <= MaxPayments && p.To-p.From >= day && api.KnownCurrency(p.Currency)
}

// MaxPayments is the largest history of an account.
const MaxPayments = 10_000_000
