package api

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/sandbox/clock"
	"checkoutd/internal/sandbox/memory"
)

// APIVersion is the version of Stripe's API that the sandbox speaks. It is also
// the default version of the account.
const APIVersion = "2025-02-24.acacia"

// PlatformAccount is the ID of the one account that every test key opens.
const PlatformAccount = "acct_1SbxCheckoutd000"

// Config configures the API. The sandbox has set every default.
type Config struct {
	BaseURL      string
	Now          func() time.Time
	Logger       zerolog.Logger
	StateFile    string
	DelayedAfter time.Duration
	MaxObjects   int
	BusinessName string
	Country      string

	// RestrictedKeys are the permissions of restricted keys (rk_test_…). Every
	// other test key may do everything.
	RestrictedKeys map[string][]string

	// ConnectRedirects are the addresses to which OAuth may lead back. If it
	// is empty, every address of this machine is allowed.
	ConnectRedirects []string

	// ConnectPlatform makes the application a platform, which may not ask for
	// read_only, nor connect accounts of other platforms. By default it is an
	// extension.
	ConnectPlatform bool
}

// Module is what a room adds to the API. Every field may be left empty.
type Module struct {
	Routes []Route

	// Kinds returns an empty object of every type that the room stores, for
	// reading the state file.
	Kinds []func() memory.Object

	// Kept lists the kinds of which nothing is dropped, however many objects
	// there are.
	Kept []string

	// First returns what a new account holds.
	First func(account string) []memory.Object

	// Resume schedules what a restart interrupted. It is called for every
	// object, with the store locked for reading.
	Resume func(account string, obj memory.Object)

	// Included returns the lists that a response contains only if they are
	// expanded, by kind and field, such as "charge.refunds".
	Included map[string]func(c *Call, id string) any

	// Expects returns how many webhook endpoints will get an event, before it
	// is committed. The store is locked.
	Expects func(ev *Event) int

	// Deliver queues the events of one commit, oldest first. The store is
	// locked.
	Deliver func(events []*Event)

	// Admit checks the key of an embedded component and whether it may make
	// the call, and sets the call's account. One module has it.
	Admit func(c *Call) error

	// Logged gets every finished request.
	Logged func(c *Call, resp Response)
}

// Server serves Stripe's API. It is safe for concurrent use once it is started.
type Server struct {
	Config   Config
	Store    *memory.Store
	Journal  *memory.Journal
	Faults   *Faults
	Log      *RequestLog
	Schedule *clock.Schedule

	modules []Module
	keys    *idempotencyStore
	offset  atomic.Int64 // how far the clock was advanced, in nanoseconds
}

// New returns a server without modules. Use adds them, Open reads its state and
// Start starts its clock.
func New(cfg Config) *Server {
	s := &Server{
		Config: cfg,
		Store:  memory.New(cfg.MaxObjects),
		keys:   newIdempotencyStore(cfg.MaxObjects),
		Faults: &Faults{},
		Log:    newRequestLog(1000),
	}

	s.Schedule = clock.New(s.Now, func(id string) bool {
		_, exists := s.Anywhere(id)
		return exists
	})

	s.Use(Module{
		Routes: []Route{
			NewRoute("GET", "/v1/events", SecretOnly, listEvents),
			NewRoute("GET", "/v1/events/{id}", SecretOnly, retrieveEvent),
		},
		Kinds: []func() memory.Object{
			func() memory.Object { return &Event{} },
			func() memory.Object { return &DeletedObject{} },
			func() memory.Object { return &Record{} },
		},
		Kept: []string{kindKey},
	})

	return s
}

// Use registers modules. It must not be called after Open.
func (s *Server) Use(modules ...Module) {
	for _, m := range modules {
		s.Store.Register(m.Kinds, m.Kept, m.First)
		s.modules = append(s.modules, m)
	}
}

// Open reads the state file, if there is one, and reports whether it held
// anything.
func (s *Server) Open() (restored bool, err error) {
	s.Journal, restored, err = memory.OpenJournal(s.Config.StateFile, s.Store, s, s.Config.Logger)
	return restored, err
}

// Start starts the clock. If restored is set, it also resumes what a restart
// interrupted.
func (s *Server) Start(restored bool) {
	s.Schedule.Start()
	if restored {
		s.resume()
	}
}

// Stop stops the clock.
func (s *Server) Stop() { s.Schedule.Stop() }

// Routes returns the routes of all modules.
func (s *Server) Routes() []Route {
	var out []Route
	for _, m := range s.modules {
		out = append(out, m.Routes...)
	}
	return out
}

// Reset deletes every object, idempotency key, fault and logged request, and
// sets the clock back.
func (s *Server) Reset() {
	s.Schedule.Clear()
	s.Faults.Clear()
	s.Log.clear()
	s.keys.clear()

	s.Store.Lock()
	s.Store.Reset()
	s.offset.Store(0)
	lines := s.Journal.ResetLine()
	s.Store.Unlock()

	s.Journal.Write(lines)
}

// Now returns the time on the sandbox's clock, which Advance moves ahead of the
// configured one.
func (s *Server) Now() time.Time { return s.Config.Now().Add(time.Duration(s.offset.Load())) }

// Advance moves the clock forward. Whatever is due then runs at once.
func (s *Server) Advance(d time.Duration) {
	s.offset.Add(int64(d))
	s.Journal.WriteClock()
	s.Schedule.Wake()
}

// ClockOffset implements memory.Extras.
func (s *Server) ClockOffset() int64 { return s.offset.Load() }

// SetClockOffset implements memory.Extras.
func (s *Server) SetClockOffset(offset int64) { s.offset.Store(offset) }

// Remember implements memory.Extras.
func (s *Server) Remember(r *memory.Replay) { s.keys.remember(&keyUse{Replay: *r}) }

// Remembers implements memory.Extras.
func (s *Server) Remembers(key, original string) bool { return s.keys.holds(key, original) }

// baseURL returns the URL at which a caller reached the sandbox.
func (s *Server) baseURL(r *http.Request) string {
	if s.Config.BaseURL != "" {
		return strings.TrimSuffix(s.Config.BaseURL, "/")
	}
	if r == nil || r.Host == "" {
		return "http://127.0.0.1:12111"
	}
	return "http://" + r.Host
}
