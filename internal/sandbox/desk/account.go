package desk

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
)

// AccountLedger counts and adds up everything that an account holds. Tests
// compare it with what was read through lists and events.
type AccountLedger struct {
	Account string `json:"account"`

	// Counts holds how many objects there are, by kind and status. Balance
	// transactions are counted by type.
	Counts map[string]map[string]int64 `json:"counts"`

	// Sums holds the sums by currency, in minor units.
	Sums map[string]*AccountSums `json:"sums"`
}

// AccountSums are the sums in one currency.
type AccountSums struct {
	Paid     int64 `json:"paid"`     // received by intents
	Captured int64 `json:"captured"` // of charges
	Failed   int64 `json:"failed"`   // amounts of failed charges
	Refunded int64 `json:"refunded"` // refunds that are not failed or canceled
	Disputed int64 `json:"disputed"`
	PaidOut  int64 `json:"paid_out"`
	Fees     int64 `json:"fees"` // of balance transactions
	Net      int64 `json:"net"`  // likewise
}

// ledgerKinds are the kinds that a ledger counts.
var ledgerKinds = []string{
	api.KindIntent, api.KindCharge, api.KindRefund, api.KindDispute, api.KindBalanceTxn, "payout",
}

func newAccountLedger(id string) AccountLedger {
	return AccountLedger{
		Account: id,
		Counts:  map[string]map[string]int64{},
		Sums:    map[string]*AccountSums{},
	}
}

// AccountLedger returns the ledger of an account at one moment.
func (s *Management) AccountLedger(id string) AccountLedger {
	out := newAccountLedger(id)
	past := s.pastOf(id)
	if past != nil {
		out.merge(s.pastLedger(past))
	}

	s.srv.Store.RLock()
	defer s.srv.Store.RUnlock()

	for obj := range s.srv.Store.Objects(id) {
		if past != nil {
			if first, ok := past.Get(obj.ObjectID()); ok {
				out.add(first, -1)
			}
		}

		out.add(obj, 1)
	}

	return out
}

func (s *Management) pastOf(account string) memory.Past {
	s.srv.Store.RLock()
	defer s.srv.Store.RUnlock()
	return s.srv.Store.PastOf(account)
}

// pastLedger returns the ledger of a past. It never changes, so that it is
// computed once and without the lock: it may take seconds.
func (s *Management) pastLedger(past memory.Past) AccountLedger {
	if known, ok := s.pasts.Load(past); ok {
		ledger, _ := known.(AccountLedger)
		return ledger
	}

	out := newAccountLedger("")
	for _, kind := range ledgerKinds {
		list := past.List(kind, "")
		for i := range list.Len() {
			out.add(list.Object(i), 1)
		}
	}

	s.pasts.Store(past, out)
	return out
}

// merge adds another ledger.
func (l *AccountLedger) merge(other AccountLedger) {
	for kind, counts := range other.Counts {
		for status, n := range counts {
			l.count(kind, status, n)
		}
	}

	for cur, sums := range other.Sums {
		*l.sums(cur) = *sums
	}
}

// add counts an object, or takes it out again if sign is -1.
func (l *AccountLedger) add(obj memory.Object, sign int64) {
	switch o := obj.(type) {
	case *payments.PaymentIntent:
		l.count(api.KindIntent, o.Status, sign)
		l.sums(o.Currency).Paid += sign * o.AmountReceived
	case *payments.Charge:
		l.count(api.KindCharge, o.Status, sign)
		l.sums(o.Currency).Captured += sign * o.AmountCaptured

		if o.Status == "failed" {
			l.sums(o.Currency).Failed += sign * o.Amount
		}

	case *payments.Refund:
		l.count(api.KindRefund, o.Status, sign)
		if o.Status != "failed" && o.Status != payments.StatusCanceled {
			l.sums(o.Currency).Refunded += sign * o.Amount
		}

	case *payments.Dispute:
		l.count(api.KindDispute, o.Status, sign)
		l.sums(o.Currency).Disputed += sign * o.Amount
	case *payments.BalanceTransaction:
		l.count(api.KindBalanceTxn, o.Type, sign)
		l.sums(o.Currency).Fees += sign * o.Fee
		l.sums(o.Currency).Net += sign * o.Net

	case *api.Record:
		if o.Kind == "payout" {
			l.count(o.Kind, o.Text("status"), sign)
			l.sums(o.Text("currency")).PaidOut += sign * api.WholeNumber(o.Fields["amount"])
		}
	}
}

func (l *AccountLedger) count(kind, status string, n int64) {
	if l.Counts[kind] == nil {
		l.Counts[kind] = map[string]int64{}
	}

	l.Counts[kind][status] += n
	if l.Counts[kind][status] == 0 {
		delete(l.Counts[kind], status)
	}
}

func (l *AccountLedger) sums(cur string) *AccountSums {
	if l.Sums[cur] == nil {
		l.Sums[cur] = &AccountSums{}
	}
	return l.Sums[cur]
}

func (s *Management) showAccountLedger(w http.ResponseWriter, r *http.Request) {
	reply(w, s.AccountLedger(chi.URLParam(r, "account")))
}
