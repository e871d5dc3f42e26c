package past

import (
	"slices"
	"sort"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
)

type intents struct{ *History }

func (l intents) Len() int        { return l.params.Payments }
func (l intents) ID(i int) string { return l.id(isIntent, i) }
func (l intents) Object(i int) memory.Object {
	f := l.params.fact(i)
	return l.intent(&f)
}

func (l intents) Before(t int64) int { return l.params.before(t) }

func (l intents) Position(id string) int {
	if kind, n, ok := l.parse(id); ok && kind == isIntent {
		return n
	}
	return -1
}

type charges struct{ *History }

func (l charges) Len() int        { return len(l.charges) }
func (l charges) ID(i int) string { return l.id(isCharge, int(l.charges[i])) }

func (l charges) Object(i int) memory.Object {
	f := l.params.fact(int(l.charges[i]))
	return l.charge(&f)
}

func (l charges) Before(t int64) int {
	n := uint32(l.params.before(t)) //nolint:gosec // at most MaxPayments
	i, _ := slices.BinarySearch(l.charges, n)
	return i
}

func (l charges) Position(id string) int {
	if kind, n, ok := l.parse(id); ok && kind == isCharge {
		if i, found := slices.BinarySearch(l.charges, uint32(n)); found { //nolint:gosec // parsed from as much
			return i
		}
	}
	return -1
}

type payouts struct{ *History }

func (l payouts) Len() int        { return len(l.payouts) }
func (l payouts) ID(i int) string { return l.id(isPayout, i) }

func (l payouts) Object(i int) memory.Object { return l.payout(i) }

func (l payouts) Before(t int64) int {
	return sort.Search(len(l.payouts), func(i int) bool { return l.payouts[i].at >= t })
}

func (l payouts) Position(id string) int {
	if kind, n, ok := l.parse(id); ok && kind == isPayout {
		return n
	}
	return -1
}

// moments lists what happened to payments later, and balance transactions.
type moments struct {
	h    *History
	list []moment
}

func (l moments) Len() int        { return len(l.list) }
func (l moments) ID(i int) string { return l.h.id(l.list[i].kind, int(l.list[i].n)) }

func (l moments) Object(i int) memory.Object {
	m := l.list[i]
	switch m.kind {
	case isRefund, isDispute, isCharge:
		f := l.h.params.fact(int(m.n))
		obj, _ := l.h.object(m.kind, &f) // it is listed because it exists
		return obj
	}

	return l.h.txn(m)
}

func (l moments) Before(t int64) int {
	return sort.Search(len(l.list), func(i int) bool { return l.list[i].at >= t })
}

func (l moments) Position(id string) int {
	kind, n, ok := l.h.parse(id)
	if !ok {
		return -1
	}

	wanted := moment{l.h.timeOf(kind, n), uint32(n), kind} //nolint:gosec // parsed from as much
	if i, found := slices.BinarySearchFunc(l.list, wanted, moment.compare); found {
		return i
	}
	return -1
}

// timeOf returns when an object came about.
func (h *History) timeOf(kind byte, n int) int64 {
	if kind == isPayout || kind == txnOfPayout {
		return h.payouts[n].at
	}

	f := h.params.fact(n)
	switch kind {
	case isRefund, txnOfRefund:
		return f.refundAt
	case isDispute, txnWithdrawn:
		return f.disputeAt
	case txnReturned:
		return f.decidedAt
	}

	return f.created
}

// childrenOf are the kinds of objects below the object of an ID, by the kind
// of the list.
var childrenOf = map[byte]map[string]string{
	isIntent: {
		api.KindCharge:  string(isCharge),
		api.KindRefund:  string(isRefund),
		api.KindDispute: string(isDispute),
	},
	isCharge: {
		api.KindRefund:     string(isRefund),
		api.KindDispute:    string(isDispute),
		api.KindBalanceTxn: string(txnOfCharge),
	},
	isRefund:  {api.KindBalanceTxn: string(txnOfRefund)},
	isDispute: {api.KindBalanceTxn: string([]byte{txnWithdrawn, txnReturned})},
	isPayout:  {api.KindBalanceTxn: string(txnOfPayout)},
}

// below returns the few objects of a kind below an object.
func (h *History) below(kind, parent string) memory.List {
	of, n, ok := h.parse(parent)
	if !ok {
		return nil
	}

	var out []moment
	for _, child := range []byte(childrenOf[of][kind]) {
		if _, exists := h.Get(h.id(child, n)); exists {
			out = append(out, moment{h.timeOf(child, n), uint32(n), child}) //nolint:gosec // parsed from as much
		}
	}

	return moments{h, out}
}
