package sandbox

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// APIVersion is the version of Stripe's API whose shapes the sandbox speaks; it is the account's default version.
const APIVersion = "2025-02-24.acacia"

// PlatformAccount is the id of the one account that every test key opens.
const PlatformAccount = "acct_1SbxCheckoutd000"

// apiConfig configures the API. Unlike the sandbox's own configuration it has no defaults.
type apiConfig struct {
	BaseURL      string
	Now          func() time.Time
	Logger       zerolog.Logger
	StateFile    string
	DelayedAfter time.Duration
	MaxObjects   int
	BusinessName string
	Country      string
}

// module is what a package of rules adds to the API.
type module struct {
	routes   []route
	kinds    []func() object                         // an empty object of every type, for reading the state file
	kept     []string                                // kinds of which nothing is dropped however many there are
	first    func(account string) []object           // what a new account holds
	resume   func(account string, obj object)        // schedules again what a restart has interrupted
	included map[string]func(c *call, id string) any // lists that are left out unless they are expanded, as "charge.refunds"
	deliver  func(ev *Event)                         // hands out a committed event; the store is locked
	expects  func(ev *Event) int                     // how many endpoints will get an event; the store is locked
	logged   func(c *call, ans answer)               // is told every finished request
}

// apiServer serves Stripe's API: it takes requests through authentication, parameters, faults, idempotency and a
// transaction to the handlers that modules registered.
type apiServer struct {
	cfg      apiConfig
	store    *store
	journal  *journal
	keys     *idempotencyStore
	faults   *faultBox
	log      *requestLog
	schedule *schedule
	offset   atomic.Int64 // how far the clock was moved, in nanoseconds
	modules  []module
}

func newAPIServer(cfg apiConfig) *apiServer {
	s := &apiServer{
		cfg: cfg, store: newStore(cfg.MaxObjects), keys: newIdempotencyStore(cfg.MaxObjects),
		faults: newFaultBox(), log: newRequestLog(1000),
	}
	s.schedule = newSchedule(s.now, func(id string) bool { _, kept := s.anywhere(id); return kept })
	s.use(module{
		routes: []route{
			newRoute("GET", "/v1/events", secretOnly, listEvents),
			newRoute("GET", "/v1/events/{id}", secretOnly, retrieveEvent),
		},
		kinds: []func() object{
			func() object { return &Event{} }, func() object { return &DeletedObject{} }, func() object { return &Record{} },
		},
	})
	return s
}

// use registers modules. It must not be called after open.
func (s *apiServer) use(modules ...module) {
	for _, m := range modules {
		s.store.register(m.kinds, m.kept, m.first)
		s.modules = append(s.modules, m)
	}
}

// open reads the state file, when there is one, and tells whether it held anything.
func (s *apiServer) open() (restored bool, err error) {
	s.journal, restored, err = openJournal(s.cfg.StateFile, s.store, s, s.cfg.Logger)
	return restored, err
}

// start runs what falls due; with restored it first schedules again what a restart has interrupted.
func (s *apiServer) start(restored bool) {
	s.schedule.start()
	if restored {
		s.resume()
	}
}

// stop ends the schedule.
func (s *apiServer) stop() { s.schedule.stop() }

// routes lists what the modules registered.
func (s *apiServer) routes() []route {
	var out []route
	for _, m := range s.modules {
		out = append(out, m.routes...)
	}
	return out
}

// reset forgets every object, key, fault and request, and puts the clock back.
func (s *apiServer) reset() {
	s.schedule.clear()
	s.faults.clear()
	s.log.clear()
	s.keys.clear()
	s.store.reset()
	s.offset.Store(0)
}

// now is the sandbox's clock: the configured one, moved by what the management API asked for.
func (s *apiServer) now() time.Time { return s.cfg.Now().Add(time.Duration(s.offset.Load())) }

// advance moves the clock forward; what falls due runs at once.
func (s *apiServer) advance(d time.Duration) {
	s.offset.Add(int64(d))
	s.schedule.poke()
}

// ClockOffset implements besides.
func (s *apiServer) ClockOffset() int64 { return s.offset.Load() }

// SetClockOffset implements besides.
func (s *apiServer) SetClockOffset(offset int64) { s.offset.Store(offset) }

// Replays implements besides.
func (s *apiServer) Replays() []*replay { return s.keys.settled() }

// Remember implements besides.
func (s *apiServer) Remember(r *replay) { s.keys.remember(&keyUse{replay: *r}) }

// baseURL is how the caller reached the sandbox.
func (s *apiServer) baseURL(r *http.Request) string {
	if s.cfg.BaseURL != "" {
		return strings.TrimSuffix(s.cfg.BaseURL, "/")
	}
	if r == nil || r.Host == "" {
		return "http://127.0.0.1:12111"
	}
	return "http://" + r.Host
}
