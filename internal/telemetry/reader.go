package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// shared ends the help of what the database holds.
const shared = " In the database, so the same at every replica: take the maximum, not the sum."

// reader reads Sources whenever somebody asks for the metrics.
type reader struct {
	sources Sources
	now     func() time.Time
	log     zerolog.Logger

	up            *prometheus.Desc
	attempts      waitingDesc
	events        *prometheus.Desc
	eventLag      *prometheus.Desc
	effects       waitingDesc
	deliveries    waitingDesc
	endpoints     *prometheus.Desc
	emails        *prometheus.Desc
	backup        *prometheus.Desc
	removed       *prometheus.Desc
	unswept       *prometheus.Desc
	findings      *prometheus.Desc
	uncompared    *prometheus.Desc
	connections   *prometheus.Desc
	waits         *prometheus.Desc
	waited        *prometheus.Desc
	budgetWaiting *prometheus.Desc
	budgetPace    *prometheus.Desc
	certificates  certificateDesc
}

// certificateDesc describes the certificates of the server's own https.
type certificateDesc struct{ end, left, tries, failed *prometheus.Desc }

// waitingDesc describes how much work waits, and for how long.
type waitingDesc struct{ n, age *prometheus.Desc }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

func describeWaiting(name, what string) waitingDesc {
	return waitingDesc{
		desc(name, what+"."+shared),
		desc(name+"_age_seconds", "Age of the oldest of the "+name+", 0 for none."+shared),
	}
}

func newReader(s Sources, now func() time.Time, log zerolog.Logger) *reader {
	return &reader{
		sources: s,
		now:     now,
		log:     log,

		up:         desc("database_up", "1 if the database answered just now."),
		attempts:   describeWaiting("attempts_unknown", "Attempts to pay whose outcome is not known"),
		events:     desc("events", "Events that are not finished, dead or quarantined, by state."+shared, "state"),
		eventLag:   desc("events_lag_seconds", "For how long the event waits that has been due longest."+shared),
		effects:    describeWaiting("effects_waiting", "Effects from which nothing has followed yet"),
		deliveries: describeWaiting("deliveries_waiting", "Webhooks that the shop's backend does not have yet"),
		endpoints:  desc("endpoints", "Webhook endpoints of the shop's backend, by state."+shared, "state"),
		emails: desc("emails",
			"E-mails that wait, and of the last day those that failed or are unknown, by state."+shared, "state"),

		backup: desc("backup_last_success_timestamp_seconds",
			"When the database was copied for the last backup, as a Unix time; 0 for never."+shared),
		removed: desc("retention_removed_total",
			"Rows whose personal data the retention removed, by what they are."+shared, "what"),
		unswept: desc("retention_age_seconds",
			"How long ago nothing was left for the retention to remove, by what it removes."+shared, "what"),

		findings: desc("drift_findings",
			"Open findings of the comparison with Stripe, by kind."+shared, "kind"),
		uncompared: desc("drift_age_seconds",
			"How long ago the last whole day was compared with Stripe in all accounts, 0 for never."+shared),
		connections:   desc("database_connections", "Connections to the database.", "pool", "state"),
		waits:         desc("database_waits_total", "How often somebody waited for a free connection.", "pool"),
		waited:        desc("database_wait_seconds_total", "How long somebody waited for a free connection.", "pool"),
		budgetWaiting: desc("budget_waiting", "Requests to Stripe that wait for their turn, by priority.", "priority"),
		budgetPace: desc("budget_requests_per_second",
			"How many requests to Stripe this replica may send in a second now, 0 without a limit."),
		certificates: certificateDesc{
			end: desc("certificate_end_timestamp_seconds",
				"When the certificate of TLS_DOMAINS ends that ends first, 0 while one is missing."+shared),
			left: desc("certificate_left_ratio",
				"The part of a certificate's life that is left, at least; it is renewed at a third."+shared),
			tries: desc("certificate_failed_tries",
				"Tries to get a certificate that failed since the last success, at most."+shared),
			failed: desc("certificate_failure_timestamp_seconds",
				"When a try to get a certificate failed last, 0 for never."+shared),
		},
	}
}

// Describe implements prometheus.Collector.
func (r *reader) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		r.up, r.attempts.n, r.attempts.age, r.events, r.eventLag, r.effects.n, r.effects.age, r.deliveries.n,
		r.deliveries.age, r.endpoints, r.emails, r.backup, r.removed, r.unswept, r.findings, r.uncompared,
		r.connections, r.waits,
		r.waited, r.budgetWaiting, r.budgetPace,
		r.certificates.end, r.certificates.left, r.certificates.tries, r.certificates.failed,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector. If the database does not answer, the
// metrics about it are missing, and database_up is 0.
func (r *reader) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readTime)
	defer cancel()

	tables, err := r.sources.Tables(ctx)
	if err != nil {
		r.log.Warn().Err(err).Msg("could not read the database for the metrics")
		gauge(to, r.up, 0)
	} else {
		gauge(to, r.up, 1)
		r.tables(to, tables)
	}

	for _, p := range r.sources.Pools() {
		gauge(to, r.connections, float64(p.InUse), p.Name, "in_use")
		gauge(to, r.connections, float64(p.Open-p.InUse), p.Name, "idle")
		counter(to, r.waits, float64(p.Waits), p.Name)
		counter(to, r.waited, p.Waited.Seconds(), p.Name)
	}

	waiting, perSecond := r.sources.Budget()
	for priority, n := range waiting {
		gauge(to, r.budgetWaiting, float64(n), priority)
	}

	gauge(to, r.budgetPace, perSecond)

	if r.sources.Certificates != nil {
		c := r.sources.Certificates()
		gauge(to, r.certificates.end, timestamp(c.End))
		gauge(to, r.certificates.left, c.Left)
		gauge(to, r.certificates.tries, float64(c.Tries))
		gauge(to, r.certificates.failed, timestamp(c.FailedAt))
	}
}

// timestamp returns a time in seconds since 1970, 0 if there is none.
func timestamp(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix())
}

func (r *reader) tables(to chan<- prometheus.Metric, t Tables) {
	r.waiting(to, r.attempts, t.Attempts)
	r.waiting(to, r.effects, t.Effects)
	r.waiting(to, r.deliveries, t.Deliveries)
	gauge(to, r.eventLag, r.age(t.EventsDue))

	var backup float64
	if !t.Backup.IsZero() {
		backup = float64(t.Backup.Unix())
	}
	gauge(to, r.backup, backup)

	states(to, r.findings, findingKinds, t.Findings)
	gauge(to, r.uncompared, r.age(t.Compared))
	states(to, r.events, waitingStates, t.Events)
	states(to, r.endpoints, endpointStates, t.Endpoints)
	states(to, r.emails, mailboxStates, t.Emails)

	for _, name := range sweepNames {
		counter(to, r.removed, float64(t.Retention[name].Removed), name)
		gauge(to, r.unswept, r.age(t.Retention[name].SweptAt), name)
	}
}

func (r *reader) waiting(to chan<- prometheus.Metric, d waitingDesc, w Waiting) {
	gauge(to, d.n, float64(w.N))
	gauge(to, d.age, r.age(w.Since))
}

// age returns the seconds since a time, 0 if there is none.
func (r *reader) age(since time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(r.now().Sub(since), 0).Seconds()
}

// states sends a number for each state, also if it is 0.
func states(to chan<- prometheus.Metric, d *prometheus.Desc, list []string, counts map[string]int64) {
	for _, s := range list {
		gauge(to, d, float64(counts[s]), s)
	}
}

func gauge(to chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func counter(to chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}
