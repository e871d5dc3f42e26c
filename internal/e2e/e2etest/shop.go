package e2etest

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/store"
	"checkoutd/internal/testkit"
	"checkoutd/internal/webhooks"
)

// ShopCatalog has the guide's own price, two currencies and a thing of no
// worth.
const ShopCatalog = `{"currency": "usd", "products": [
	{"sku": "mug", "name": "Enamel mug", "price": "18.00"},
	{"sku": "guide", "name": "Guide's example", "price": "10.99"},
	{"sku": "tea", "name": "Assam tea", "price": "9.50", "currency": "eur"},
	{"sku": "dust", "name": "A grain of dust", "price": "0.01"}]}`

// Patience is how long a test waits for what must come.
const Patience = 20 * time.Second

// Shop is a running App, as `server sandbox` starts it: the checkout with the
// offline Stripe inside, SQLite in a folder of its own.
type Shop struct {
	T    *testing.T
	Dir  string
	Mode config.Mode
	Env  map[string]string
	wrap func(http.Handler) http.Handler
	Logs *testkit.LogBook

	App    *app.App
	Config *config.Config
	URL    string // BASE_URL
	Stop   func() // stops the App and waits for its end

	opened sync.Mutex
	store  *store.Store // nil until books
}

// Option changes a shop before it starts.
type Option func(*Shop)

// Behind puts a handler in front of the app, as a proxy would be.
func Behind(wrap func(http.Handler) http.Handler) Option { return func(s *Shop) { s.wrap = wrap } }

// Set sets a variable of the environment.
func Set(name, value string) Option { return func(s *Shop) { s.Env[name] = value } }

// OpenShop starts a shop that ends with the test.
func OpenShop(t *testing.T, options ...Option) *Shop {
	t.Helper()
	s := &Shop{T: t, Dir: t.TempDir(), Mode: config.Sandbox, Logs: &testkit.LogBook{}}
	s.Env = map[string]string{
		"ADDR":               freeAddress(t),
		"SANDBOX_ADDR":       "127.0.0.1:0",
		"SANDBOX_STATE_FILE": filepath.Join(s.Dir, "sandbox.json"),
		"DATABASE_URL":       "sqlite:" + filepath.Join(s.Dir, "checkoutd.db"),
		"CATALOG_FILE":       filepath.Join(s.Dir, "catalog.json"),
		"BRAND_NAME":         "Tea & Mugs",
		"BACKFILL_EVERY":     "0", // what arrives, arrives by webhook
	}
	if err := os.WriteFile(s.Env["CATALOG_FILE"], []byte(ShopCatalog), 0o600); err != nil {
		t.Fatal(err)
	}

	for _, o := range options {
		o(s)
	}

	if s.wrap != nil {
		s.Env["BASE_URL"] = "http://" + s.Env["ADDR"]
		s.Env["ADDR"] = freeAddress(t)
	}

	s.Start()
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("the log ends with:\n%s", s.Logs.Tail(40))
		}
	})

	return s
}

// freeAddress names a port that was free a moment ago. The shop's own address
// must be known before it listens, since pages and webhooks are told it.
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

// Start builds the App from the environment alone and runs it. Somebody else
// may have taken the address meanwhile; then it tries another.
func (s *Shop) Start() {
	s.T.Helper()
	for range 5 {
		err := s.tryStart()
		if err == nil {
			return
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			s.T.Fatal(err)
		}

		s.Env["ADDR"] = freeAddress(s.T)
	}

	s.T.Fatal("no free address")
}

func (s *Shop) tryStart() error {
	s.T.Helper()
	var err error
	if s.Config, err = config.Load(s.Mode, environ(s.Env), ReadNoDotenv); err != nil {
		s.T.Fatal(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	s.App, err = app.New(ctx, app.Options{
		Config:  s.Config,
		Version: "test",
		Log:     zerolog.New(s.Logs),
		Now:     time.Now,
	})
	if err != nil {
		cancel()
		return err
	}

	s.URL = s.Config.BaseURL
	ended := make(chan error, 1)
	go func() { ended <- s.App.Run(ctx) }()
	stopProxy := s.startProxy()
	s.Stop = sync.OnceFunc(func() {
		stopProxy()
		cancel()

		if err := <-ended; err != nil {
			s.T.Errorf("the app ended with: %v", err)
		}
	})

	return nil
}

// startProxy serves the app behind s.wrap at BASE_URL, and returns what ends
// it. Webhooks still go to the app itself.
func (s *Shop) startProxy() (stop func()) {
	s.T.Helper()
	if s.wrap == nil {
		return func() {}
	}

	listener, err := net.Listen("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		s.T.Fatal(err)
	}

	server := &http.Server{Handler: s.wrap(s.App.Handler()), ReadHeaderTimeout: Patience}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()

	return func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			s.T.Errorf("the proxy ended with: %v", err)
		}
	}
}

// Routes returns every route of the app, "METHOD /pattern" each.
func (s *Shop) Routes() (list []string) {
	s.T.Helper()
	err := chi.Walk(s.App.Handler().(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		list = append(list, method+" "+route)
		return nil
	})
	if err != nil {
		s.T.Fatal(err)
	}
	return list
}

// Books opens the database beside the running server: tests read or change an
// order behind its back.
func (s *Shop) Books() *store.Store {
	s.T.Helper()
	s.opened.Lock()
	defer s.opened.Unlock()

	if s.store != nil {
		return s.store
	}

	var err error
	if s.store, err = app.OpenStore(context.Background(), s.Config, zerolog.Nop(), time.Now); err != nil {
		s.T.Fatal(err)
	}

	s.T.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			s.T.Error(err)
		}
	})

	return s.store
}

// Restart stops the App and starts another one on the same folder and address.
func (s *Shop) Restart() {
	s.T.Helper()
	s.Stop()
	s.Start()
}

func environ(env map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		all = append(all, name+"="+env[name])
	}
	return all
}

// ReadNoDotenv keeps a developer's .env out of the tests.
func ReadNoDotenv(name string) ([]byte, error) {
	if name == ".env" {
		return nil, os.ErrNotExist
	}
	return os.ReadFile(name)
}

// Fault makes the offline Stripe misbehave: see sandbox.Fault.
func (s *Shop) Fault(route, kind string, count int) {
	s.T.Helper()
	if _, err := s.App.Sandbox().AddFault(sandbox.Fault{
		Route: route,
		Kind:  kind,
		Count: count,
	}); err != nil {
		s.T.Fatal(err)
	}
}

// WantLedger compares what Stripe's side holds: how many intents that are not
// canceled, and how many charges that took money.
func (s *Shop) WantLedger(intents int, amounts ...int64) {
	s.T.Helper()
	ledger := s.App.Sandbox().Ledger()
	live := slices.DeleteFunc(slices.Clone(ledger.Intents), func(in sandbox.LedgerIntent) bool { return in.Status == "canceled" })
	if got := len(live); got != intents {
		s.T.Errorf("Stripe has %d PaymentIntents, want %d: %+v", got, intents, ledger.Intents)
	}

	var charged []int64
	for _, c := range ledger.Charges {
		if c.Status == "succeeded" {
			charged = append(charged, c.Amount)
		}
	}

	if !slices.Equal(charged, amounts) {
		s.T.Errorf("Stripe charged %v, want %v", charged, amounts)
	}
}

// Inbox opens the inbox beside the running server, as `server events` does.
func (s *Shop) Inbox() *app.Inbox {
	s.T.Helper()
	in, err := app.OpenInbox(context.Background(), s.Config, zerolog.Nop(), time.Now)
	if err != nil {
		s.T.Fatal(err)
	}

	s.T.Cleanup(func() {
		if err := in.Close(); err != nil {
			s.T.Error(err)
		}
	})

	return in
}

// WantWorked waits until every event of the order was worked,
// payment_intent.succeeded among them, and checks that each came signed, by
// webhook.
func (s *Shop) WantWorked(orderID string) {
	s.T.Helper()
	in := s.Inbox()
	var seen []webhooks.Event
	s.Eventually("the order's events are worked", func() bool {
		all, err := in.Events(context.Background(), webhooks.Filter{})
		if err != nil {
			s.T.Fatal(err)
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
			s.T.Errorf("%s is %s, want done: %s", e.Type, e.State, e.Note)
		}
		if e.Source != webhooks.SourceWebhook || e.Secret == "" {
			s.T.Errorf("%s came from %q signed with %q, want a signed webhook", e.Type, e.Source, e.Secret)
		}
	}
}

// Eventually polls until ok or the end of patience.
func (s *Shop) Eventually(what string, ok func() bool) {
	s.T.Helper()
	for deadline := time.Now().Add(Patience); !ok(); time.Sleep(15 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.T.Fatalf("waited %s in vain: %s", Patience, what)
		}
	}
}
