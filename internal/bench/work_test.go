package bench_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/store"
	"checkoutd/internal/webhooks"
)

// BenchmarkWork compares the worker, where each event pays its own order in its
// own transaction, to how often the disk under the database makes one block
// durable. That is the least that a single transaction on SQLite costs.
func BenchmarkWork(b *testing.B) {
	engines(b, func(b *testing.B, url func() string) {
		s := openStore(b, url())
		hooks := inbox(b, s, s)
		disk := openDisk(b)
		var next int64
		worked := func() float64 { return workedPerSecond(b, s, hooks, &next) }

		alternate(5, worked, disk.perSecond).report(b, "worked/s", "syncs/s")
	})
}

// BenchmarkWorkers compares 8 workers, the default of WORKERS, and 16 to 4.
func BenchmarkWorkers(b *testing.B) {
	engines(b, func(b *testing.B, url func() string) {
		s := openStore(b, url())
		var next int64
		for _, workers := range []int{8, 16} {
			b.Run(fmt.Sprint(workers), func(b *testing.B) {
				side := func(workers int) func() float64 {
					hooks := inboxOf(b, s, s, workers)
					return func() float64 { return workedPerSecond(b, s, hooks, &next) }
				}

				alternate(5, side(workers), side(4)).report(b, "worked/s", "by-4/s")
			})
		}
	})
}

// workedPerSecond puts events into the inbox, from *next on, and returns how
// many of them are worked per second.
func workedPerSecond(b *testing.B, s *store.Store, hooks *webhooks.Service, next *int64) float64 {
	b.Helper()
	const events = 800
	paidOrders(b, s, events, next)

	start := time.Now()
	for done := 0; done < events; {
		n, err := hooks.RunOnce(b.Context())
		if err != nil {
			b.Fatal(err)
		}

		done += n
	}

	took := time.Since(start)

	wantDone(b, s, *next)
	return events / took.Seconds()
}

// paidOrders creates n orders and puts an event that pays each into the inbox.
func paidOrders(b *testing.B, s *store.Store, n int, next *int64) {
	b.Helper()
	first := *next
	*next += int64(n)

	err := spread(64, n, func(i int) error {
		o := orders.Order{
			ID:            orders.NewID("ord_"),
			Status:        orders.Open,
			PaymentStatus: orders.Unpaid,
			Currency:      "usd",
			Amount:        1099,
			CreatedAt:     time.Now(),
			UpdatedAt:     time.Now(),
			ExpiresAt:     time.Now().Add(time.Hour),
		}
		if err := s.CreateOrder(context.Background(), o); err != nil {
			return err
		}

		n := first + int64(i)
		_, err := s.Accept(context.Background(), webhooks.Event{
			ID:         eventID(n),
			Type:       "payment_intent.succeeded",
			APIVersion: "2025-02-24.acacia",
			Created:    time.Now(),
			Group:      intentID(n),
			Payload:    event(n, o.ID),
			Source:     webhooks.SourceWebhook,
			NextAt:     time.Now().Add(-time.Second),
		})

		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// wantDone checks that all n events were really worked.
func wantDone(b *testing.B, s *store.Store, n int64) {
	b.Helper()
	counts, err := s.Counts(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if counts[webhooks.Done] != n {
		b.Fatalf("%d events are done, want %d: %v", counts[webhooks.Done], n, counts)
	}
}
