package payments_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
)

var errDown = errors.New("the database is gone")

// errKilled is the panic that stands for the death of the process.
var errKilled = errors.New("killed")

// requests are the three requests of a shop, and how to check that each was
// carried out once.
var requests = []struct {
	name   string
	intent payments.Status
	ask    func(*shop) (payments.Result, error)
	check  func(*shop)
}{
	{"capture", capturing, func(s *shop) (payments.Result, error) { return s.capture(600) }, func(s *shop) {
		s.wantOrder(orders.Paid, orders.PaymentPaid)
		s.wantMoney(600, 0)
		s.wantPaidOnce()
	}},
	{"refund", succeeded, func(s *shop) (payments.Result, error) { return s.refund(500) }, func(s *shop) {
		s.wantOrder(orders.Paid, orders.PartiallyRefunded)
		s.wantMoney(1099, 500)
		if n := len(s.refundsNow()); n != 1 {
			s.Errorf("%d refunds at Stripe, want 1", n)
		}
	}},
	{"cancel", capturing, (*shop).cancelOrder, func(s *shop) {
		s.wantOrder(orders.Canceled, orders.Unpaid)
		s.wantMoney(0, 0)
		if s.intentNow().Status != gone {
			s.Errorf("the intent is %s", s.intentNow().Status)
		}
	}},
}

// cut interrupts a call at one place; mend undoes that.
type cut struct {
	name string
	make func(*shop)
}

func failing(err error) func() error { return func() error { return err } }

func dying() error { panic(errKilled) }

func cuts() []cut {
	list := []cut{
		{"killed before the call is sent", func(s *shop) {
			s.bank.before = dying
			s.stripe.OnCancel(dying)
		}},
		{"the call is lost on its way", func(s *shop) {
			s.bank.before = failing(errReset)
			s.stripe.OnCancel(failing(errReset))
		}},
		{"the answer is lost", func(s *shop) {
			s.bank.after = failing(errReset)
			s.stripe.OnCancel(s.cancelThen(failing(errReset)))
		}},
		{"killed before the answer", func(s *shop) {
			s.bank.after = dying
			s.stripe.OnCancel(s.cancelThen(dying))
		}},
		{"done, and answered with a 500", func(s *shop) {
			s.bank.after = failing(errInternal)
			s.stripe.OnCancel(s.cancelThen(failing(errInternal)))
		}},
		{"Stripe cannot be read afterwards", func(s *shop) {
			s.bank.after = func() error { s.stripe.SetDown(errReset); return nil }
			s.stripe.OnCancel(s.cancelThen(func() error { s.stripe.SetDown(errReset); return errReset }))
		}},
	}

	for n := 1; n <= 4; n++ { // write, settle, end
		list = append(list, cut{fmt.Sprintf("the database is gone from commit %d on", n), func(s *shop) {
			commits := 0
			s.store.fail = func() error {
				if commits++; commits >= n {
					return errDown
				}
				return nil
			}
		}})
	}

	return list
}

// cancelThen cancels the intent at Stripe and gives another answer.
func (s *shop) cancelThen(answer func() error) func() error {
	return func() error {
		s.stripe.SetStatus(intentID, gone)
		return answer()
	}
}

// dies makes a request that may be killed halfway.
func (s *shop) dies(ask func(*shop) (payments.Result, error)) (res payments.Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			if !errors.Is(r.(error), errKilled) {
				panic(r)
			}
			err = errKilled
		}
	}()
	return ask(s)
}

func (s *shop) mend() {
	s.bank.before, s.bank.after, s.store.fail = nil, nil, nil
	s.stripe.OnCancel(nil)
	s.stripe.SetDown(nil)
}

// TestCutAnywhere: wherever a request is interrupted, repeating it carries it
// out once.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	for _, w := range requests {
		for _, c := range cuts() {
			for _, later := range []time.Duration{0, 20 * time.Minute, 5 * time.Hour, 48 * time.Hour} {
				t.Run(fmt.Sprintf("%s, %s, again after %v", w.name, c.name, later), func(t *testing.T) {
					t.Parallel()
					s := confirmed(t, w.intent)
					c.make(s)
					_, err := s.dies(w.ask)
					s.mend()
					s.clock.Advance(later)

					if err == nil { // it was found out by reading
						w.check(s)
						s.wantOperations(payments.OperationDone)
						return
					}

					res, err := w.ask(s)
					if err != nil {
						t.Fatalf("the same again: %v", err)
					}

					w.check(s)
					if res.Operation.State != payments.OperationDone || s.state().StartedOperation() != nil {
						t.Errorf("got %+v", res.Operation)
					}
				})
			}
		}
	}
}

// TestAnotherRequestFindsOutFirst: the outcome of a started operation is found
// out before anything else is done. The operation is not sent for that, because
// the shop may have changed its mind.
func TestAnotherRequestFindsOutFirst(t *testing.T) {
	t.Parallel()
	s := confirmed(t, succeeded)
	s.bank.before = failing(errReset)

	if _, err := s.refund(500); !fault.Is(err, "operation_unknown") {
		t.Fatalf("got %v, want operation_unknown", err)
	}

	s.wantMoney(1099, 0)
	s.mend()

	if _, err := s.refund(99); !fault.Is(err, "operation_unknown") || len(s.state().Operations) != 1 {
		t.Errorf("got %v: a second operation began while the first was not known", err)
	}

	s.wantMoney(1099, 0)
	s.clock.Advance(31 * time.Minute)

	res := s.mustRefund(99)
	if res.Earlier == nil || res.Earlier.Amount != 500 || res.Earlier.State != payments.OperationFailed ||
		res.Operation.Amount != 99 {
		t.Errorf("got %+v", res)
	}

	s.wantMoney(1099, 99)
	for _, op := range s.bank.sent {
		if want := "checkoutd-" + op.ID; op.IdempotencyKey != want {
			t.Errorf("key %s, want %s", op.IdempotencyKey, want)
		}
	}
}

// TestAllIsNotAPart: a request for all of a hold does not repeat an earlier one
// for a part, which would release the rest.
func TestAllIsNotAPart(t *testing.T) {
	t.Parallel()
	s := confirmed(t, capturing)
	s.bank.before = failing(errReset)

	if _, err := s.capture(600); !fault.Is(err, "operation_unknown") {
		t.Fatalf("got %v, want operation_unknown", err)
	}

	s.mend()
	if _, err := s.capture(0); !fault.Is(err, "operation_unknown") {
		t.Errorf("got %v, want operation_unknown", err)
	}

	s.clock.Advance(31 * time.Minute)
	if _, err := s.capture(0); err != nil {
		t.Error(err)
	}

	s.wantMoney(1099, 0)
}

// TestCancelDoesNotCaptureFirst: a capture that never reached Stripe takes no
// money once the shop cancels the order.
func TestCancelDoesNotCaptureFirst(t *testing.T) {
	t.Parallel()
	s := confirmed(t, capturing)
	s.bank.before = failing(errReset)

	if _, err := s.capture(1099); !fault.Is(err, "operation_unknown") {
		t.Fatalf("got %v, want operation_unknown", err)
	}

	s.mend()
	if _, err := s.cancelOrder(); !fault.Is(err, "operation_unknown") {
		t.Errorf("got %v, want operation_unknown", err)
	}

	s.wantOrder(orders.Authorized, orders.PaymentAuthorized)
	s.clock.Advance(31 * time.Minute)

	if _, err := s.cancelOrder(); err != nil {
		t.Error(err)
	}

	s.wantOrder(orders.Canceled, orders.Unpaid)
	s.wantMoney(0, 0)
}

// TestFindOutOnlyReads: looking at an order changes nothing at Stripe.
func TestFindOutOnlyReads(t *testing.T) {
	t.Parallel()
	find := func(s *shop) *payments.Operation {
		op, err := s.ops.FindOut(context.Background(), orderID)
		if err != nil {
			t.Fatal(err)
		}
		return op
	}

	t.Run("no operation is started", func(t *testing.T) {
		t.Parallel()
		if op := find(confirmed(t, succeeded)); op != nil {
			t.Errorf("got %+v", op)
		}
	})

	t.Run("it was done", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		s.bank.after = dying
		_, _ = s.dies(func(s *shop) (payments.Result, error) { return s.refund(500) })

		if op := find(s); op.State != payments.OperationDone || len(s.bank.sent) != 1 {
			t.Errorf("got %+v, %d calls", op, len(s.bank.sent))
		}

		s.wantMoney(1099, 500)
	})

	t.Run("the intent was canceled", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, capturing)
		s.stripe.OnCancel(s.cancelThen(dying))
		_, _ = s.dies((*shop).cancelOrder)

		if op := find(s); op.State != payments.OperationDone || s.stripe.Canceled() != 1 {
			t.Errorf("got %+v, %d calls", op, s.stripe.Canceled())
		}

		s.wantOrder(orders.Canceled, orders.Unpaid)
	})

	t.Run("nothing shows: half an hour of quiet proves the failure", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		s.bank.before = dying
		_, _ = s.dies(func(s *shop) (payments.Result, error) { return s.refund(500) })
		s.mend()
		s.clock.Advance(29 * time.Minute)

		if op := find(s); op.State != payments.OperationStarted {
			t.Errorf("after 29 minutes: %+v", op)
		}

		s.clock.Advance(2 * time.Minute)
		if op := find(s); op.State != payments.OperationFailed || len(s.bank.sent) != 1 {
			t.Errorf("after 31 minutes: %+v, %d calls", op, len(s.bank.sent))
		}

		s.mustRefund(500)
		s.wantMoney(1099, 500)
	})
}

// racing is a store in which something happens right after the first read.
type racing struct {
	*memory
	then func()
}

func (r *racing) Read(ctx context.Context, id string) (*payments.State, error) {
	st, err := r.memory.Read(ctx, id)
	if r.then != nil {
		r.then()
		r.then = nil
	}
	return st, err
}

var errRateLimit = &payments.CallError{Outcome: payments.OutcomeRefused,
	Stripe: payments.StripeError{Type: payments.TypeRateLimit}}

// TestRefusalThatProvesNothing: only the refusal of the only request, or one
// that Stripe keeps under the key, ends an operation at once.
func TestRefusalThatProvesNothing(t *testing.T) {
	t.Parallel()
	t.Run("the only request: nothing was done", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		s.bank.before = failing(errRateLimit)

		if _, err := s.refund(500); !fault.Is(err, "operation_failed") {
			t.Errorf("got %v, want operation_failed", err)
		}

		s.wantOperations(payments.OperationFailed)
	})

	t.Run("sent again after a lost answer: it stays started", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		s.bank.before = failing(errReset)
		_, _ = s.refund(500)
		s.bank.before = failing(errRateLimit)

		if _, err := s.refund(500); !fault.Is(err, "operation_unknown") {
			t.Errorf("got %v, want operation_unknown", err)
		}

		s.clock.Advance(31 * time.Minute)
		if _, err := s.refund(500); !fault.Is(err, "operation_failed") {
			t.Errorf("after half an hour of quiet: got %v, want operation_failed", err)
		}

		s.mend()
		s.mustRefund(500)
		s.wantMoney(1099, 500)
	})

	t.Run("another process sends it in the meantime: its result counts", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		s.bank.before = func() error {
			s.bank.before = nil
			s.bank.mu.Unlock()
			defer s.bank.mu.Lock()

			other := payments.NewOperations(s.svc, testkit.Always[payments.Operator](s.bank))
			if res, err := other.Refund(context.Background(), orderID, 500, ""); err != nil || res.Earlier == nil {
				t.Errorf("the other process: %+v, %v", res, err)
			}

			return errRateLimit
		}

		s.mustRefund(500)
		s.wantOperations(payments.OperationDone)
		s.wantMoney(1099, 500)
	})

	t.Run("another process sends it in the meantime and gets no answer: it stays started", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		s.bank.before = func() error {
			s.bank.before = failing(errReset)
			s.bank.mu.Unlock()
			defer s.bank.mu.Lock()

			other := payments.NewOperations(s.svc, testkit.Always[payments.Operator](s.bank))
			if _, err := other.Refund(context.Background(), orderID, 500, ""); !fault.Is(err, "operation_unknown") {
				t.Errorf("the other process: %v", err)
			}

			return errRateLimit
		}

		if _, err := s.refund(500); !fault.Is(err, "operation_unknown") {
			t.Errorf("got %v, want operation_unknown", err)
		}

		s.wantOperations(payments.OperationStarted)
	})

	t.Run("it failed while another process was about to send it again: it is not sent", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		s.bank.before = dying
		_, _ = s.dies(func(s *shop) (payments.Result, error) { return s.refund(500) })
		s.mend()
		s.config.Store = &racing{s.store, func() { s.store.states[orderID].Operations[0].State = payments.OperationFailed }}
		s.restart()

		res := s.mustRefund(500)
		if res.Earlier == nil || res.Earlier.ID == res.Operation.ID || len(s.bank.sent) != 2 ||
			s.bank.sent[1].ID != res.Operation.ID {
			t.Errorf("got %+v, sent %+v", res, s.bank.sent)
		}

		s.wantOperations(payments.OperationFailed, payments.OperationDone)
		s.wantMoney(1099, 500)
	})

	t.Run("kept under the key: it proves the failure at once", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, succeeded)
		s.bank.refuse = &payments.CallError{Outcome: payments.OutcomeRefused,
			Stripe: payments.StripeError{
				Type:    payments.TypeInvalidRequest,
				Code:    "charge_disputed",
				Message: "It is disputed.",
			}}

		s.bank.after = failing(errReset)

		if _, err := s.refund(500); !fault.Is(err, "operation_unknown") {
			t.Errorf("got %v, want operation_unknown", err)
		}

		s.mend()

		_, err := s.refund(500)
		if !fault.Is(err, "operation_failed") || fault.Of(err).Message != "The refund failed: Stripe refused: It is disputed." {
			t.Errorf("got %v", err)
		}

		s.wantMoney(1099, 0)
	})
}
