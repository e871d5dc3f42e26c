package sandbox

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/billing"
	"checkoutd/internal/sandbox/connect"
	"checkoutd/internal/sandbox/desk"
	"checkoutd/internal/sandbox/hooks"
	"checkoutd/internal/sandbox/past"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/stripecli"
)

// Config configures a sandbox. The zero value is usable: everything in memory,
// no webhook endpoints and no management API.
type Config struct {
	// BaseURL is how a browser reaches the sandbox; next_action URLs begin with
	// it. If it is empty, the Host of each request is used.
	BaseURL string

	// Assets holds the stand-in for Stripe.js and its pages. If it is nil,
	// their URLs return 404.
	Assets fs.FS

	Now    func() time.Time // nil = time.Now
	Logger zerolog.Logger   // never receives bodies, keys or card data

	Manage    bool   // serves the management API below /_sandbox/
	StateFile string // "" = memory only

	// Shop shows what the shop itself sent, as lists in JSON: the desk asks it
	// for e-mails and webhooks, below /_sandbox/shop/. Nil shows nothing.
	Shop http.Handler

	Endpoints []Endpoint
	// DeliverTo lists ports of this machine to which endpoints that were
	// created through the API may point, besides those of Endpoints; "*" is
	// every port. To other machines nothing is ever delivered.
	DeliverTo   []string
	RetryDelays []time.Duration // pauses between webhook attempts; nil = like Stripe's, hours apart in the end

	// DelayedAfter is how long a delayed payment stays in processing: 5 seconds
	// if it is 0, and until a test decides if it is negative.
	DelayedAfter time.Duration

	// MaxObjects limits the objects kept per kind and account; the oldest are
	// dropped first. 0 = 10,000.
	MaxObjects int

	// RestrictedKeys are the permissions (rak_charge_read) of restricted keys
	// (rk_test_…). Every other test key may do everything.
	RestrictedKeys map[string][]string

	// ConnectRedirects are the addresses to which OAuth may lead back, to the
	// letter. Empty: every address of this machine.
	ConnectRedirects []string

	// ConnectPlatform makes the application a platform. By default it is an
	// extension, which may ask for read_only and connect every account.
	ConnectPlatform bool

	BusinessName string // shown on the pages; "" = "Sandbox shop"
	Country      string // of the account; "" = "US"
}

// Server is the offline Stripe. It is an http.Handler and safe for concurrent
// use. Close stops what runs in the background.
type Server struct {
	api       *api.Server
	payments  *payments.Service
	connect   *connect.Pages
	past      *past.Service
	hooks     *hooks.Sender
	listeners *stripecli.Hub
	desk      *desk.Management

	assets  fs.FS
	manages bool
	mux     http.Handler
	closing sync.Once
}

// New builds a sandbox, reads its state file if there is one, and starts the
// delivery of webhooks and the clock.
func New(cfg Config) (*Server, error) {
	s := assemble(withDefaults(cfg))
	restored, err := s.api.Open()
	if err != nil {
		return nil, err
	}

	if err := s.past.Restore(); err != nil {
		return nil, errors.Join(err, s.api.Journal.Close())
	}

	if err := s.api.RestrictKeys(); err != nil {
		return nil, errors.Join(err, s.api.Journal.Close())
	}

	// The configured endpoints must exist before anything can emit an event.
	s.hooks.Seed()
	s.mux = s.routes()
	s.hooks.Start()
	s.api.Start(restored)

	return s, nil
}

// assemble builds the rooms of a sandbox and connects them. It starts nothing.
func assemble(cfg Config) *Server {
	srv := api.New(api.Config{
		BaseURL:      cfg.BaseURL,
		Now:          cfg.Now,
		Logger:       cfg.Logger,
		StateFile:    cfg.StateFile,
		DelayedAfter: cfg.DelayedAfter,
		MaxObjects:   cfg.MaxObjects,
		BusinessName: cfg.BusinessName,
		Country:      cfg.Country,

		RestrictedKeys:   cfg.RestrictedKeys,
		ConnectRedirects: cfg.ConnectRedirects,
		ConnectPlatform:  cfg.ConnectPlatform,
	})

	webhooks := hooks.New(srv, cfg.RetryDelays, cfg.Endpoints, cfg.DeliverTo)
	listeners := stripecli.New(srv, webhooks)
	pay := payments.New(srv, billing.Followers{}, connect.Connected{})
	accounts := connect.New(srv, pay)
	srv.Use(
		webhooks.Module(),
		listeners.Module(),
		pay.Module(),
		billing.New(srv, pay).Module(),
		accounts.Module(),
	)

	pages, histories := accounts.Pages(), past.New(srv, accounts, studio)

	return &Server{
		api:       srv,
		payments:  pay,
		connect:   pages,
		past:      histories,
		hooks:     webhooks,
		listeners: listeners,
		desk:      desk.New(srv, webhooks, pay, pages.Control(histories), cfg.Shop),
		assets:    cfg.Assets,
		manages:   cfg.Manage,
	}
}

// studio returns a server on which the objects are made that those of a past
// are like. It sends no webhooks.
func studio() *api.Server {
	srv := api.New(api.Config{
		Now:          time.Now,
		Logger:       zerolog.Nop(),
		MaxObjects:   10_000,
		BusinessName: "Studio",
		Country:      "US",
	})
	pay := payments.New(srv, billing.Followers{}, connect.Connected{})
	srv.Use(pay.Module(), billing.New(srv, pay).Module(), connect.New(srv, pay).Module())
	return srv
}

func withDefaults(cfg Config) Config {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}

	if cfg.MaxObjects == 0 {
		cfg.MaxObjects = 10_000
	}

	if cfg.DelayedAfter == 0 {
		cfg.DelayedAfter = 5 * time.Second
	}

	if cfg.BusinessName == "" {
		cfg.BusinessName = "Sandbox shop"
	}

	if cfg.Country == "" {
		cfg.Country = "US"
	}

	return cfg
}

// ServeHTTP serves one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close stops the clock and the delivery of webhooks, waits for deliveries in
// flight until ctx ends, and writes the state file.
func (s *Server) Close(ctx context.Context) error {
	var err error
	s.closing.Do(func() {
		s.api.Stop()
		err = s.hooks.Stop(ctx)
		s.listeners.Close()
		err = errors.Join(err, s.api.Journal.Close())
	})
	return err
}

// ListenLoopback listens on a loopback address and refuses every other one. The
// sandbox takes any test key, so other machines must not reach it.
func ListenLoopback(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}

	ip := net.ParseIP(host)
	if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errors.New("the sandbox listens on loopback only (127.0.0.1, ::1 or localhost), not on " + addr)
	}

	return net.Listen("tcp", addr)
}
