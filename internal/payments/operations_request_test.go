package payments_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/payments"
)

// named are the requests of a shop, each with an ID.
var named = map[string]payments.OperationRequest{
	"capture": {ID: "op_named", Kind: payments.OperationCapture, Amount: 600},
	"refund":  {ID: "op_named", Kind: payments.OperationRefund, Amount: 500},
	"cancel":  {ID: "op_named", Kind: payments.OperationCancel},
}

func (s *shop) do(req payments.OperationRequest) (payments.Result, error) {
	return s.ops.Do(context.Background(), orderID, req)
}

// TestARequestWithAnIDIsOneOperation: wherever it is interrupted, and however
// often it is repeated, it is carried out once.
func TestARequestWithAnIDIsOneOperation(t *testing.T) {
	t.Parallel()
	for _, w := range requests {
		for _, c := range cuts() {
			for _, later := range []time.Duration{0, 20 * time.Minute, 5 * time.Hour} {
				t.Run(fmt.Sprintf("%s, %s, again after %v", w.name, c.name, later), func(t *testing.T) {
					t.Parallel()
					s := confirmed(t, w.intent)
					ask := func(s *shop) (payments.Result, error) { return s.do(named[w.name]) }
					c.make(s)
					_, _ = s.dies(ask)
					s.mend()
					s.clock.Advance(later)

					for range 3 {
						res, err := ask(s)
						if err != nil {
							t.Fatalf("the same again: %v", err)
						}
						if res.Operation.ID != "op_named" || res.Operation.State != payments.OperationDone ||
							res.State == nil {
							t.Fatalf("got %+v", res)
						}
						w.check(s)
						s.clock.Advance(time.Hour)
					}

					s.wantOperations(payments.OperationDone)
				})
			}
		}
	}
}

// TestAnotherIDIsAnotherOperation: the same amount again, under another ID, is
// refunded once more, but never while the outcome of the first is not known.
func TestAnotherIDIsAnotherOperation(t *testing.T) {
	t.Parallel()
	s := confirmed(t, succeeded)
	first := named["refund"]
	second := first
	second.ID = "op_second"

	s.bank.before = failing(errReset)
	if _, err := s.do(first); !fault.Is(err, "operation_unknown") {
		t.Fatalf("got %v, want operation_unknown", err)
	}
	s.mend()

	if _, err := s.do(second); !fault.Is(err, "operation_unknown") {
		t.Errorf("got %v, want operation_unknown", err)
	}
	if n := len(s.bank.sent); n != 1 {
		t.Errorf("%d calls were sent, want the first alone", n)
	}

	for _, req := range []payments.OperationRequest{first, second, first, second} {
		if res, err := s.do(req); err != nil || res.Operation.ID != req.ID {
			t.Errorf("%s: got %s, %v", req.ID, res.Operation.ID, err)
		}
	}
	s.wantMoney(1099, 1000)
	s.wantOperations(payments.OperationDone, payments.OperationDone)
}

// TestAFailedRequestFailsAgain: its repetition neither tries again nor says
// anything else.
func TestAFailedRequestFailsAgain(t *testing.T) {
	t.Parallel()
	s := confirmed(t, succeeded)
	s.bank.refuse = &payments.CallError{
		Outcome: payments.OutcomeRefused,
		Stripe:  payments.StripeError{Type: payments.TypeInvalidRequest, Message: "No."},
	}
	_, want := s.do(named["refund"])
	if !fault.Is(want, "operation_failed") {
		t.Fatalf("got %v, want operation_failed", want)
	}

	s.bank.refuse = nil
	s.clock.Advance(time.Hour)
	_, err := s.do(named["refund"])
	if !fault.Is(err, "operation_failed") || fault.Of(err).Message != fault.Of(want).Message {
		t.Errorf("got %v, want %v", err, want)
	}
	if n := len(s.bank.sent); n != 1 {
		t.Errorf("%d calls were sent, want 1", n)
	}
	s.wantMoney(1099, 0)
}
