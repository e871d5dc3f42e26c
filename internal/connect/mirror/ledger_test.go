package mirror_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"checkoutd/internal/connect/mirror"
)

// ledger is the Stripe of these tests: accounts with payments, in memory.
type ledger struct {
	now func() time.Time

	mu    sync.Mutex
	books map[string]*book
	calls []mirror.Query
	// fail, unless nil, is called before each page, by one caller at a time.
	fail    func(q mirror.Query) error
	failing sync.Mutex
}

// book holds the objects of an account by kind, oldest first.
type book struct {
	created time.Time
	lists   map[mirror.Kind][]*object
}

// object is an object of any kind.
type object struct {
	id       string
	created  int64
	amount   int64
	taken    int64 // received or captured
	refunded int64
	fee      int64 // of a charge, 0 if it is not known yet
	currency string
	status   string
	code     string // why it failed
	of       string // the charge of a payment, the payment of a charge, the charge of the others
	disputed bool
	raw      string // of an event
}

func newLedger(now func() time.Time) *ledger { return &ledger{now: now, books: map[string]*book{}} }

// open adds an account with payments, evenly spread over its age.
func (l *ledger) open(account string, payments int, age time.Duration) {
	b := &book{created: l.now().Add(-age), lists: map[mirror.Kind][]*object{}}
	l.books[account] = b
	for i := range payments {
		b.pay(b.created.Add(age/time.Duration(payments)*time.Duration(i)), i)
	}
}

// add appends an object with an ID of its own.
func (b *book) add(k mirror.Kind, prefix string, o *object) *object {
	o.id = fmt.Sprintf("%s%07d", prefix, len(b.lists[k]))
	b.lists[k] = append(b.lists[k], o)
	return o
}

// pay adds a payment with its charge. What becomes of it depends on n alone.
func (b *book) pay(at time.Time, n int) (payment, charge *object) {
	created := at.Unix()
	amount := int64(500 + n*37%20000)
	currency := []string{"eur", "usd", "jpy"}[n%3]
	payment = b.add(mirror.PaymentIntents, "pi_", &object{
		created:  created,
		amount:   amount,
		taken:    amount,
		currency: currency,
		status:   "succeeded",
	})

	charge = b.add(mirror.Charges, "ch_", &object{
		created:  created,
		amount:   amount,
		taken:    amount,
		currency: currency,
		status:   "succeeded",
		of:       payment.id,
		fee:      amount*29/1000 + 30,
	})

	payment.of = charge.id

	switch n % 10 {
	case 3:
		payment.status, payment.taken, payment.code = "requires_payment_method", 0, "insufficient_funds"
		charge.status, charge.taken, charge.fee, charge.code = "failed", 0, 0, "insufficient_funds"
	case 5:
		b.refund(at, charge, amount/2)
	case 7:
		if n%50 == 7 {
			b.dispute(at, charge)
		}
	}

	return payment, charge
}

func (b *book) refund(at time.Time, charge *object, amount int64) *object {
	charge.refunded += amount
	return b.add(mirror.Refunds, "re_", &object{
		created:  at.Unix(),
		amount:   amount,
		currency: charge.currency,
		status:   "pending",
		of:       charge.id,
	})
}

func (b *book) dispute(at time.Time, charge *object) *object {
	charge.disputed = true
	return b.add(mirror.Disputes, "dp_", &object{
		created:  at.Unix(),
		amount:   charge.amount,
		currency: charge.currency,
		status:   "needs_response",
		of:       charge.id,
		fee:      1500,
	})
}

// tell adds the event of a change, and returns its object as it is now.
func (b *book) tell(at time.Time, k mirror.Kind, o *object) []byte {
	now := o.json(k, false)
	e := b.add(mirror.Events, "evt_", &object{created: at.Unix()})
	e.raw = fmt.Sprintf(`{"object":"event","id":%q,"created":%d,"data":{"object":%s}}`, e.id, e.created, now)
	return []byte(now)
}

// json returns an object as Stripe writes it, with much that is not mirrored.
func (o *object) json(k mirror.Kind, expand bool) string {
	head := fmt.Sprintf(`"id":%q,"created":%d,"amount":%d,"currency":%q,"status":%q,"metadata":{"name":"Jenny Rosen"}`,
		o.id, o.created, o.amount, o.currency, o.status)

	switch k {
	case mirror.PaymentIntents:
		problem := "null"
		if o.code != "" {
			problem = fmt.Sprintf(`{"code":"card_declined","decline_code":%q}`, o.code)
		}

		return fmt.Sprintf(`{"object":"payment_intent",%s,"amount_received":%d,"latest_charge":%q,"last_payment_error":%s,
			"receipt_email":"jenny@example.com","client_secret":"secret","canceled_at":null}`, head, o.taken, o.of, problem)

	case mirror.Charges:
		balance := "null"
		switch {
		case o.fee > 0 && expand:
			balance = o.balance()
		case o.fee > 0:
			balance = fmt.Sprintf("%q", "txn_"+o.id)
		}

		outcome := "null"
		if o.code != "" {
			outcome = fmt.Sprintf(`{"reason":%q}`, o.code)
		}

		return fmt.Sprintf(`{"object":"charge",%s,"amount_captured":%d,"amount_refunded":%d,"payment_intent":%q,
			"disputed":%t,"balance_transaction":%s,"outcome":%s,"billing_details":{"email":"jenny@example.com"},
			"payment_method_details":{"card":{"brand":"visa","last4":"4242","fingerprint":"abc"}}}`,
			head, o.taken, o.refunded, o.of, o.disputed, balance, outcome)

	case mirror.Refunds:
		return fmt.Sprintf(`{"object":"refund",%s,"charge":%q,"reason":null}`, head, o.of)
	case mirror.Disputes:
		return fmt.Sprintf(`{"object":"dispute",%s,"charge":{"id":%q},"reason":"fraudulent",
			"balance_transactions":[{"fee":%d,"currency":"eur"}]}`, head, o.of, o.fee)
	default:
		return o.raw
	}
}

// balance returns the balance transaction of a charge.
func (o *object) balance() string {
	return fmt.Sprintf(`{"object":"balance_transaction","id":"txn_%s","created":%d,"type":"charge","source":%q,
		"fee":%d,"currency":"eur"}`, o.id, o.created, o.id, o.fee)
}

// failure returns the failure that the test wants for a page.
func (l *ledger) failure(q mirror.Query) error {
	l.failing.Lock()
	defer l.failing.Unlock()

	if l.fail == nil {
		return nil
	}
	return l.fail(q)
}

// MirrorPage implements mirror.Stripe.
func (l *ledger) MirrorPage(ctx context.Context, q mirror.Query) (page [][]byte, more bool, err error) {
	if err := l.failure(q); err != nil {
		return nil, false, err
	}

	l.mu.Lock()
	defer l.mu.Unlock()

	l.calls = append(l.calls, q)
	list := l.books[q.Account].lists[q.Kind]
	if q.Kind == mirror.BalanceTransactions {
		list = l.books[q.Account].lists[mirror.Charges]
	}

	end := len(list)
	if q.After != "" {
		end, _ = slices.BinarySearchFunc(list, strings.TrimPrefix(q.After, "txn_"),
			func(o *object, id string) int { return cmp.Compare(o.id, id) })
	}

	for i := end - 1; i >= 0; i-- {
		o := list[i]
		switch {
		case o.created < q.From.Unix() && !q.From.IsZero():
			return page, false, nil
		case o.created > q.Until.Unix() && !q.Until.IsZero():
			continue
		case len(page) == 100:
			return page, true, nil
		}

		text := o.json(q.Kind, true)
		if q.Kind == mirror.BalanceTransactions {
			if o.fee == 0 {
				continue
			}

			text = o.balance()
		}

		page = append(page, []byte(text))
	}

	return page, false, nil
}

// AccountCreated implements mirror.Stripe.
func (l *ledger) AccountCreated(_ context.Context, account string) (time.Time, error) {
	return l.books[account].created, nil
}
