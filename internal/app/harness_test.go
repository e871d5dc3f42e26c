package app_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/testkit"
	"checkoutd/internal/webhooks"
)

// shopCatalog has the guide's own price, two currencies and a thing of no worth.
const shopCatalog = `{"currency": "usd", "products": [
	{"sku": "mug", "name": "Enamel mug", "price": "18.00"},
	{"sku": "guide", "name": "Guide's example", "price": "10.99"},
	{"sku": "tea", "name": "Assam tea", "price": "9.50", "currency": "eur"},
	{"sku": "dust", "name": "A grain of dust", "price": "0.01"}]}`

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// shop is a running App, as `server sandbox` starts it: the checkout with the offline
// Stripe inside, SQLite in a folder of its own.
type shop struct {
	t    *testing.T
	dir  string
	mode config.Mode
	env  map[string]string
	wrap func(http.Handler) http.Handler
	logs *testkit.LogBook

	app  *app.App
	cfg  *config.Config
	url  string // BASE_URL
	stop func() // stops the App and waits for its end
}

// option changes a shop before it starts.
type option func(*shop)

// behind puts a handler in front of the app.
func behind(wrap func(http.Handler) http.Handler) option { return func(s *shop) { s.wrap = wrap } }

// openShop starts a shop that ends with the test.
func openShop(t *testing.T, options ...option) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir(), mode: config.Sandbox, logs: &testkit.LogBook{}}
	s.env = map[string]string{
		"ADDR":               freeAddress(t),
		"SANDBOX_ADDR":       "127.0.0.1:0",
		"SANDBOX_STATE_FILE": filepath.Join(s.dir, "sandbox.json"),
		"DATABASE_URL":       "sqlite:" + filepath.Join(s.dir, "checkoutd.db"),
		"CATALOG_FILE":       filepath.Join(s.dir, "catalog.json"),
		"BRAND_NAME":         "Tea & Mugs",
		"BACKFILL_EVERY":     "0", // what arrives, arrives by webhook
	}
	if err := os.WriteFile(s.env["CATALOG_FILE"], []byte(shopCatalog), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range options {
		o(s)
	}
	s.start()
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("the log ends with:\n%s", s.logs.Tail(40))
		}
	})
	return s
}

// freeAddress names a port that was free a moment ago. The shop's own address must be
// known before it listens, since pages and webhooks are told it.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return "localhost:" + port
}

// start builds the App from the environment alone and runs it. Somebody else may have
// taken the address meanwhile; then it tries another.
func (s *shop) start() {
	s.t.Helper()
	for range 5 {
		err := s.tryStart()
		if err == nil {
			return
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			s.t.Fatal(err)
		}
		s.env["ADDR"] = freeAddress(s.t)
	}
	s.t.Fatal("no free address")
}

func (s *shop) tryStart() error {
	s.t.Helper()
	var err error
	if s.cfg, err = config.Load(s.mode, environ(s.env), readNoDotenv); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.app, err = app.New(ctx, app.Options{Config: s.cfg, Version: "test", Log: zerolog.New(s.logs), Now: time.Now})
	if err != nil {
		cancel()
		return err
	}
	if s.wrap != nil {
		s.app.Wrap(s.wrap)
	}
	s.url = s.cfg.BaseURL
	ended := make(chan error, 1)
	go func() { ended <- s.app.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("the app ended with: %v", err)
		}
	})
	return nil
}

// restart stops the App and starts another one on the same folder and address.
func (s *shop) restart() {
	s.t.Helper()
	s.stop()
	s.start()
}

func environ(env map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		all = append(all, name+"="+env[name])
	}
	return all
}

// readNoDotenv keeps a developer's .env out of the tests.
func readNoDotenv(name string) ([]byte, error) {
	if name == ".env" {
		return nil, os.ErrNotExist
	}
	return os.ReadFile(name)
}

// fault makes the offline Stripe misbehave: see sandbox.Fault.
func (s *shop) fault(route, kind string, count int) {
	s.t.Helper()
	if _, err := s.app.Sandbox().AddFault(sandbox.Fault{Route: route, Kind: kind, Count: count}); err != nil {
		s.t.Fatal(err)
	}
}

// wantLedger compares what Stripe's side holds: how many intents that are not canceled, and
// how many charges that took money.
func (s *shop) wantLedger(intents int, amounts ...int64) {
	s.t.Helper()
	ledger := s.app.Sandbox().Ledger()
	live := slices.DeleteFunc(slices.Clone(ledger.Intents), func(in sandbox.LedgerIntent) bool { return in.Status == "canceled" })
	if got := len(live); got != intents {
		s.t.Errorf("Stripe has %d PaymentIntents, want %d: %+v", got, intents, ledger.Intents)
	}
	var charged []int64
	for _, c := range ledger.Charges {
		if c.Status == "succeeded" {
			charged = append(charged, c.Amount)
		}
	}
	if !slices.Equal(charged, amounts) {
		s.t.Errorf("Stripe charged %v, want %v", charged, amounts)
	}
}

// inbox opens the inbox beside the running server, as `server events` does.
func (s *shop) inbox() *app.Inbox {
	s.t.Helper()
	in, err := app.OpenInbox(context.Background(), s.cfg, zerolog.Nop(), time.Now)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := in.Close(); err != nil {
			s.t.Error(err)
		}
	})
	return in
}

// wantWorked waits until every event of the order was worked, payment_intent.succeeded
// among them, and checks that each came signed, by webhook.
func (s *shop) wantWorked(orderID string) {
	s.t.Helper()
	in := s.inbox()
	var seen []webhooks.Event
	s.eventually("the order's events are worked", func() bool {
		all, err := in.Events(context.Background(), webhooks.Filter{})
		if err != nil {
			s.t.Fatal(err)
		}
		seen = nil
		paid, open := false, false
		for _, e := range all {
			open = open || e.State == webhooks.Received || e.State == webhooks.Working || e.State == webhooks.Unmatched
			if e.OrderID == orderID {
				seen = append(seen, e)
				paid = paid || e.Type == "payment_intent.succeeded"
			}
		}
		return paid && !open
	})
	for _, e := range seen {
		if e.State != webhooks.Done {
			s.t.Errorf("%s is %s, want done: %s", e.Type, e.State, e.Note)
		}
		if e.Source != webhooks.SourceWebhook || e.Secret == "" {
			s.t.Errorf("%s came from %q signed with %q, want a signed webhook", e.Type, e.Source, e.Secret)
		}
	}
}

// eventually polls until ok or the end of patience.
func (s *shop) eventually(what string, ok func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(15 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited %s in vain: %s", patience, what)
		}
	}
}
