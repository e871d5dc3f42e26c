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

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
)

// ShopCatalog has the price of Stripe's guide, two currencies, and a product
// that costs less than Stripe accepts.
const ShopCatalog = `{"currency": "usd", "products": [
	{"sku": "mug", "name": "Enamel mug", "price": "18.00"},
	{"sku": "guide", "name": "Guide's example", "price": "10.99"},
	{"sku": "tea", "name": "Assam tea", "price": "9.50", "currency": "eur"},
	{"sku": "dust", "name": "A grain of dust", "price": "0.01"}]}`

// Shop is a running App as `server sandbox` starts it: the checkout with the
// offline Stripe inside, and SQLite in a folder of its own.
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
	store  *store.Store // nil until Store opens it
}

// Option changes a shop before it starts.
type Option func(*Shop)

// Behind puts a handler in front of the app, as a proxy would.
func Behind(wrap func(http.Handler) http.Handler) Option { return func(s *Shop) { s.wrap = wrap } }

// Set sets an environment variable.
func Set(name, value string) Option { return func(s *Shop) { s.Env[name] = value } }

// databaseFile is the name of a shop's database in its folder.
const databaseFile = "checkoutd.db"

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// OpenShop starts a shop that runs until the end of the test.
func OpenShop(t *testing.T, options ...Option) *Shop {
	t.Helper()
	s := &Shop{T: t, Dir: t.TempDir(), Mode: config.Sandbox, Logs: &testkit.LogBook{}}
	s.Env = map[string]string{
		"ADDR":               freeAddress(t),
		"SANDBOX_ADDR":       "127.0.0.1:0",
		"SANDBOX_STATE_FILE": filepath.Join(s.Dir, "sandbox.json"),
		"DATABASE_TIMEOUT":   "1m",
		"DATABASE_URL":       "sqlite:" + filepath.Join(s.Dir, databaseFile),
		"CATALOG_FILE":       filepath.Join(s.Dir, "catalog.json"),
		"BRAND_NAME":         "Tea & Mugs",
		"BACKFILL_EVERY":     "0", // what arrives, arrives by webhook

		// The longest: on a slow machine no answer counts as lost.
		"STRIPE_TIMEOUT": "2m",
		"UNKNOWN_AFTER":  "10m",
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

	if file := filepath.Join(s.Dir, databaseFile); s.Env["DATABASE_URL"] == "sqlite:"+file && !exists(file) {
		storetest.WriteSQLite(t, file) // the migrations have tests of their own
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

// freeAddress returns an address whose port was free a moment ago. The shop's
// address must be known before it listens, because pages and webhooks contain
// it.
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

// Start builds the App from the environment alone and runs it. If another
// process took the address meanwhile, it tries another one.
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

// startProxy serves s.wrap around the app at BASE_URL, and returns the function
// that stops it. Webhooks still go to the app itself.
func (s *Shop) startProxy() (stop func()) {
	s.T.Helper()
	if s.wrap == nil {
		return func() {}
	}

	listener, err := net.Listen("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		s.T.Fatal(err)
	}

	server := &http.Server{Handler: s.wrap(s.App.Handler()), ReadHeaderTimeout: testhost.Patience}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()

	return func() {
		_ = server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			s.T.Errorf("the proxy ended with: %v", err)
		}
	}
}

// Restart stops the App and starts another one with the same folder and
// address.
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

// ReadNoDotenv reads a file for config.Load, but keeps a developer's .env out
// of the tests.
func ReadNoDotenv(name string) ([]byte, error) {
	if name == ".env" {
		return nil, os.ErrNotExist
	}
	return os.ReadFile(name)
}
