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
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/stripecli"
)

// Config says how a sandbox behaves. The zero value is usable: memory only, no
// endpoints, no management door.
type Config struct {
	BaseURL      string           // how a browser reaches the sandbox, used in next_action URLs; "" = taken from each request's Host
	Assets       fs.FS            // the stripe.js stand-in and its pages; nil = those routes answer 404
	Now          func() time.Time // nil = time.Now
	Logger       zerolog.Logger   // never receives bodies, keys or card data
	Manage       bool             // opens /_sandbox/
	StateFile    string           // "" = memory only
	Endpoints    []Endpoint
	RetryDelays  []time.Duration // pauses between webhook attempts; nil = Stripe-like, hours apart in the end
	DelayedAfter time.Duration   // how long a delayed method stays in processing; 0 = 5 seconds, negative = until told
	MaxObjects   int             // objects kept per kind and account, oldest dropped first; 0 = 10,000
	BusinessName string          // shown on the pages; "" = "Sandbox shop"
	Country      string          // the account's country; "" = "US"
}

// Server is the offline Stripe. It is an http.Handler, safe for concurrent use;
// Close ends what it runs.
type Server struct {
	api       *api.Server
	payments  *payments.Room
	connect   *connect.Pages
	hooks     *hooks.Sender
	listeners *stripecli.Hub
	desk      *desk.Management
	assets    fs.FS
	manages   bool
	mux       http.Handler
	closing   sync.Once
}

// New builds a sandbox, reads its state file when there is one, and starts its
// senders.
func New(cfg Config) (*Server, error) {
	s := assemble(withDefaults(cfg))
	restored, err := s.api.Open()
	if err != nil {
		return nil, err
	}
	s.hooks.Seed()
	s.mux = s.routes()
	s.hooks.Start()
	s.api.Start(restored)
	return s, nil
}

// assemble connects the rooms of a sandbox and starts nothing.
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
	})

	webhooks := hooks.New(srv, cfg.RetryDelays, cfg.Endpoints)
	listeners := stripecli.New(srv, webhooks)
	pay := payments.New(srv, billing.Followers{}, connect.Connected{})
	accounts := connect.New(srv, pay)
	srv.Use(webhooks.Module(), listeners.Module(), pay.Module(), billing.New(srv, pay).Module(), accounts.Module())

	return &Server{
		api:       srv,
		payments:  pay,
		connect:   accounts.Pages(),
		hooks:     webhooks,
		listeners: listeners,
		desk:      desk.New(srv, webhooks, pay),
		assets:    cfg.Assets,
		manages:   cfg.Manage,
	}
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

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close stops the senders, waits for what they are doing until ctx ends, and
// writes the state file.
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

// ListenLoopback listens on addr and refuses every address but this machine's
// own: the sandbox takes any key, so it must not be reachable from elsewhere.
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
