package payments_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
)

// stampOperations sets the times of operations and refuses a second started
// one, as the real store does.
func (m *memory) stampOperations(old, st *payments.State) error {
	started := 0
	for i := range st.Operations {
		op := &st.Operations[i]
		if i >= len(old.Operations) || *op != old.Operations[i] {
			op.UpdatedAt = m.now()
		}

		if op.State == payments.OperationStarted {
			started++
		}
	}

	if started > 1 {
		return payments.ErrOperationInProgress
	}

	return nil
}

// bank is a payments.Operator on the fixture's Stripe. It keeps answers under
// their keys, and can be told to fail before or after it acts.
type bank struct {
	*testkit.Stripe
	mu      sync.Mutex
	now     func() time.Time
	kept    map[string]answer // by idempotency key
	sent    []payments.Operation
	before  func() error // nothing is done when it returns an error; nothing is kept
	after   func() error // what is answered instead of the truth
	refuse  error        // the answer to what is asked for the first time, kept under its key
	pending bool         // refunds take time
}

type answer struct {
	err error
	at  time.Time
}

// keepsKeys is how long Stripe remembers a key.
const keepsKeys = 24 * time.Hour

// once runs do and keeps its answer under the operation's key, or repeats the
// answer that is kept there.
func (b *bank) once(op payments.Operation, do func()) error {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.sent = append(b.sent, op)

	if b.before != nil {
		if err := b.before(); err != nil {
			return err
		}
	}

	kept, repeated := b.kept[op.IdempotencyKey]
	if !repeated || b.now().Sub(kept.at) >= keepsKeys {
		if kept = (answer{b.refuse, b.now()}); kept.err == nil {
			do()
		}

		b.kept[op.IdempotencyKey] = kept
	}

	var e *payments.CallError
	if repeated && errors.As(kept.err, &e) {
		replayed := *e
		replayed.Replayed = true
		kept.err = &replayed
	}

	if b.after != nil {
		if err := b.after(); err != nil {
			return err
		}
	}

	return kept.err
}

func (b *bank) Capture(_ context.Context, op payments.Operation) error {
	return b.once(op, func() {
		snap, _ := b.Intent(context.Background(), op.IntentID)
		snap.Status, snap.AmountReceived = succeeded, op.Amount
		b.PutIntent(snap)
	})
}

func (b *bank) Refund(_ context.Context, op payments.Operation) error {
	return b.once(op, func() {
		status := "succeeded"
		if b.pending {
			status = "pending"
		}

		b.PutRefund(payments.Refund{
			ID:          "re_" + op.ID,
			IntentID:    op.IntentID,
			Amount:      op.Amount,
			Currency:    "usd",
			Status:      status,
			Reason:      op.Reason,
			OperationID: op.ID,
			CreatedAt:   op.CreatedAt,
		})
	})
}

// shop is a fixture with operations.
type shop struct {
	*fixture
	bank *bank
	ops  *payments.Operations
}

func newShop(t *testing.T) *shop {
	f := newFixture(t)
	s := &shop{fixture: f, bank: &bank{
		Stripe: f.stripe,
		kept:   map[string]answer{},
		now:    f.clock.Now,
	}}
	s.ops = payments.NewOperations(f.svc, testkit.Always[payments.Operator](s.bank))
	return s
}

// restart creates the service again with the current s.config.
func (s *shop) restart() {
	s.svc = payments.New(s.config)
	s.ops = payments.NewOperations(s.svc, testkit.Always[payments.Operator](s.bank))
}

// confirmed returns a shop whose order has a manually captured intent in the
// status.
func confirmed(t *testing.T, status payments.Status) *shop {
	s := newShop(t)
	s.store.states[orderID].Order.Options.CaptureMethod = "manual"
	s.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		made := snap(p, status)
		made.CaptureMethod = "manual"
		truth := made
		s.stripe.PutIntent(truth)
		return made, nil
	})

	_, _ = s.confirm("ctoken_a")

	return s
}

func (s *shop) capture(amount int64) (payments.Result, error) {
	return s.ops.Capture(context.Background(), orderID, amount)
}

func (s *shop) refund(amount int64) (payments.Result, error) {
	return s.ops.Refund(context.Background(), orderID, amount, "")
}

func (s *shop) cancelOrder() (payments.Result, error) {
	return s.ops.CancelOrder(context.Background(), orderID)
}

// mustRefund refunds, and fails the test if that fails.
func (s *shop) mustRefund(amount int64) payments.Result {
	s.Helper()
	res, err := s.refund(amount)
	if err != nil {
		s.Fatal(err)
	}
	return res
}

func (s *shop) wantMoney(captured, refunded int64) {
	s.Helper()
	if o := s.state().Order; o.Captured != captured || o.Refunded != refunded {
		s.Errorf("captured %d, refunded %d; want %d, %d", o.Captured, o.Refunded, captured, refunded)
	}
}

func (s *shop) wantOperations(want ...payments.OperationState) {
	s.Helper()
	ops := s.state().Operations
	for i := range max(len(ops), len(want)) {
		if i >= len(ops) || i >= len(want) || ops[i].State != want[i] {
			s.Fatalf("operations are %+v, want states %v", ops, want)
		}
	}
}

// edit changes the order in the store directly.
func (s *shop) edit(change func(*orders.Order)) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	change(&s.store.states[orderID].Order)
}

// refundsNow returns the refunds of the order's intent as they are at Stripe.
func (s *shop) refundsNow() []payments.Refund {
	s.Helper()
	list, err := s.stripe.Refunds(context.Background(), intentID)
	if err != nil {
		s.Fatal(err)
	}
	return list
}

// editRefund sets the status of the order's first refund at Stripe.
func (s *shop) editRefund(status string) {
	s.Helper()
	re := s.refundsNow()[0]
	re.Status = status
	s.stripe.PutRefund(re)
}
