package stripeapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"checkoutd/internal/payments"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/testhost"
)

func client(t *testing.T, h http.HandlerFunc) *stripeapi.Client {
	t.Helper()
	return clientWithin(t, testhost.Patience, h)
}

// clientWithin returns a client that waits up to timeout for each answer.
func clientWithin(t *testing.T, timeout time.Duration, h http.HandlerFunc) *stripeapi.Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return stripeapi.New(stripeapi.Config{
		Key:        stripeapi.FixedKey("sk_test_123456789"),
		BaseURL:    srv.URL,
		Timeout:    timeout,
		AppVersion: "1.2.3",
	})
}

var params = payments.Params{
	Token:     "ctoken_1",
	Amount:    1099,
	Currency:  "usd",
	ReturnURL: "https://shop.test/",
}

// TestErrorsStateTheOutcome covers the errors that Stripe documents, and those
// that only a network makes.
func TestErrorsStateTheOutcome(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Request-Id", "req_1")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}

	intent := `"payment_intent":{"id":"pi_1","object":"payment_intent","status":"requires_payment_method",` +
		`"amount":1099,"currency":"usd"}`
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		outcome payments.Outcome
		typ     string
		intent  bool
	}{
		{"card", answer(402,
			`{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","message":"No money.",`+intent+`}}`),
			payments.OutcomeRefused, payments.TypeCard, true},
		{"invalid request", answer(400,
			`{"error":{"type":"invalid_request_error","code":"parameter_missing","param":"amount","message":"x"}}`),
			payments.OutcomeRefused, payments.TypeInvalidRequest, false},
		{"not found", answer(404,
			`{"error":{"type":"invalid_request_error","code":"resource_missing","message":"x"}}`),
			payments.OutcomeRefused, payments.TypeInvalidRequest, false},
		{"unexpected state", answer(400,
			`{"error":{"type":"invalid_request_error","code":"payment_intent_unexpected_state","message":"x",`+intent+`}}`),
			payments.OutcomeRefused, payments.TypeInvalidRequest, true},
		{"authentication", answer(401, `{"error":{"type":"invalid_request_error","message":"Invalid API Key"}}`),
			payments.OutcomeRefused, payments.TypeAuthentication, false},
		{"permission", answer(403, `{"error":{"type":"invalid_request_error","message":"no"}}`),
			payments.OutcomeRefused, payments.TypePermission, false},
		{"rate limit", answer(429,
			`{"error":{"type":"invalid_request_error","code":"rate_limit","message":"slow"}}`),
			payments.OutcomeRefused, payments.TypeRateLimit, false},
		{"object locked", answer(429,
			`{"error":{"type":"invalid_request_error","code":"lock_timeout","message":"locked"}}`),
			payments.OutcomeUnknown, payments.TypeRateLimit, false},
		{"key in use", answer(409, `{"error":{"type":"idempotency_error","message":"in use"}}`),
			payments.OutcomeUnknown, payments.TypeIdempotency, false},
		{"key used with other parameters", answer(400, `{"error":{"type":"idempotency_error","message":"other"}}`),
			payments.OutcomeUnknown, payments.TypeIdempotency, false},
		{"api", answer(500, `{"error":{"type":"api_error","message":"oops"}}`),
			payments.OutcomeUnknown, payments.TypeAPI, false},
		{"api, with a status below 500", answer(400, `{"error":{"type":"api_error","message":"oops"}}`),
			payments.OutcomeUnknown, payments.TypeAPI, false},
		{"a dependency of Stripe's failed", answer(424,
			`{"error":{"type":"invalid_request_error","message":"oops"}}`),
			payments.OutcomeUnknown, payments.TypeInvalidRequest, false},
		{"a proxy's page", answer(502, `<html>Bad gateway</html>`),
			payments.OutcomeUnknown, payments.TypeConnection, false},
		{"an answer cut short", answer(200, `{"id":"pi_1","stat`),
			payments.OutcomeUnknown, payments.TypeConnection, false},
		{"reset", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
			payments.OutcomeUnknown, payments.TypeConnection, false},
		{"timeout", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // or the server would not see that the client left
			<-r.Context().Done()
		}, payments.OutcomeUnknown, payments.TypeConnection, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			timeout := testhost.Patience
			if tt.name == "timeout" {
				timeout = 300 * time.Millisecond
			}

			c := clientWithin(t, timeout, tt.handler)
			_, err := c.Send(context.Background(), params, "checkoutd-1")

			var e *payments.CallError
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a CallError", err)
			}

			if e.Outcome != tt.outcome || e.Stripe.Type != tt.typ || (e.Snapshot != nil) != tt.intent {
				t.Errorf("got outcome %d type %s snapshot %v; want %d %s %t",
					e.Outcome, e.Stripe.Type, e.Snapshot, tt.outcome, tt.typ, tt.intent)
			}

			if strings.Contains(e.Error(), "No money.") || strings.Contains(e.Error(), "sk_test") {
				t.Errorf("the log would show %q", e.Error())
			}
		})
	}
}

func TestRefusedConnectionIsUnknown(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	c := stripeapi.New(stripeapi.Config{
		Key:        stripeapi.FixedKey("sk_test_123456789"),
		BaseURL:    srv.URL,
		Timeout:    testhost.Patience,
		AppVersion: "1.2.3",
	})

	_, err := c.Intent(context.Background(), "pi_1")

	var e *payments.CallError
	if !errors.As(err, &e) || e.Outcome != payments.OutcomeUnknown {
		t.Errorf("got %v, want an unknown outcome", err)
	}
}

func TestPostWithoutAKeyOfOursIsNotSent(t *testing.T) {
	t.Parallel()
	reached := false
	c := client(t, func(http.ResponseWriter, *http.Request) { reached = true })
	if _, err := c.CreateCustomer(context.Background(), "buy_1", "somebody-elses-key"); err == nil || reached {
		t.Errorf("error %v, reached Stripe %t; want an error and no request", err, reached)
	}
}

func TestRetryKeepsTheKey(t *testing.T) {
	t.Parallel()
	var keys []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if len(keys) == 1 {
			panic(http.ErrAbortHandler)
		}

		_, _ = w.Write([]byte(`{"id":"pi_1","object":"payment_intent","status":"succeeded"}`))
	}))

	t.Cleanup(srv.Close)
	c := stripeapi.New(stripeapi.Config{
		Key:        stripeapi.FixedKey("sk_test_123456789"),
		BaseURL:    srv.URL,
		Timeout:    testhost.Patience,
		Retries:    2,
		AppVersion: "1.2.3",
	})

	snap, err := c.Send(context.Background(), params, "checkoutd-1")
	if err != nil || snap.ID != "pi_1" {
		t.Fatalf("got %+v, %v", snap, err)
	}

	for _, k := range keys {
		if k != "checkoutd-1" {
			t.Errorf("sent under key %q", k)
		}
	}

	if len(keys) < 2 {
		t.Errorf("%d requests, want a repetition", len(keys))
	}
}

// TestErrorsStateHowTheyArose: whether Stripe kept the answer under the key,
// and whether an earlier request of the same call may have arrived, even if
// only Go's transport repeated it.
func TestErrorsStateHowTheyArose(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name               string
		lost               int // requests that get no answer
		replayed, repeated bool
	}{
		{"the first request's own answer", 0, false, false},
		{"an answer that was kept", 0, true, false},
		{"an answer after a lost one", 1, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if int(n.Add(1)) <= tt.lost {
					panic(http.ErrAbortHandler)
				}

				if tt.replayed {
					w.Header().Set("Idempotent-Replayed", "true")
				}

				w.WriteHeader(http.StatusTooManyRequests)
				_, _ = w.Write([]byte(`{"error":{"type":"invalid_request_error","code":"rate_limit","message":"slow"}}`))
			}))

			t.Cleanup(srv.Close)
			c := stripeapi.New(stripeapi.Config{
				Key:        stripeapi.FixedKey("sk_test_123456789"),
				BaseURL:    srv.URL,
				Timeout:    testhost.Patience,
				Retries:    2,
				AppVersion: "1.2.3",
			})

			_, err := c.Send(context.Background(), params, "checkoutd-1")

			var e *payments.CallError
			if !errors.As(err, &e) || e.Replayed != tt.replayed || e.Repeated != tt.repeated {
				t.Errorf("got %+v, want replayed %t, repeated %t", e, tt.replayed, tt.repeated)
			}
		})
	}
}

// An answer that is not Stripe's may be long and contain anything.
func TestForeignAnswerIsShortened(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"JSON without an error": `{"page":"\u001b[31m` + strings.Repeat("x", 5000) + `"}`,
		"binary":                "{\"a\":\"" + strings.Repeat("\xff\x00\x1b\n", 500),
		"a page":                "<html>" + strings.Repeat("<p>\r\n", 3000),
	} {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(body))
		})

		_, err := c.Intent(context.Background(), "pi_1")
		var e *payments.CallError
		if !errors.As(err, &e) {
			t.Fatalf("%s: got %v", name, err)
		}

		text := e.Cause.Error()
		if n := utf8.RuneCountInString(text); n > 201 || n == 0 ||
			strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%s: the log would show %d characters: %q", name, n, text)
		}
	}
}

func TestShortenedErrorKeepsItsCause(t *testing.T) {
	t.Parallel()
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Intent(ctx, "pi_1"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it to be context.Canceled", err)
	}
}
