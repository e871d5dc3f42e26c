package telemetry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/rs/zerolog"

	"checkoutd/internal/telemetry"
)

var now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// everything returns metrics of which each has a value.
func everything(t *testing.T, tables func(context.Context) (telemetry.Tables, error)) *telemetry.Metrics {
	t.Helper()
	m := telemetry.New(telemetry.Config{
		Version: "1.2.3",
		Mode:    "test",
		Now:     func() time.Time { return now },
		Log:     zerolog.Nop(),
	})

	m.Request("GET", "/checkout/{id}", 200, time.Second)
	m.AttemptSent("failed", "insufficient_funds")
	m.OrderPaid(3 * time.Second)
	m.EventStored("backfill")
	m.EventWorked("done")
	m.DeliveryTried(204, time.Second)
	m.EmailTried("sent")
	m.CardsBlocked("shop")
	m.StripeAnswered("POST", 200, time.Second)
	m.StripeNotAsked("POST")
	m.Read(telemetry.Sources{
		Tables: tables,
		Pools: func() []telemetry.Pool {
			return []telemetry.Pool{{
				Name:  "write",
				Open:  3,
				InUse: 1,
				Waits: 7,
			}}
		},
		Budget: func() (map[string]int, float64) { return map[string]int{"confirm": 2}, 20 },
		Certificates: func() telemetry.Certificates {
			return telemetry.Certificates{End: time.Unix(1800000000, 0), Left: 0.25, Tries: 3}
		},
	})

	return m
}

func healthy(context.Context) (telemetry.Tables, error) {
	return telemetry.Tables{
		Attempts:  telemetry.Waiting{N: 2, Since: now.Add(-time.Minute)},
		Events:    map[string]int64{"received": 4, "dead": 1},
		EventsDue: now.Add(-30 * time.Second),
		Endpoints: map[string]int64{"enabled": 2},
		Emails:    map[string]int64{"unknown": 1},
		Backup:    time.Unix(1769860800, 0),
		Findings:  map[string]int64{"charge_unknown": 3},
		Compared:  now.Add(-time.Hour),
	}, nil
}

// scrape returns what GET /metrics answers.
func scrape(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))

	if rec.Code != 200 {
		t.Fatalf("GET /metrics answers %d: %s", rec.Code, rec.Body)
	}

	text, err := io.ReadAll(rec.Body)
	if err != nil {
		t.Fatal(err)
	}

	return string(text)
}

func want(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	want(t, scrape(t, everything(t, healthy)),
		`checkoutd_http_requests_total{code="200",method="GET",route="/checkout/{id}"} 1`,
		`checkoutd_payment_attempts_total{decline_code="insufficient_funds",outcome="failed"} 1`,
		`checkoutd_payment_attempts_total{decline_code="",outcome="succeeded"} 0`,
		`checkoutd_confirm_to_paid_seconds_sum 3`,
		`checkoutd_events_stored_total{source="backfill"} 1`,
		`checkoutd_delivery_tries_total{outcome="ok"} 1`,
		`checkoutd_stripe_requests_total{method="POST",outcome="ok"} 1`,
		`checkoutd_stripe_requests_total{method="POST",outcome="not_sent"} 1`,
		`checkoutd_attempts_unknown 2`,
		`checkoutd_attempts_unknown_age_seconds 60`,
		`checkoutd_events{state="dead"} 1`,
		`checkoutd_events{state="quarantined"} 0`,
		`checkoutd_events_lag_seconds 30`,
		`checkoutd_effects_waiting_age_seconds 0`,
		`checkoutd_backup_last_success_timestamp_seconds 1.7698608e+09`,
		`checkoutd_database_up 1`,
		`checkoutd_database_connections{pool="write",state="idle"} 2`,
		`checkoutd_budget_waiting{priority="confirm"} 2`,
	)
}

func TestValuesOfOthersCountAsOther(t *testing.T) {
	t.Parallel()
	m := everything(t, healthy)
	m.AttemptSent("failed", "ada@buyer.example")
	m.EventStored("evt_1")
	m.CardsBlocked("192.0.2.1")
	m.StripeAnswered("BREW", 418, 0)

	text := scrape(t, m)
	want(t, text,
		`checkoutd_payment_attempts_total{decline_code="other",outcome="failed"} 1`,
		`checkoutd_events_stored_total{source="other"} 1`,
		`checkoutd_stripe_requests_total{method="other",outcome="refused"} 1`)

	for _, leaked := range []string{"ada@", "evt_1", "192.0.2.1", "BREW"} {
		if strings.Contains(text, leaked) {
			t.Errorf("the metrics contain %s", leaked)
		}
	}
}

func TestDatabaseThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	text := scrape(t, everything(t, func(context.Context) (telemetry.Tables, error) {
		return telemetry.Tables{}, errors.New("no answer")
	}))
	want(t, text, `checkoutd_database_up 0`, `checkoutd_budget_waiting{priority="confirm"} 2`)
	if strings.Contains(text, "checkoutd_events{") {
		t.Error("numbers are shown that nobody could read")
	}
}

func TestNamesFollowTheConventions(t *testing.T) {
	t.Parallel()
	problems, err := promlint.New(strings.NewReader(scrape(t, everything(t, healthy)))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "checkoutd_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// names returns the names of the metrics that a text shows or uses, sorted.
func names(text string) []string {
	list := regexp.MustCompile(`checkoutd_[a-z_]+`).FindAllString(text, -1)
	for i := range list {
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			list[i] = strings.TrimSuffix(list[i], part)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The page lists every metric, and the files use none that does not exist.
func TestFilesKnowTheMetrics(t *testing.T) {
	t.Parallel()
	exist := names(scrape(t, everything(t, healthy)))
	page := names(read(t, "docs/metrics.md"))
	if !slices.Equal(exist, page) {
		t.Errorf("docs/metrics.md lists\n%s\nwant\n%s", page, exist)
	}

	for _, path := range []string{"deploy/prometheus/alerts.yml", "deploy/grafana/checkoutd.json"} {
		text := read(t, path)
		for _, name := range names(text) {
			if !slices.Contains(exist, name) {
				t.Errorf("%s uses %s, which does not exist", path, name)
			}
		}
	}

	dashboard := read(t, "deploy/grafana/checkoutd.json")
	if !json.Valid([]byte(dashboard)) {
		t.Error("the dashboard is not JSON")
	}

	for _, name := range exist {
		if !strings.Contains(dashboard, name) && !strings.Contains(read(t, "deploy/prometheus/alerts.yml"), name) {
			t.Errorf("neither the dashboard nor an alert uses %s", name)
		}
	}
}

// Every alert leads to a section of docs/operations.md that says what to do.
func TestEveryAlertHasARunbook(t *testing.T) {
	t.Parallel()
	alerts := read(t, "deploy/prometheus/alerts.yml")
	runbook := read(t, "docs/operations.md")

	found := regexp.MustCompile(`(?m)^\s+- alert: (\w+)$`).FindAllStringSubmatch(alerts, -1)
	if len(found) < 10 {
		t.Fatalf("found %d alerts", len(found))
	}

	for _, alert := range found {
		name := alert[1]
		if !strings.Contains(runbook, fmt.Sprintf("\n### %s\n", name)) {
			t.Errorf("docs/operations.md has no section %s", name)
		}
		if !strings.Contains(alerts, "docs/operations.md#"+strings.ToLower(name)+"\n") {
			t.Errorf("the alert %s does not lead to its section", name)
		}
	}

	for _, line := range regexp.MustCompile(`(?m)^### (Checkoutd\w+)$`).FindAllStringSubmatch(runbook, -1) {
		if !strings.Contains(alerts, "alert: "+line[1]+"\n") {
			t.Errorf("docs/operations.md explains %s, which is no alert", line[1])
		}
	}
}
