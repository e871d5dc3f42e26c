package stripeapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"testing"
	"time"

	"checkoutd/internal/payments"
)

// TestOperationRequests: the amount is always sent, the key is the operation's
// own, and a refund names its operation, so that it can be found again.
func TestOperationRequests(t *testing.T) {
	t.Parallel()
	op := payments.Operation{
		ID:             "op_1",
		OrderID:        "ord_1",
		IntentID:       "pi_1",
		Amount:         600,
		Reason:         "duplicate",
		IdempotencyKey: "checkoutd-op_1",
	}

	without := op
	without.Reason = ""
	marks := url.Values{"metadata[checkoutd_order]": {"ord_1"}, "metadata[checkoutd_operation]": {"op_1"}}
	refund := url.Values{"payment_intent": {"pi_1"}, "amount": {"600"}}

	reason := url.Values{"reason": {"duplicate"}}
	for _, tt := range []struct {
		name, path string
		op         payments.Operation
		want       []url.Values
	}{
		{"capture", "/v1/payment_intents/pi_1/capture", op, []url.Values{{"amount_to_capture": {"600"}}}},
		{"refund", "/v1/refunds", op, []url.Values{refund, marks, reason}},
		{"refund without a reason", "/v1/refunds", without, []url.Values{refund, marks}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, func(w http.ResponseWriter, r *http.Request) {
				want := url.Values{}
				for _, part := range tt.want {
					for k, v := range part {
						want[k] = v
					}
				}

				if err := r.ParseForm(); err != nil || r.URL.Path != tt.path || !reflect.DeepEqual(r.PostForm, want) {
					t.Errorf("got %s %v, want %s %v (%v)", r.URL.Path, r.PostForm, tt.path, want, err)
				}
				if got := r.Header.Get("Idempotency-Key"); got != op.IdempotencyKey {
					t.Errorf("key %q, want %q", got, op.IdempotencyKey)
				}

				_, _ = w.Write([]byte(`{"id": "x_1"}`))
			})

			do := c.Refund
			if tt.name == "capture" {
				do = c.Capture
			}

			if err := do(context.Background(), tt.op); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOperationErrorsStateWhetherTheyProveFailure(t *testing.T) {
	t.Parallel()
	c := client(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Idempotent-Replayed", "true")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error": {"type": "invalid_request_error", "code": "charge_already_refunded", "message": "It is."}}`))
	})

	var e *payments.CallError
	err := c.Refund(context.Background(), payments.Operation{IdempotencyKey: "checkoutd-op_1"})
	if !errors.As(err, &e) || e.Outcome != payments.OutcomeRefused || !e.Replayed ||
		e.Stripe.Code != "charge_already_refunded" {
		t.Errorf("got %#v", err)
	}
}

func TestRefundsNameTheirOperation(t *testing.T) {
	t.Parallel()
	c := client(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"object": "list", "data": [{"id": "re_1", "amount": 600, "currency": "usd", "status": "pending",
			"reason": "duplicate", "created": 1760000000, "metadata": {"checkoutd_operation": "op_1"}}]}`))
	})

	got, err := c.Refunds(context.Background(), "pi_1")

	want := []payments.Refund{{
		ID:          "re_1",
		IntentID:    "pi_1",
		Amount:      600,
		Currency:    "usd",
		Status:      "pending",
		Reason:      "duplicate",
		OperationID: "op_1",
		CreatedAt:   time.Unix(1760000000, 0).UTC(),
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}
