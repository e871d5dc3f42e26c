package bench_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"checkoutd/internal/httpio"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/pgtest"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/webhooks"
)

const (
	webhookSecret = "whsec_bench"
	apiKey        = "sk_test_bench000000000000"
)

// engines runs a benchmark on both databases. PostgreSQL is a cluster started
// for this run, with fsync on.
func engines(b *testing.B, run func(b *testing.B, url func() string)) {
	b.Run("sqlite", func(b *testing.B) {
		run(b, func() string { return "sqlite:" + filepath.Join(b.TempDir(), "checkoutd.db") })
	})
	b.Run("postgres", func(b *testing.B) {
		cluster := pgtest.Shared(b)
		run(b, func() string { return cluster.NewDatabase(b) })
	})
}

// openStore opens a store and migrates it.
func openStore(b testing.TB, url string) *store.Store {
	b.Helper()
	s, err := store.Open(b.Context(), url, store.Options{Log: zerolog.Nop()})
	if err != nil {
		b.Fatal(err)
	}

	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})

	if err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}

	return s
}

// accessLog returns a log that formats and writes its lines as in production,
// to the null device.
func accessLog(b testing.TB) zerolog.Logger {
	b.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = null.Close() })
	return zerolog.New(null).With().Timestamp().Logger()
}

// eventInbox is what the webhook handler and its worker need of the store.
type eventInbox interface {
	webhooks.Intake
	webhooks.Claims
}

// offline verifies and reads events, and makes no calls.
type offline struct{ stripeapi.Codec }

// Events is never called: nothing here backfills.
func (offline) Events(context.Context, string, time.Time, string) ([][]byte, bool, error) {
	panic("backfill")
}

// inbox builds the webhook handler and its worker over an inbox.
func inbox(b testing.TB, keep eventInbox, ledger payments.Store) *webhooks.Service {
	return inboxOf(b, keep, ledger, 8)
}

// inboxOf is inbox with a number of workers.
func inboxOf(b testing.TB, keep eventInbox, ledger payments.Store, workers int) *webhooks.Service {
	log := accessLog(b)
	return webhooks.New(webhooks.Config{
		Intake: keep,
		Claims: keep,
		Stripe: offline{},
		Now:    time.Now,
		Log:    log,
		Payments: payments.New(payments.Config{
			Store:        ledger,
			Now:          time.Now,
			Log:          log,
			UnknownAfter: time.Minute,
			CallTimeout:  30 * time.Second,
			ProofKey:     proofKey,
		}),
		Secrets:   func() []string { return []string{webhookSecret} },
		Tolerance: time.Hour,
		Workers:   workers,
		Lease:     2 * time.Minute,
	})
}

// discarding is an inbox that stores nothing. What else it is asked for panics.
type discarding struct{ eventInbox }

func (discarding) Accept(context.Context, webhooks.Event) (bool, error) { return true, nil }

// chained wraps routes in the product's middleware.
func chained(b testing.TB, routes func(chi.Router)) http.Handler {
	b.Helper()
	const origin = "http://localhost:4242"
	chain, err := httpserver.Middlewares(httpserver.Options{
		Log:          accessLog(b),
		Now:          time.Now,
		NewRequestID: func() string { return orders.NewID("req_") },
		BaseURL:      origin,
		Policy:       httpserver.Policy{ScriptURL: "http://127.0.0.1:12111/v3/", APIBase: "http://127.0.0.1:12111"},
		MaxBody:      1 << 20,
		StripeErrors: []string{"/create-confirm-intent"},
	})
	if err != nil {
		b.Fatal(err)
	}

	r := chi.NewRouter()
	r.Use(chain...)
	routes(r)

	return r
}

func webhookHandler(b testing.TB, keep eventInbox, ledger payments.Store) http.Handler {
	hooks := inbox(b, keep, ledger)
	return chained(b, func(r chi.Router) { r.Post("/webhooks/stripe", httpio.Handle(hooks.ServeHTTP)) })
}

// listen serves h with the product's server and returns its address.
func listen(b *testing.B, h http.Handler) (addr string) {
	b.Helper()
	server, err := httpserver.Listen(b.Context(), httpserver.Config{
		Addr:    "127.0.0.1:0",
		Handler: h,
		Log:     zerolog.Nop(),
	})
	if err != nil {
		b.Fatal(err)
	}

	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, http.ErrServerClosed) {
			b.Error(err)
		}
	})

	return server.Addr().String()
}
