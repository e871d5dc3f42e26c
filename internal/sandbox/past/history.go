package past

import (
	"cmp"
	"slices"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
)

// History is what an account did before now. It implements memory.Past.
type History struct {
	account string
	params  Params
	tag     string
	base    string // URL of the sandbox
	shapes  *shapes

	charges  []uint32 // the numbers of the payments that have one, ascending
	refunds  []moment // ascending, as are the others
	disputes []moment
	entries  []moment // balance transactions
	payouts  []payout

	settled map[string]int64 // net amounts that were available at the end, by currency
	pending []int            // the entries that were not
}

// moment is a thing that happened to a payment.
type moment struct {
	at   int64
	n    uint32
	kind byte
}

func (m moment) compare(other moment) int {
	return cmp.Or(cmp.Compare(m.at, other.at), cmp.Compare(m.n, other.n), cmp.Compare(m.kind, other.kind))
}

type payout struct{ at, amount int64 }

const payoutEvery = 7 * day

// fundsDelay is how long money is pending, in seconds.
var fundsDelay = int64(payments.FundsDelay.Seconds())

// newHistory returns the history of an account.
func newHistory(account, base string, p Params, s *shapes) *History {
	h := &History{
		account: account,
		params:  p,
		tag:     tagOf(account, p.Seed),
		base:    base,
		shapes:  s,
		settled: map[string]int64{},
	}

	var booked, later []moment
	for n := range p.Payments {
		f := p.fact(n)
		number := uint32(n) //nolint:gosec // at most MaxPayments
		if f.hasCharge() {
			h.charges = append(h.charges, number)
		}

		if f.end == paid {
			booked = append(booked, moment{f.created, number, txnOfCharge})
		}

		if f.refundAt > 0 {
			h.refunds = append(h.refunds, moment{f.refundAt, number, isRefund})
			later = append(later, moment{f.refundAt, number, txnOfRefund})
		}

		if f.disputeAt > 0 {
			h.disputes = append(h.disputes, moment{f.disputeAt, number, isDispute})
			later = append(later, moment{f.disputeAt, number, txnWithdrawn})
		}

		if f.disputeWon {
			later = append(later, moment{f.decidedAt, number, txnReturned})
		}
	}

	for _, list := range [][]moment{h.refunds, h.disputes, later} {
		slices.SortFunc(list, moment.compare)
	}

	h.entries = merge(booked, later)
	h.payOut()
	h.sum()

	return h
}

// merge returns the moments of two ordered lists in order.
func merge(a, b []moment) []moment {
	out := make([]moment, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].compare(b[0]) <= 0 {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// payOut pays out every week what is available in the account's currency. A
// payout has arrived by the end.
func (h *History) payOut() {
	var paidOut []moment
	next, funds := 0, int64(0)

	for at := h.params.From + payoutEvery; at+fundsDelay <= h.params.To; at += payoutEvery {
		for ; next < len(h.entries) && h.entries[next].at+fundsDelay <= at; next++ {
			if cur, net := h.net(h.entries[next]); cur == h.params.Currency {
				funds += net
			}
		}

		if funds > 0 {
			paidOut = append(paidOut, moment{at, uint32(len(h.payouts)), txnOfPayout}) //nolint:gosec // one a week
			h.payouts = append(h.payouts, payout{at, funds})
			funds = 0
		}
	}

	h.entries = merge(h.entries, paidOut)
}

// net returns by how much a balance transaction changes the balance.
func (h *History) net(m moment) (cur string, net int64) {
	if m.kind == txnOfPayout {
		return h.params.Currency, -h.payouts[m.n].amount
	}

	f := h.params.fact(int(m.n))
	switch m.kind {
	case txnOfCharge:
		return f.currency, f.amount - payments.UsualFee(f.amount, f.currency)
	case txnOfRefund:
		return f.currency, -f.refund
	case txnWithdrawn:
		return f.currency, -f.amount - h.shapes.withdrawn.Fee
	default:
		return f.currency, f.amount - h.shapes.returned.Fee
	}
}

// sum adds up what was available at the end.
func (h *History) sum() {
	for i, m := range h.entries {
		if !h.available(m, h.params.To) {
			h.pending = append(h.pending, i)
			continue
		}

		cur, net := h.net(m)
		h.settled[cur] += net
	}
}

func (h *History) available(m moment, now int64) bool {
	return m.kind == txnOfPayout || m.at+fundsDelay <= now
}

// Funds implements payments.Funded.
func (h *History) Funds(now int64) (available, pending map[string]int64) {
	available, pending = map[string]int64{}, map[string]int64{}
	for cur, net := range h.settled {
		available[cur] += net
	}

	for _, i := range h.pending {
		cur, net := h.net(h.entries[i])
		if h.available(h.entries[i], now) {
			available[cur] += net
		} else {
			pending[cur] += net
		}
	}

	return available, pending
}

// Kinds implements memory.Past.
func (h *History) Kinds() []string {
	return []string{
		api.KindIntent, api.KindCharge, api.KindRefund, api.KindDispute, api.KindBalanceTxn, kindPayout,
	}
}

const kindPayout = "payout"

// List implements memory.Past.
func (h *History) List(kind, parent string) memory.List {
	if parent != "" {
		return h.below(kind, parent)
	}

	switch kind {
	case api.KindIntent:
		return intents{h}
	case api.KindCharge:
		return charges{h}
	case api.KindRefund:
		return moments{h, h.refunds}
	case api.KindDispute:
		return moments{h, h.disputes}
	case api.KindBalanceTxn:
		return moments{h, h.entries}
	case kindPayout:
		return payouts{h}
	}

	return nil
}

// Get implements memory.Past.
func (h *History) Get(id string) (memory.Object, bool) {
	kind, n, ok := h.parse(id)
	if !ok {
		return nil, false
	}

	if kind == isPayout || kind == txnOfPayout {
		if n >= len(h.payouts) {
			return nil, false
		}
		if kind == isPayout {
			return h.payout(n), true
		}
		return h.txn(moment{h.payouts[n].at, uint32(n), kind}), true //nolint:gosec // parsed from as much
	}

	if n >= h.params.Payments {
		return nil, false
	}

	f := h.params.fact(n)

	return h.object(kind, &f)
}

// object returns an object of a payment if it has one.
func (h *History) object(kind byte, f *fact) (memory.Object, bool) {
	n := uint32(f.n) //nolint:gosec // at most MaxPayments
	switch {
	case kind == isIntent:
		return h.intent(f), true
	case kind == isCharge && f.hasCharge():
		return h.charge(f), true
	case kind == isMethod && f.hasCharge():
		return h.method(f), true
	case kind == isRefund && f.refundAt > 0:
		return h.refund(f), true
	case kind == isDispute && f.disputeAt > 0:
		return h.dispute(f), true
	case kind == txnOfCharge && f.end == paid:
		return h.txn(moment{f.created, n, kind}), true
	case kind == txnOfRefund && f.refundAt > 0:
		return h.txn(moment{f.refundAt, n, kind}), true
	case kind == txnWithdrawn && f.disputeAt > 0:
		return h.txn(moment{f.disputeAt, n, kind}), true
	case kind == txnReturned && f.disputeWon:
		return h.txn(moment{f.decidedAt, n, kind}), true
	}

	return nil, false
}
