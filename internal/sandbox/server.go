package sandbox

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"
)

// Endpoint is a webhook endpoint that exists from the start.
type Endpoint struct {
	URL           string
	Secret        string   // whsec_...; made up when empty
	EnabledEvents []string // event types; empty or "*" means all
	Connect       bool     // receives the events of connected accounts instead of the platform's own
}

// Config says how a sandbox behaves. The zero value is usable: memory only, no endpoints, no management door.
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

// Server is the offline Stripe. It is an http.Handler, safe for concurrent use; Close ends what it runs.
type Server struct {
	cfg       Config
	mux       http.Handler
	store     *store
	keys      *keyring
	faults    *faultBox
	listeners *cliHub
	log       *requestLog
	sender    *sender
	journal   *journal
	schedule  *schedule
	offset    atomic.Int64 // how far the clock was moved, in nanoseconds
	closing   sync.Once
}

// New builds a sandbox, reads its state file when there is one, and starts its senders.
func New(cfg Config) (*Server, error) {
	cfg = withDefaults(cfg)
	s := &Server{
		cfg: cfg, store: newStore(cfg.MaxObjects, firstObjects), keys: newKeyring(cfg.MaxObjects),
		faults: newFaultBox(), listeners: newCLIHub(), log: newRequestLog(1000),
	}
	s.schedule = newSchedule(s.now, func(id string) bool { _, kept := s.anywhere(id); return kept })
	s.sender = newSender(s, cfg.RetryDelays)
	restored, err := s.openJournal()
	if err != nil {
		return nil, err
	}
	s.seedEndpoints()
	s.mux = s.routes()
	s.schedule.start()
	s.resume(restored)
	return s, nil
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
	if cfg.RetryDelays == nil {
		cfg.RetryDelays = defaultRetryDelays
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

// Close stops the senders, waits for what they are doing until ctx ends, and writes the state file.
func (s *Server) Close(ctx context.Context) error {
	var err error
	s.closing.Do(func() {
		s.schedule.stop()
		err = errors.Join(s.sender.stop(ctx), s.closeJournal())
	})
	return err
}

// now is the sandbox's clock: the configured one, moved by what the management door asked for.
func (s *Server) now() time.Time { return s.cfg.Now().Add(time.Duration(s.offset.Load())) }

// Advance moves the sandbox's clock forward; what falls due runs at once.
func (s *Server) Advance(d time.Duration) {
	s.offset.Add(int64(d))
	s.schedule.poke()
}

// ListenLoopback listens on addr and refuses every address but this machine's own: the sandbox takes any key, so it
// must not be reachable from elsewhere.
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

// routes is the whole surface in one place: the API table, the browser's files and pages, the management door.
func (s *Server) routes() http.Handler {
	mux := chi.NewRouter()
	for _, rt := range apiRoutes() {
		mux.Method(rt.method, rt.pattern, s.api(rt))
	}
	mux.Get("/stripecli/subscribe/{account}", s.cliSocket)
	s.browserRoutes(mux)
	mux.Post("/oauth/token", s.oauthToken)
	mux.Post("/oauth/deauthorize", s.oauthDeauthorize)
	for _, page := range []string{"/oauth/authorize", "/express/oauth/authorize"} {
		mux.Get(page, s.oauthPage)
		mux.Post(page, s.oauthDecide)
	}
	mux.Get("/connect/onboarding", s.onboardingPage)
	mux.Post("/connect/onboarding", s.onboardingDone)
	if s.cfg.Manage {
		s.doorRoutes(mux)
	}
	mux.NotFound(s.unknownRoute)
	mux.MethodNotAllowed(s.unknownRoute)
	return thisMachine(withCORS(mux))
}

// unknownRoute answers what Stripe answers for a URL that its API does not have, or says that this one is left out here.
func (s *Server) unknownRoute(w http.ResponseWriter, r *http.Request) {
	c := &call{srv: s, req: r, now: s.now(), account: PlatformAccount, requestID: newShortID("req"), version: APIVersion}
	e := malformed("", "", "Unrecognized request URL (%s: %s). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.", r.Method, r.URL.Path)
	e.status = http.StatusNotFound
	if stripeHas(r.Method, r.URL.Path) {
		e = malformed("", "", "%s %s is part of Stripe's API, but the offline sandbox does not simulate it.", r.Method, r.URL.Path)
		e.status = http.StatusNotImplemented
	}
	ans := c.failed(e)
	s.log.add(c, ans)
	c.write(w, ans)
}
