package testkit

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"checkoutd/internal/payments"
)

// ErrDown is the error of every call while Stripe is down: the connection could
// not be made, so whether the call took effect is unknown.
var ErrDown error = &payments.CallError{
	Stripe: payments.StripeError{Type: payments.TypeConnection},
	Cause:  errors.New("connection refused"),
}

// ErrMissing is the error of a call that names an object which does not exist.
var ErrMissing error = &payments.CallError{
	Outcome: payments.OutcomeRefused,
	Stripe:  payments.StripeError{Type: payments.TypeInvalidRequest, Code: "resource_missing"},
}

var _ payments.Stripe = (*Stripe)(nil)

// Stripe is a payments.Stripe in memory. It holds the truth about intents,
// subscriptions, refunds and disputes, which the test sets; calls read it.
type Stripe struct {
	mu   sync.Mutex
	down error
	next payments.Status // of the next intent that Send creates

	intents       map[string]payments.Snapshot
	refunds       map[string][]payments.Refund // by intent
	disputes      map[string]payments.Dispute
	subscriptions map[string]payments.SubscriptionReading
	invoices      map[string]string // the subscription of each
	cash          map[string]int64  // of every customer, by currency

	onSend         func(p payments.Params, key string) (payments.Snapshot, error)
	onRead         func()
	onSubscription func()
	onCancel       func() error

	sent     []payments.Params
	keys     []string
	searched payments.Params
	readings int
	canceled int
}

// NewStripe returns a Stripe without objects.
func NewStripe() *Stripe {
	return &Stripe{
		intents:       make(map[string]payments.Snapshot),
		refunds:       make(map[string][]payments.Refund),
		disputes:      make(map[string]payments.Dispute),
		subscriptions: make(map[string]payments.SubscriptionReading),
		invoices:      make(map[string]string),
	}
}

// SetDown makes every call fail with err; nil brings Stripe up again. A call of
// Send takes effect nevertheless, and only its response is lost.
func (s *Stripe) SetDown(err error) { s.change(func() { s.down = err }) }

// SetNext sets the status of the intents that Send creates from now on.
func (s *Stripe) SetNext(status payments.Status) { s.change(func() { s.next = status }) }

// PutIntent creates or replaces an intent.
func (s *Stripe) PutIntent(snap payments.Snapshot) {
	s.change(func() { s.intents[snap.ID] = snap })
}

// RemoveIntent makes Stripe deny that an intent exists.
func (s *Stripe) RemoveIntent(id string) { s.change(func() { delete(s.intents, id) }) }

// Peek returns an intent without counting as a reading.
func (s *Stripe) Peek(intentID string) (snap payments.Snapshot, ok bool) {
	s.change(func() { snap, ok = s.intents[intentID] })
	return snap, ok
}

// SetStatus changes the status of an intent. One that succeeds receives its
// amount.
func (s *Stripe) SetStatus(intentID string, status payments.Status) {
	s.change(func() {
		snap := s.intents[intentID]
		snap.Status = status
		if status == payments.StatusSucceeded {
			snap.AmountReceived = snap.Amount
		}
		s.intents[intentID] = snap
	})
}

// SetRefunds replaces the refunds of an intent.
func (s *Stripe) SetRefunds(intentID string, list ...payments.Refund) {
	s.change(func() { s.refunds[intentID] = list })
}

// PutRefund creates or replaces a refund of its intent.
func (s *Stripe) PutRefund(re payments.Refund) {
	s.change(func() {
		list := slices.DeleteFunc(s.refunds[re.IntentID], func(k payments.Refund) bool { return k.ID == re.ID })
		s.refunds[re.IntentID] = append(list, re)
	})
}

// PutDispute creates or replaces a dispute.
func (s *Stripe) PutDispute(d payments.Dispute) {
	s.change(func() { s.disputes[d.ID] = d })
}

// PutSubscription creates or replaces a subscription, and its invoices.
func (s *Stripe) PutSubscription(sub payments.SubscriptionReading, invoiceIDs ...string) {
	s.change(func() {
		s.subscriptions[sub.ID] = sub
		for _, id := range invoiceIDs {
			s.invoices[id] = sub.ID
		}
	})
}

// PutInvoice makes an invoice belong to a subscription, "" for none.
func (s *Stripe) PutInvoice(id, subscriptionID string) {
	s.change(func() { s.invoices[id] = subscriptionID })
}

// SetCash sets the cash balance of every customer.
func (s *Stripe) SetCash(balance map[string]int64) { s.change(func() { s.cash = balance }) }

// OnSend makes send the response to every call of Send. nil restores the
// behaviour of a fake without a script.
func (s *Stripe) OnSend(send func(p payments.Params, key string) (payments.Snapshot, error)) {
	s.change(func() { s.onSend = send })
}

// OnRead makes every reading of an intent call hook while its response, which
// is made already, is on its way.
func (s *Stripe) OnRead(hook func()) { s.change(func() { s.onRead = hook }) }

// OnSubscription makes every reading of a subscription call hook while its
// response, which is made already, is on its way.
func (s *Stripe) OnSubscription(hook func()) { s.change(func() { s.onSubscription = hook }) }

// OnCancel makes cancel the response to every call of CancelIntent, which then
// cancels nothing itself.
func (s *Stripe) OnCancel(cancel func() error) { s.change(func() { s.onCancel = cancel }) }

func (s *Stripe) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()

	do()
}

// Sent returns the parameters of all calls of Send and their idempotency keys.
func (s *Stripe) Sent() (sent []payments.Params, keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()

	return slices.Clone(s.sent), slices.Clone(s.keys)
}

// LastSearch returns the parameters of the last call of FindIntent.
func (s *Stripe) LastSearch() (p payments.Params) {
	s.change(func() { p = s.searched })
	return p
}

// Readings returns how often an intent, a subscription or an invoice was read.
func (s *Stripe) Readings() int {
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.readings
}

// Canceled returns how often CancelIntent was called.
func (s *Stripe) Canceled() int {
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.canceled
}

// Send creates the intent of an order, whose ID is "pi_" and that of the order,
// or responds as OnSend says.
func (s *Stripe) Send(_ context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	s.mu.Lock()
	s.sent, s.keys = append(s.sent, p), append(s.keys, key)
	send := s.onSend
	s.mu.Unlock()

	if send != nil {
		return send(p, key)
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	orderID := p.Metadata[payments.MetaOrder]
	snap := payments.Snapshot{
		ID:           "pi_" + orderID,
		Account:      p.Account,
		OrderID:      orderID,
		AttemptID:    p.Metadata[payments.MetaAttempt],
		Proof:        p.Metadata[payments.MetaProof],
		CustomerID:   p.Customer,
		Status:       s.next,
		Amount:       p.Amount,
		Currency:     p.Currency,
		ClientSecret: "pi_" + orderID + "_secret_x",
	}
	if snap.Status == payments.StatusSucceeded {
		snap.AmountReceived = snap.Amount
	}

	s.intents[snap.ID] = snap

	if s.down != nil {
		return payments.Snapshot{}, s.down
	}

	return snap, nil
}

// Intent returns an intent, or ErrMissing.
func (s *Stripe) Intent(_ context.Context, id string) (payments.Snapshot, error) {
	s.mu.Lock()
	s.readings++
	snap, err := read(s, s.intents, id)
	hook := s.onRead
	s.mu.Unlock()

	if hook != nil {
		hook()
	}
	return snap, err
}

// FindIntent returns the intent of the order in p.
func (s *Stripe) FindIntent(_ context.Context, p payments.Params, _, _ time.Time) (payments.Snapshot, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.searched = p

	if s.down != nil {
		return payments.Snapshot{}, false, s.down
	}

	for _, snap := range s.intents {
		if snap.Mark() == payments.MarkOf(p.Metadata) {
			return snap, true, nil
		}
	}

	return payments.Snapshot{}, false, nil
}

// CancelIntent cancels an intent.
func (s *Stripe) CancelIntent(_ context.Context, in payments.Intent, _ string) error {
	s.mu.Lock()
	s.canceled++
	cancel, down := s.onCancel, s.down
	s.mu.Unlock()

	switch {
	case cancel != nil:
		return cancel()
	case down != nil:
		return down
	}

	s.SetStatus(in.ID, payments.StatusCanceled)
	return nil
}

// Subscription returns a subscription, or ErrMissing.
func (s *Stripe) Subscription(_ context.Context, id string) (payments.SubscriptionReading, error) {
	s.mu.Lock()
	s.readings++
	reading, err := read(s, s.subscriptions, id)
	hook := s.onSubscription
	s.mu.Unlock()

	if hook != nil {
		hook()
	}
	return reading, err
}

// Invoice returns an invoice's subscription, with our metadata on that.
func (s *Stripe) Invoice(_ context.Context, invoiceID string) (payments.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.readings++
	if s.down != nil {
		return payments.Ref{}, s.down
	}

	id := s.invoices[invoiceID]
	return payments.Ref{SubscriptionID: id, Mark: s.subscriptions[id].Mark}, nil
}

// Refunds returns the refunds of an intent.
func (s *Stripe) Refunds(_ context.Context, intentID string) ([]payments.Refund, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.down != nil {
		return nil, s.down
	}
	return slices.Clone(s.refunds[intentID]), nil
}

// Method returns a card that every rule allows.
func (s *Stripe) Method(context.Context, string) (payments.Method, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	card := payments.Card{Brand: "visa", Country: "US", Funding: "credit", Last4: "4242"}
	return payments.Method{Type: "card", Card: &card}, s.down
}

// Dispute returns a dispute, or ErrMissing.
func (s *Stripe) Dispute(_ context.Context, id string) (payments.Dispute, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	return read(s, s.disputes, id)
}

func read[T any](s *Stripe, objects map[string]T, id string) (T, error) {
	object, ok := objects[id]
	if s.down != nil {
		return *new(T), s.down
	}
	if !ok {
		return *new(T), ErrMissing
	}
	return object, nil
}

// CashBalance is Stripe's. See payments.Stripe.
func (s *Stripe) CashBalance(context.Context, string) (map[string]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readings++
	return s.cash, s.down
}
