package stripeapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"checkoutd/internal/budget"
	"checkoutd/internal/connect"
	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/payments"
	"checkoutd/internal/people"
	"checkoutd/internal/stripeapi"
)

// recorded answers every request alike and keeps them.
type recorded struct {
	status   int
	header   http.Header
	body     string
	requests []*http.Request
}

func (s *recorded) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests = append(s.requests, r)
	h := http.Header{"Content-Type": {"application/json"}}
	for name, values := range s.header {
		h[name] = values
	}

	return &http.Response{
		StatusCode: s.status,
		Header:     h,
		Body:       io.NopCloser(strings.NewReader(s.body)),
		Request:    r,
	}, nil
}

func (s *recorded) client(mayWrite func(context.Context, string) (bool, error)) *stripeapi.Client {
	return stripeapi.New(stripeapi.Config{
		Key:       stripeapi.FixedKey("sk_test_1"),
		BaseURL:   "http://stripe.test",
		Timeout:   30 * time.Second,
		Transport: s,
		MayWrite:  mayWrite,
	})
}

func TestMirrorPageAsksForOneAccount(t *testing.T) {
	t.Parallel()
	from, until := time.Unix(1_700_000_000, 0), time.Unix(1_800_000_000, 0)
	for kind, want := range map[mirror.Kind]url.Values{
		mirror.PaymentIntents: {},
		mirror.Charges:        {"expand[]": {"data.balance_transaction"}},
		mirror.Refunds:        {},
	} {
		s := &recorded{status: http.StatusOK, body: `{"object":"list","has_more":true,"data":[{"id":"a"},{"id":"b"}]}`}
		page, more, err := s.client(nil).MirrorPage(t.Context(), mirror.Query{
			Account: "acct_1",
			Kind:    kind,
			From:    from,
			Until:   until,
			After:   "x_9",
		})
		if err != nil || !more || len(page) != 2 || string(page[1]) != `{"id":"b"}` {
			t.Errorf("%s: got %q, %t, %v", kind, page, more, err)
		}

		want["limit"], want["starting_after"] = []string{"100"}, []string{"x_9"}
		want["created[gte]"], want["created[lte]"] = []string{"1700000000"}, []string{"1800000000"}

		r := s.requests[0]
		if r.Method != http.MethodGet || r.URL.Path != "/v1/"+string(kind) || r.URL.Query().Encode() != want.Encode() ||
			r.Header.Get("Stripe-Account") != "acct_1" {
			t.Errorf("%s: sent %s %s for %q, want %s", kind, r.Method, r.URL, r.Header.Get("Stripe-Account"), want.Encode())
		}
	}
}

// TestMirrorPageAsksForFewEvents checks that the filter has no more types than
// Stripe accepts.
func TestMirrorPageAsksForFewEvents(t *testing.T) {
	t.Parallel()
	s := &recorded{status: http.StatusOK, body: `{"object":"list","data":[]}`}
	if _, _, err := s.client(nil).MirrorPage(t.Context(), mirror.Query{Account: "acct_1", Kind: mirror.Events}); err != nil {
		t.Fatal(err)
	}
	if n := len(s.requests[0].URL.Query()["types[]"]); n == 0 || n > 20 {
		t.Errorf("asked for %d types, want 1 to 20", n)
	}
}

func TestMirrorErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		header http.Header
		is     error
		wait   time.Duration
	}{
		"no access": {
			status: 403,
			body:   `{"error":{"type":"invalid_request_error","code":"account_invalid"}}`,
			is:     mirror.ErrNoAccess,
		},
		"no cursor": {
			status: 400,
			is:     mirror.ErrCursorGone,
			body:   `{"error":{"type":"invalid_request_error","code":"resource_missing","param":"starting_after"}}`,
		},
		"too many": {
			status: 429,
			body:   `{"error":{"type":"invalid_request_error","code":"rate_limit"}}`,
			header: http.Header{"Retry-After": {"7"}},
			wait:   7 * time.Second,
		},
		"much too many": {
			status: 429,
			body:   `{"error":{"code":"rate_limit"}}`,
			header: http.Header{"Retry-After": {"86400"}},
			wait:   10 * time.Minute,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &recorded{status: c.status, body: c.body, header: c.header}
			_, _, err := s.client(nil).MirrorPage(t.Context(), mirror.Query{Account: "acct_1", Kind: mirror.Charges})
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, want %v", err, c.is)
			}

			var tooMany *mirror.TooManyError
			if errors.As(err, &tooMany) != (c.wait > 0) || c.wait > 0 && tooMany.RetryAfter != c.wait {
				t.Errorf("got %v %+v, want to wait %s", err, tooMany, c.wait)
			}
		})
	}
}

// TestMirrorDoesNotSlowOthersDown checks that too many requests for the copy of
// an account leave everybody else's pace alone.
func TestMirrorDoesNotSlowOthersDown(t *testing.T) {
	t.Parallel()
	for priority, wantSlower := range map[budget.Priority]bool{budget.Mirror: false, budget.Background: true} {
		synctest.Test(t, func(t *testing.T) {
			pace := budget.New(10)
			c := stripeapi.New(stripeapi.Config{
				Key:       stripeapi.FixedKey("sk_test_1"),
				BaseURL:   "http://stripe.test",
				Timeout:   time.Minute,
				Transport: &recorded{status: http.StatusTooManyRequests, body: `{"error":{"code":"rate_limit"}}`},
				Budget:    pace,
			})

			ctx := budget.WithPriority(t.Context(), priority)
			if _, _, err := c.MirrorPage(ctx, mirror.Query{Account: "acct_1", Kind: mirror.Charges}); err == nil {
				t.Fatal("the call succeeded")
			}

			began := time.Now()
			for range 20 { // two seconds' worth
				if err := pace.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
			}

			if took := time.Since(began); (took > 3*time.Second) != wantSlower {
				t.Errorf("priority %d: 20 requests took %s, slower: want %t", priority, took, wantSlower)
			}
		})
	}
}

// TestACallForAnAccountHasItsBudget checks that the calls for an account wait
// for its budget, that a 429 slows down that account alone, and that neither
// holds up the own account.
func TestACallForAnAccountHasItsBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stripe := &recorded{status: http.StatusOK, body: `{"id":"cus_1"}`}
		c := stripeapi.New(stripeapi.Config{
			Key:       stripeapi.FixedKey("sk_test_1"),
			BaseURL:   "http://stripe.test",
			Timeout:   time.Minute,
			Transport: stripe,
			Budget:    budget.New(100),
			Accounts:  budget.NewAccounts(10),
		})

		twenty := func(account string) time.Duration {
			began := time.Now()
			for range 20 {
				_ = c.For(account).CheckCustomer(t.Context(), "cus_1")
			}

			return time.Since(began)
		}

		if took := twenty("acct_1"); took < time.Second || took > 3*time.Second {
			t.Errorf("20 calls for an account took %s, want about two seconds at 10 a second", took)
		}
		if took := twenty(""); took > time.Second {
			t.Errorf("20 calls for the own account took %s", took)
		}

		stripe.status = http.StatusTooManyRequests
		if err := c.For("acct_1").CheckCustomer(t.Context(), "cus_1"); err == nil {
			t.Fatal("the call succeeded")
		}

		stripe.status = http.StatusOK
		if took := twenty("acct_1"); took < 2500*time.Millisecond {
			t.Errorf("20 calls for an account took %s after a 429, want about three seconds and more", took)
		}
		if took := twenty("acct_2") + twenty(""); took > 4*time.Second {
			t.Errorf("20 calls for another account and 20 for the own one took %s after that", took)
		}
	})
}

// TestReadOnlyAccountIsNeverWrittenFor checks that a call that would change
// something is refused before it leaves, and that its answer proves so.
func TestReadOnlyAccountIsNeverWrittenFor(t *testing.T) {
	t.Parallel()
	s := &recorded{status: http.StatusOK, body: `{"id":"x_1"}`}
	c := s.client(func(_ context.Context, account string) (bool, error) {
		if account == "acct_unknown" {
			return false, errors.New("the database is down")
		}
		if account == "acct_gone" {
			return false, connect.ErrNotConnected
		}

		return account == "acct_writes", nil
	})

	op := payments.Operation{
		ID:             "op_1",
		IntentID:       "pi_1",
		Amount:         1,
		IdempotencyKey: "checkoutd-op_1",
	}

	err := c.For("acct_reads").Refund(t.Context(), op)

	var refused *payments.CallError
	if !errors.As(err, &refused) || refused.Outcome != payments.OutcomeRefused ||
		refused.Stripe.Type != payments.TypePermission || refused.Stripe.Code != "account_read_only" {
		t.Errorf("got %v, want a certain refusal", err)
	}

	if err := c.For("acct_gone").Refund(t.Context(), op); !payments.IsAccountGone(err) {
		t.Errorf("a disconnected account: got %v, want what Stripe says of an account without access", err)
	}
	for account, want := range map[string]error{
		"acct_reads": people.ErrAccountReadOnly,
		"acct_gone":  people.ErrAccountGone,
	} {
		if err := c.For(account).DeleteCustomer(t.Context(), "cus_1"); !errors.Is(err, want) {
			t.Errorf("a deletion in %s: got %v, want %v", account, err, want)
		}
	}

	if err := c.For("acct_unknown").Refund(t.Context(), op); err == nil {
		t.Error("a call went through although nobody knows what the owner allows")
	}
	if len(s.requests) > 0 {
		t.Errorf("%d requests left: %s %s", len(s.requests), s.requests[0].Method, s.requests[0].URL)
	}

	if err := c.For("acct_writes").Refund(t.Context(), op); err != nil || len(s.requests) != 1 {
		t.Errorf("writing for an account that allows it: %v, %d requests", err, len(s.requests))
	}
	if err := c.For("acct_reads").CheckCustomer(t.Context(), "cus_1"); err != nil || len(s.requests) != 2 {
		t.Errorf("reading: %v, %d requests", err, len(s.requests))
	}
}
