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

// APIVersion is the version of Stripe's API whose shapes the sandbox speaks; it
// is the account's default version.
const APIVersion = "2025-02-24.acacia"

// PlatformAccount is the id of the one account that every test key opens.
const PlatformAccount = "acct_1SbxCheckoutd000"

// Config configures the API. Unlike the sandbox's own configuration it has no
// defaults.
type Config struct {
	BaseURL      string
	Now          func() time.Time
	Logger       zerolog.Logger
	StateFile    string
	DelayedAfter time.Duration
	MaxObjects   int
	BusinessName string
	Country      string
}

// Module is what a package of rules adds to the API.
type Module struct {
	Routes   []Route
	Kinds    []func() memory.Object                  // an empty object of every type, for reading the state file
	Kept     []string                                // kinds of which nothing is dropped however many there are
	First    func(account string) []memory.Object    // what a new account holds
	Resume   func(account string, obj memory.Object) // schedules again what a restart has interrupted
	Included map[string]func(c *Call, id string) any // lists that are left out unless they are expanded, as "charge.refunds"
	Deliver  func(ev *Event)                         // hands out a committed event; the store is locked
	Expects  func(ev *Event) int                     // how many endpoints will get an event; the store is locked
	Logged   func(c *Call, ans Answer)               // is told every finished request
}

// Server serves Stripe's API: it takes requests through authentication,
// parameters, faults, idempotency and a transaction to the handlers that
// modules registered.
type Server struct {
	Config   Config
	Store    *memory.Store
	Journal  *memory.Journal
	keys     *idempotencyStore
	Faults   *faultBox
	Log      *requestLog
	Schedule *clock.Schedule
	offset   atomic.Int64 // how far the clock was moved, in nanoseconds
	modules  []Module
}

func New(cfg Config) *Server {
	s := &Server{
		Config: cfg,
		Store:  memory.New(cfg.MaxObjects),
		keys:   newIdempotencyStore(cfg.MaxObjects),
		Faults: newFaultBox(),
		Log:    newRequestLog(1000),
	}

	s.Schedule = clock.New(s.Now, func(id string) bool { _, kept := s.Anywhere(id); return kept })
	s.Use(Module{
		Routes: []Route{
			NewRoute("GET", "/v1/events", SecretOnly, listEvents),
			NewRoute("GET", "/v1/events/{id}", SecretOnly, retrieveEvent),
		},
		Kinds: []func() memory.Object{
			func() memory.Object { return &Event{} }, func() memory.Object { return &DeletedObject{} }, func() memory.Object { return &Record{} },
		},
	})

	return s
}

// Use registers modules. It must not be called after open.
func (s *Server) Use(modules ...Module) {
	for _, m := range modules {
		s.Store.Register(m.Kinds, m.Kept, m.First)
		s.modules = append(s.modules, m)
	}
}

// Open reads the state file, when there is one, and tells whether it held
// anything.
func (s *Server) Open() (restored bool, err error) {
	s.Journal, restored, err = memory.OpenJournal(s.Config.StateFile, s.Store, s, s.Config.Logger)
	return restored, err
}

// Start runs what falls due; with restored it first schedules again what a
// restart has interrupted.
func (s *Server) Start(restored bool) {
	s.Schedule.Start()
	if restored {
		s.resume()
	}
}

// Stop ends the schedule.
func (s *Server) Stop() { s.Schedule.Stop() }

// Routes lists what the modules registered.
func (s *Server) Routes() []Route {
	var out []Route
	for _, m := range s.modules {
		out = append(out, m.Routes...)
	}
	return out
}

// Reset forgets every object, key, fault and request, and puts the clock back.
func (s *Server) Reset() {
	s.Schedule.Clear()
	s.Faults.Clear()
	s.Log.clear()
	s.keys.clear()
	s.Store.Reset()
	s.offset.Store(0)
}

// Now is the sandbox's clock: the configured one, moved by what the management
// API asked for.
func (s *Server) Now() time.Time { return s.Config.Now().Add(time.Duration(s.offset.Load())) }

// Advance moves the clock forward; what falls due runs at once.
func (s *Server) Advance(d time.Duration) {
	s.offset.Add(int64(d))
	s.Schedule.Poke()
}

// ClockOffset implements besides.
func (s *Server) ClockOffset() int64 { return s.offset.Load() }

// SetClockOffset implements besides.
func (s *Server) SetClockOffset(offset int64) { s.offset.Store(offset) }

// Replays implements besides.
func (s *Server) Replays() []*memory.Replay { return s.keys.settled() }

// Remember implements besides.
func (s *Server) Remember(r *memory.Replay) { s.keys.remember(&keyUse{Replay: *r}) }

// baseURL is how the caller reached the sandbox.
func (s *Server) baseURL(r *http.Request) string {
	if s.Config.BaseURL != "" {
		return strings.TrimSuffix(s.Config.BaseURL, "/")
	}
	if r == nil || r.Host == "" {
		return "http://127.0.0.1:12111"
	}
	return "http://" + r.Host
}
