// Package telemetry holds the metrics of a running server, in the text format
// of Prometheus. Every metric is named here, and nowhere else. It also sends
// the spans of package tracing to a collector.
//
// The rooms that have something to tell declare small interfaces (Meter), which
// *Metrics implements. What is in the database is read when somebody asks: it
// is the same for all replicas.
//
// No label has unbounded values, and none is an ID, an address or a key: a
// value that is not in a list of ours counts as "other".
package telemetry

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"
)

// Config is what New needs.
type Config struct {
	Version string
	Mode    string // of the Stripe keys: live, test or sandbox
	Now     func() time.Time
	Log     zerolog.Logger
}

// Metrics measures. All methods are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	log      zerolog.Logger
	now      func() time.Time

	requests     *prometheus.CounterVec
	requestTime  *prometheus.HistogramVec
	attempts     *prometheus.CounterVec
	paidAfter    prometheus.Histogram
	eventsStored *prometheus.CounterVec
	eventsWorked *prometheus.CounterVec
	tries        *prometheus.CounterVec
	tryTime      prometheus.Histogram
	emailTries   *prometheus.CounterVec
	blocks       *prometheus.CounterVec
	calls        *prometheus.CounterVec
	callTime     *prometheus.HistogramVec

	settingsRefused prometheus.Gauge
	catalogRefused  prometheus.Gauge
	keyRefused      prometheus.Gauge
}

// Buckets of times, in seconds. A request ends within a minute; a bank may let
// a buyer wait for days.
var (
	answerTimes = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	paidTimes   = []float64{.25, .5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 21600, 86400, 604800}
)

// New returns Metrics in a registry of their own.
func New(c Config) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), log: c.Log, now: c.Now}

	m.requests = m.counter("http_requests_total", "Requests by route and status.", "method", "route", "code")
	m.requestTime = m.times("http_request_duration_seconds", "How long requests took, by route.", "route")
	m.attempts = m.counter("payment_attempts_total",
		"Calls that confirm a payment, by outcome and by why the bank declined.", "outcome", "decline_code")
	m.paidAfter = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: namespace,
		Name:      "confirm_to_paid_seconds",
		Buckets:   paidTimes,
		Help:      "Time from the buyer's confirmation until the order was paid. Each order is counted by one replica.",
	})

	m.eventsStored = m.counter("events_stored_total",
		"Stripe's events that were new, by how they came: by webhook, or by backfill because no webhook did.", "source")
	m.eventsWorked = m.counter("events_worked_total", "Tries to process an event, by the state after it.", "state")
	m.tries = m.counter("delivery_tries_total", "Webhooks sent to the shop's backend, by outcome.", "outcome")
	m.tryTime = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: namespace,
		Name:      "delivery_duration_seconds",
		Buckets:   answerTimes,
		Help:      "How long the shop's backend took to answer a webhook.",
	})

	m.emailTries = m.counter("email_tries_total", "Tries to send an e-mail, by the state after it.", "state")
	m.blocks = m.counter("card_testing_blocks_total",
		"Payments that were refused as card testing, by whose failures were too many.", "reason")
	m.calls = m.counter("stripe_requests_total", "Requests to Stripe by outcome.", "method", "outcome")
	m.callTime = m.times("stripe_request_duration_seconds",
		"How long Stripe took to answer, without the wait for the budget.", "method")

	m.settingsRefused = m.state("settings_refused",
		"1 while the settings that were read again are refused, and the former ones stay.")
	m.catalogRefused = m.state("catalog_refused",
		"1 while the catalog file is refused and the previous catalog stays in use.")
	m.keyRefused = m.state("stripe_key_refused", "1 while Stripe refuses the secret key, so that nobody can pay.")

	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: namespace,
		Name:      "build_info",
		Help:      "1, with the version and the mode of the Stripe keys.",
	}, []string{"version", "go_version", "mode"})

	build.WithLabelValues(c.Version, runtime.Version(), c.Mode).Set(1)

	m.registry.MustRegister(m.paidAfter, m.tryTime, build,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.begin()

	return m
}

const namespace = "checkoutd"

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace,
		Name:      name,
		Help:      help,
	}, labels)
	m.registry.MustRegister(c)
	return c
}

// state returns a gauge that is 1 or 0.
func (m *Metrics) state(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
	m.registry.MustRegister(g)
	return g
}

func (m *Metrics) times(name, help string, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace,
		Name:      name,
		Help:      help,
		Buckets:   answerTimes,
	}, labels)
	m.registry.MustRegister(h)
	return h
}

// begin makes the counters that alerts read start at 0: the first increase of a
// counter that did not exist is not seen.
func (m *Metrics) begin() {
	for _, v := range eventSources {
		m.eventsStored.WithLabelValues(v)
	}

	for _, v := range eventStates {
		m.eventsWorked.WithLabelValues(v)
	}

	for _, v := range blockReasons {
		m.blocks.WithLabelValues(v)
	}

	for _, v := range emailStates {
		m.emailTries.WithLabelValues(v)
	}

	for _, v := range tryOutcomes {
		m.tries.WithLabelValues(v)
	}

	for _, method := range callMethods {
		for _, v := range callOutcomes {
			m.calls.WithLabelValues(method, v)
		}
	}

	for _, v := range attemptOutcomes {
		m.attempts.WithLabelValues(v, "")
	}
}

// Request counts a request. route is the pattern that it matched.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.requestTime.WithLabelValues(route).Observe(took.Seconds())
}

// AttemptSent counts a call that confirms a payment, with the state of the
// attempt after it and Stripe's decline code, if the bank declined.
func (m *Metrics) AttemptSent(outcome, declineCode string) {
	if declineCode != "" {
		declineCode = oneOf(declineCodes, declineCode)
	}
	m.attempts.WithLabelValues(oneOf(attemptOutcomes, outcome), declineCode).Inc()
}

// OrderPaid measures the time from a confirmation until its order is paid.
func (m *Metrics) OrderPaid(after time.Duration) { m.paidAfter.Observe(max(after, 0).Seconds()) }

// EventStored counts an event that was new.
func (m *Metrics) EventStored(source string) {
	m.eventsStored.WithLabelValues(oneOf(eventSources, source)).Inc()
}

// EventWorked counts a try to process an event, with the state after it.
func (m *Metrics) EventWorked(state string) {
	m.eventsWorked.WithLabelValues(oneOf(eventStates, state)).Inc()
}

// DeliveryTried counts a webhook to the shop's backend. status is 0 without an
// answer.
func (m *Metrics) DeliveryTried(status int, took time.Duration) {
	m.tries.WithLabelValues(tryOutcome(status)).Inc()
	m.tryTime.Observe(took.Seconds())
}

// EmailTried counts a try to send an e-mail, with the state after it.
func (m *Metrics) EmailTried(state string) {
	m.emailTries.WithLabelValues(oneOf(emailStates, state)).Inc()
}

// CardsBlocked counts a payment that was refused as card testing.
func (m *Metrics) CardsBlocked(reason string) {
	m.blocks.WithLabelValues(oneOf(blockReasons, reason)).Inc()
}

// StripeAnswered counts a request to Stripe. status is 0 without an answer.
func (m *Metrics) StripeAnswered(method string, status int, took time.Duration) {
	method = oneOf(callMethods, method)
	m.calls.WithLabelValues(method, callOutcome(status)).Inc()
	m.callTime.WithLabelValues(method).Observe(took.Seconds())
}

// StripeNotAsked counts a request whose turn in the budget did not come in
// time.
func (m *Metrics) StripeNotAsked(method string) {
	m.calls.WithLabelValues(oneOf(callMethods, method), notAsked).Inc()
}

// SettingsRefused tells whether the settings that were read again are refused.
func (m *Metrics) SettingsRefused(refused bool) { m.settingsRefused.Set(number(refused)) }

// CatalogRefused tells whether the catalog that was read again is refused.
func (m *Metrics) CatalogRefused(refused bool) { m.catalogRefused.Set(number(refused)) }

// StripeKeyRefused tells whether Stripe refuses the secret key.
func (m *Metrics) StripeKeyRefused(refused bool) { m.keyRefused.Set(number(refused)) }

func number(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// Read makes the metrics show a source that is read whenever somebody asks.
func (m *Metrics) Read(s Sources) { m.registry.MustRegister(newReader(s, m.now, m.log)) }

// Gatherer returns the registry, for tests.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// readTime bounds the reading of the database. Prometheus waits for 10 seconds.
const readTime = 5 * time.Second

// Handler serves GET /metrics.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: 4,
		EnableOpenMetrics:   true,
	}))
	return mux
}

// Sources are read when the metrics are asked for.
type Sources struct {
	// Tables returns what the database holds. It must end with ctx.
	Tables func(ctx context.Context) (Tables, error)
	// Pools returns what the connections to the database do.
	Pools func() []Pool
	// Budget returns how many requests to Stripe wait, by priority, and how
	// many this replica may send in a second, 0 without a limit.
	Budget func() (waiting map[string]int, perSecond float64)
	// Certificates returns the state of the server's own certificates. Nil: a
	// proxy has them.
	Certificates func() Certificates
}

// Certificates is the state of the certificates of all domains.
type Certificates struct {
	End      time.Time // of the one that ends first; zero while one is missing
	Left     float64   // the part of its life that is left, 0 to 1
	Tries    int64     // that failed since a success
	FailedAt time.Time // the last time; zero for never
}

// Tables is what the database holds, for all replicas.
type Tables struct {
	Attempts   Waiting          // whose outcome is not known
	Events     map[string]int64 // that are not finished, dead or quarantined, by state
	EventsDue  time.Time        // since when the longest one waits that is due; zero for none
	Effects    Waiting
	Deliveries Waiting
	Endpoints  map[string]int64 // by state
	Emails     map[string]int64 // that wait; and of the last day that failed, or that nobody knows of
	Backup     time.Time        // the state of the last backup; zero for none
	Retention  map[string]Sweep // by what is removed
	Findings   map[string]int64 // of the comparison with Stripe that are open, by kind
	Compared   time.Time        // when the last whole day was compared; zero for never
}

// Sweep is how far the retention is with something.
type Sweep struct {
	Removed int64     // ever
	SweptAt time.Time // when nothing was left to remove; zero for never
}

// Waiting is work that waits.
type Waiting struct {
	N     int64
	Since time.Time // when the oldest was created; zero for none
}

// Pool is a pool of connections to the database.
type Pool struct {
	Name   string // read or write
	Open   int
	InUse  int
	Waits  int64         // for a free connection, so far
	Waited time.Duration // so far
}
