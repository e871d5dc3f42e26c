package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/store"
)

// BenchmarkFullInbox compares acknowledgements with many worked events in the
// inbox to those with an empty one, at 64 callers. CHECKOUTD_BENCH_EVENTS sets
// the number of events.
func BenchmarkFullInbox(b *testing.B) {
	n := numberFromEnv(b, "CHECKOUTD_BENCH_EVENTS", 100_000)
	engines(b, func(b *testing.B, url func() string) {
		fullURL := url()
		full, empty := openStore(b, fullURL), openStore(b, url())

		start := time.Now()
		fill(b, fullURL, n)
		b.ReportMetric(time.Since(start).Seconds(), "fill-s")

		client := startClient(b)
		client.next = firstNewEvent
		side := func(s *store.Store) func() float64 {
			addr := listen(b, webhookHandler(b, s, s))
			return func() float64 { return client.run(b, webhooksTo(addr, 64)).perSecond() }
		}

		alternate(webhookRounds, side(full), side(empty)).report(b, "full/s", "empty/s")
		b.ReportMetric(float64(n), "stored-events")
	})
}

// numberFromEnv returns the number in a variable, def if it is not set.
func numberFromEnv(b *testing.B, name string, def int) int {
	b.Helper()
	text := os.Getenv(name)
	if text == "" {
		return def
	}

	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}

	return n
}

// firstNewEvent is the number of an event newer than all that fill creates.
// IDs, times and intents grow with time, so new events go to the end of the
// indexes.
const firstNewEvent = 1 << 30

// fill inserts n events that were worked long ago. It uses SQL of each engine,
// because filling the inbox through the store would take longer than everything
// else here.
func fill(b *testing.B, url string, n int) {
	b.Helper()
	driver, dsn := "pgx", url
	tidy := []string{"VACUUM ANALYZE events", "CHECKPOINT"}
	series := "SELECT $1::bigint + s AS i FROM generate_series(0, $2::bigint - 1) AS s"
	id := "'evt_' || lpad(to_hex(i / 64), 10, '0') || substr(md5(i::text), 1, 16)"
	group := "'pi_' || lpad(to_hex(i), 8, '0') || substr(md5(i::text), 1, 16)"
	body := "convert_to($3::text, 'UTF8')"
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=cache_size(-200000)"
		tidy = []string{"PRAGMA wal_checkpoint(TRUNCATE)"}
		series = "WITH RECURSIVE r(i) AS (SELECT $1 UNION ALL " +
			"SELECT i + 1 FROM r WHERE i + 1 < $1 + $2) SELECT i FROM r"
		id = "'evt_' || printf('%010x', i / 64) || lower(hex(randomblob(8)))"
		group = "'pi_' || printf('%08x', i) || lower(hex(randomblob(8)))"
		body = "CAST($3 AS BLOB)"
	}

	db, err := sql.Open(driver, dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	text := fmt.Sprintf(`INSERT INTO events (
			id, type, account, api_version, version_mismatch, livemode, created,
			event_group, source, secret, state, note, order_id, tries, next_at,
			lease_token, lease_until, received_at, finished_at, payload)
		SELECT %[1]s, 'payment_intent.succeeded', '', '2025-02-24.acacia', FALSE, FALSE, 1700000000000000 + i,
			%[4]s, 'webhook', '0a1b2c3d', 'done', '', 'ord_' || i, 1, 0,
			'', 0, 1700000000000000 + i, 1700000000000000 + i, %[2]s
		FROM (%[3]s) AS numbers`, id, body, series, group)

	const chunk = 50_000
	for first := 0; first < n; first += chunk {
		if _, err := db.ExecContext(context.Background(), text, first, min(chunk, n-first), eventText); err != nil {
			b.Fatal(err)
		}
	}

	for _, statement := range tidy {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			b.Fatal(err)
		}
	}
}
