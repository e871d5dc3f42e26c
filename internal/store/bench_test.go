package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/webhooks"
)

// engines runs a benchmark on both databases.
func engines(b *testing.B, run func(b *testing.B, databaseURL string)) {
	b.Run("sqlite", func(b *testing.B) { run(b, storetest.SQLiteURL(b)) })
	b.Run("postgres", func(b *testing.B) { run(b, storetest.PostgresURL(b)) })
}

// payload is as long as a typical event, and as hard to compress.
var payload = []byte(`{"data":{"object":{"id":"pi_3MtwBwLkdIwHu7ix28a3tqPa"` +
	strings.Repeat(`,"amount_details":{"tip":{}},"latest_charge":"ch_3Ln0cV2eZvKYlo2C1O2Z0bYQ"`, 40) +
	`}}}`)

func benchEvent(n int64) webhooks.Event {
	now := time.Now()
	return webhooks.Event{
		// Like Stripe's: a part that grows, then a random one.
		ID:         fmt.Sprintf("evt_1%010x%016x", n/64, uint64(n)*0x9E3779B97F4A7C15),
		Type:       "payment_intent.succeeded",
		APIVersion: "2025-02-24.acacia",
		Created:    now,
		Group:      fmt.Sprintf("pi_%x", uint64(n/3)*0x9E3779B97F4A7C15),
		Payload:    payload,
		Source:     webhooks.SourceWebhook,
		Secret:     "0a1b2c3d",
		State:      webhooks.Received,
		NextAt:     now,
		ReceivedAt: now,
	}
}

// callersDo spreads b.N calls over the callers, and reports calls per second.
func callersDo(b *testing.B, callers int, do func() error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ResetTimer()

	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}

	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkAccept measures the durable acknowledgement, beside one plain
// transaction for each event.
func BenchmarkAccept(b *testing.B) {
	engines(b, func(b *testing.B, databaseURL string) {
		s := openMigrated(b, databaseURL)
		var n atomic.Int64
		for _, callers := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("grouped/%d", callers), func(b *testing.B) {
				callersDo(b, callers, func() error {
					_, err := s.Accept(context.Background(), benchEvent(n.Add(1)))
					return err
				})
			})

			b.Run(fmt.Sprintf("plain/%d", callers), func(b *testing.B) {
				insert := plainInsert(b, databaseURL)
				callersDo(b, callers, func() error { return insert(benchEvent(n.Add(1))) })
			})
		}
	})
}

// plainInsert returns the same insert, as one transaction for each event.
func plainInsert(b *testing.B, databaseURL string) func(webhooks.Event) error {
	b.Helper()
	db := openRaw(b, databaseURL)
	conns := 16
	if isSQLite(db) {
		conns = 1
	}

	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)

	stmt, err := db.Prepare(`INSERT INTO events (id, type, account, api_version, version_mismatch, livemode, created,
		event_group, source, secret, state, note, order_id, tries, next_at, lease_token, lease_until, received_at, finished_at, payload)
		VALUES ($1, $2, '', $3, FALSE, FALSE, $4, $5, $6, $7, 'received', '', '', 0, $4, '', 0, $4, 0, $8) ON CONFLICT (id) DO NOTHING`)
	if err != nil {
		b.Fatal(err)
	}

	return func(e webhooks.Event) error {
		_, err := stmt.Exec(e.ID, e.Type, e.APIVersion, e.NextAt.UnixMicro(), e.Group, e.Source, e.Secret, e.Payload)
		return err
	}
}

// BenchmarkUpdate measures the settlement of an order: attempt, intent, paid.
func BenchmarkUpdate(b *testing.B) {
	engines(b, func(b *testing.B, databaseURL string) {
		s := openMigrated(b, databaseURL)
		for _, callers := range []int{1, 16} {
			b.Run(fmt.Sprint(callers), func(b *testing.B) {
				var ids []string
				for range b.N {
					o := orders.Order{
						ID:            orders.NewID("ord_"),
						Status:        orders.Open,
						PaymentStatus: orders.Unpaid,
						Currency:      "eur",
						Amount:        1,
					}
					if err := s.CreateOrder(b.Context(), o); err != nil {
						b.Fatal(err)
					}

					ids = append(ids, o.ID)
				}

				var n atomic.Int64
				callersDo(b, callers, func() error { return settleBench(s, ids[n.Add(1)-1]) })
			})
		}
	})
}

func settleBench(s *store.Store, id string) error {
	return s.Update(context.Background(), id, nil, func(st *payments.State) error {
		st.Attempts = append(st.Attempts, payments.Attempt{
			ID:             "att_" + id,
			N:              1,
			Params:         payments.Params{Token: "t"},
			IdempotencyKey: "k" + id,
			State:          payments.Succeeded,
		})

		st.Intents = append(st.Intents, payments.Intent{ID: "pi_" + id, Status: payments.StatusSucceeded})
		st.Order.Status = orders.Paid
		st.Effects = append(st.Effects, payments.Effect{Kind: payments.EffectPaid})
		return nil
	})
}

// BenchmarkFull measures the acknowledgement and a claim of 32 events while the
// inbox holds a million finished events, a hundred thousand that wait for an
// order and as many that are due.
func BenchmarkFull(b *testing.B) {
	engines(b, func(b *testing.B, databaseURL string) {
		s := openMigrated(b, databaseURL)
		db := openRaw(b, databaseURL)
		var n atomic.Int64
		accept := func(b *testing.B) {
			callersDo(b, 64, func() error {
				_, err := s.Accept(context.Background(), benchEvent(n.Add(1)))
				return err
			})
		}

		claim := func(b *testing.B) {
			for range b.N {
				list, err := s.ClaimEvents(context.Background(), webhooks.LaneOwn, time.UnixMicro(2000), time.UnixMicro(3000), 32)
				if err != nil {
					b.Fatal(err)
				}

				b.StopTimer()
				for i := range list {
					claim, dueAt := list[i].Claim(), time.UnixMicro(1000)
					err := s.FinishEvent(context.Background(), claim, webhooks.Received, "", dueAt)
					if err != nil {
						b.Fatal(err)
					}
				}

				b.StartTimer()
			}
		}

		fill(b, db, 1000, "received", 1000)
		b.Run("empty/accept", accept)
		b.Run("empty/claim", claim)
		fill(b, db, 1_000_000, "done", 0)
		fill(b, db, 100_000, "unmatched", time.Now().Add(time.Hour).UnixMicro())

		if _, err := db.ExecContext(b.Context(), "DELETE FROM events WHERE state = 'received'"); err != nil {
			b.Fatal(err)
		}

		fill(b, db, 100_000, "received", 1000)
		b.Run("full/accept", accept)
		b.Run("full/claim", claim)
	})
}
