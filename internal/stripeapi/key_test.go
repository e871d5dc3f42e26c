package stripeapi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"checkoutd/internal/payments"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/testhost"
)

// bank is a Stripe that knows some keys, and notes what it got.
type bank struct {
	mu      sync.Mutex
	known   map[string]bool
	got     []string // key and body
	receive func(key string)
}

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Authorization")
	body, _ := io.ReadAll(r.Body)
	b.receive(key)

	b.mu.Lock()
	defer b.mu.Unlock()

	b.got = append(b.got, key+" "+string(body))

	if !b.known[key] {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":{"type":"invalid_request_error","code":"api_key_expired"}}`))
		return
	}

	_, _ = w.Write([]byte(`{"id":"pi_1","object":"payment_intent","status":"canceled"}`))
}

// TestKeyThatIsReplacedInFlight replaces the key while a request is under way
// that Stripe then refuses, because the former key has expired.
func TestKeyThatIsReplacedInFlight(t *testing.T) {
	t.Parallel()
	var key atomic.Value
	key.Store("sk_test_former")
	b := &bank{known: map[string]bool{"Bearer sk_test_next": true}, receive: func(string) { key.Store("sk_test_next") }}
	srv := httptest.NewServer(b)
	t.Cleanup(srv.Close)

	var told []string
	c := stripeapi.New(stripeapi.Config{
		Key:     func() string { return key.Load().(string) },
		BaseURL: srv.URL,
		Timeout: testhost.Patience,
		KeyTold: func(key string, accepted bool) {
			told = append(told, key+map[bool]string{true: " accepted", false: " refused"}[accepted])
		},
	})

	if err := c.CancelIntent(t.Context(), payments.Intent{ID: "pi_1"}, "checkoutd-4"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"sk_test_next accepted"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}

	got := b.got
	if len(got) != 2 || got[0][len("Bearer sk_test_former"):] != got[1][len("Bearer sk_test_next"):] {
		t.Errorf("sent %q, want the same twice, under each key", got)
	}
}

// TestKeyThatStripeRefuses is not sent again, and is told.
func TestKeyThatStripeRefuses(t *testing.T) {
	t.Parallel()
	b := &bank{receive: func(string) {}}
	srv := httptest.NewServer(b)
	t.Cleanup(srv.Close)

	var refused []string
	c := stripeapi.New(stripeapi.Config{
		Key:     stripeapi.FixedKey("sk_test_wrong"),
		BaseURL: srv.URL,
		Timeout: testhost.Patience,
		Retries: 2,
		KeyTold: func(key string, accepted bool) {
			if !accepted {
				refused = append(refused, key)
			}
		},
	})

	_, err := c.Intent(context.WithoutCancel(t.Context()), "pi_1")
	if err == nil || len(b.got) != 1 || !slices.Equal(refused, []string{"sk_test_wrong"}) {
		t.Errorf("got %v after %d requests, refused %q", err, len(b.got), refused)
	}
}
