package bench_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
	"checkoutd/internal/store"
	"checkoutd/internal/webhooks"
)

// BenchmarkSize measures how much room an event takes in the database, indexes
// included, once it is worked. PostgreSQL is vacuumed in between, as autovacuum
// would do it.
func BenchmarkSize(b *testing.B) {
	engines(b, func(b *testing.B, url func() string) {
		const events, slice = 6_000, 500
		address := url()
		s := openStore(b, address)
		before := bytesOnDisk(b, address)

		for first := 0; first < events; first += slice {
			workedEvents(b, s, first, slice)
			if s.Shared() {
				vacuum(b, address)
			}
		}

		b.ReportMetric(float64(bytesOnDisk(b, address)-before)/events, "bytes/event")
		b.ReportMetric(float64(len(event(0, orderHole))), "signed-bytes")
		hideDuration(b)
	})
}

// workedEvents puts n events into the inbox, from the number first on, and
// finishes them.
func workedEvents(b *testing.B, s *store.Store, first, n int) {
	b.Helper()
	now := time.Now()
	err := spread(64, n, func(i int) error {
		_, err := s.Accept(b.Context(), webhooks.Event{
			ID:         eventID(int64(first + i)),
			Type:       "payment_intent.succeeded",
			APIVersion: "2025-02-24.acacia",
			Created:    now,
			Group:      intentID(int64(first + i)),
			Payload:    event(int64(first+i), orders.NewID("ord_")),
			Source:     webhooks.SourceWebhook,
			Secret:     "0a1b2c3d",
			NextAt:     now,
		})

		return err
	})
	if err != nil {
		b.Fatal(err)
	}

	for left := n; left > 0; {
		claimed, err := s.ClaimEvents(b.Context(), webhooks.LaneOwn, now, now.Add(time.Hour), 64)
		if err != nil || len(claimed) == 0 {
			b.Fatalf("%d events are left, %v", left, err)
		}

		left -= len(claimed)
		err = spread(len(claimed), len(claimed), func(i int) error {
			e := &claimed[i]
			return s.FinishEvent(b.Context(), &queue.Claim{ID: e.ID, Token: e.LeaseToken}, webhooks.Done, "", time.Time{})
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// bytesOnDisk returns the size of the SQLite file, or of PostgreSQL's table of
// events.
func bytesOnDisk(b *testing.B, url string) (n int64) {
	b.Helper()
	driver, dsn, query := "pgx", url, `SELECT pg_total_relation_size('events')`
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path
		query = `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`
	}

	db, err := sql.Open(driver, dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	if err := db.QueryRowContext(b.Context(), query).Scan(&n); err != nil {
		b.Fatal(err)
	}

	return n
}

func vacuum(b *testing.B, url string) {
	b.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	if _, err := db.ExecContext(b.Context(), `VACUUM events`); err != nil {
		b.Fatal(err)
	}
}
