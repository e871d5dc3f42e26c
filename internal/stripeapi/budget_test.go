package stripeapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"checkoutd/internal/budget"
	"checkoutd/internal/payments"
	"checkoutd/internal/stripeapi"
)

// slowStripe answers every request at once with one status, and notes when.
type slowStripe struct {
	mu     sync.Mutex
	status int
	sent   []time.Time
}

func (s *slowStripe) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, time.Now())

	return &http.Response{
		StatusCode: s.status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(`{"id":"cus_1","error":{"type":"invalid_request_error"}}`)),
		Request:    r,
	}, nil
}

func (s *slowStripe) client(perSecond int) *stripeapi.Client {
	return stripeapi.New(stripeapi.Config{
		Key:        stripeapi.FixedKey("sk_test_1"),
		BaseURL:    "http://stripe.test",
		Timeout:    30 * time.Second,
		AppVersion: "1.2.3",
		Budget:     budget.New(perSecond),
		Transport:  s,
	})
}

func TestEveryRequestIsPaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slowStripe{status: http.StatusOK}
		c := s.client(10)

		var calls sync.WaitGroup
		for range 50 {
			calls.Go(func() {
				if err := c.CheckCustomer(t.Context(), "cus_1"); err != nil {
					t.Error(err)
				}
			})
		}

		start := time.Now()
		calls.Wait()

		if took := time.Since(start); len(s.sent) != 50 || took < 4*time.Second || took > 8*time.Second {
			t.Errorf("%d requests in %s, want 50 in about 6 s", len(s.sent), took)
		}
	})
}

func TestA429SlowsDownTheCallsThatFollow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slowStripe{status: http.StatusTooManyRequests}
		c := s.client(10)

		err := c.CheckCustomer(t.Context(), "cus_1")

		var e *payments.CallError
		if !errors.As(err, &e) || e.Stripe.Type != payments.TypeRateLimit {
			t.Fatalf("a 429 became %v", err)
		}

		s.status = http.StatusOK
		start := time.Now()

		for range 6 {
			if err := c.CheckCustomer(t.Context(), "cus_1"); err != nil {
				t.Fatal(err)
			}
		}

		if took := time.Since(start); took < time.Second {
			t.Errorf("six requests after a 429 took %s, want 5 a second at most", took)
		}
	})
}

// A call whose time ends while it waits was never sent, or its first try was:
// its outcome stays unknown and nothing is decided.
func TestAnEndlessWaitProvesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slowStripe{status: http.StatusOK}
		c := s.client(1)
		if err := c.CheckCustomer(t.Context(), "cus_1"); err != nil {
			t.Fatal(err)
		}

		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()

		err := c.CheckCustomer(ctx, "cus_1")

		var e *payments.CallError
		if !errors.As(err, &e) || e.Outcome != payments.OutcomeUnknown || len(s.sent) != 1 {
			t.Errorf("%v after %d requests, want an unknown outcome after 1", err, len(s.sent))
		}
	})
}
