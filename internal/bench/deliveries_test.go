package bench_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/api"
	"checkoutd/internal/deliveries"
	"checkoutd/internal/effects"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
)

// BenchmarkDeliveries measures how many effects reach an endpoint in a second,
// when many orders are paid at once, and how long one takes from the commit to
// the endpoint when nothing else happens.
func BenchmarkDeliveries(b *testing.B) {
	engines(b, func(b *testing.B, url func() string) {
		s := openStore(b, url())
		came := make(chan struct{}, 10_000)
		shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusNoContent)
			came <- struct{}{}
		}))
		b.Cleanup(shop.Close)
		telling(b, s, shop.URL)

		const many, single = 800, 200
		var perSecond []float64
		for range 5 {
			ids := openOrders(b, s, many)
			start := time.Now()
			if err := spread(16, many, func(i int) error { return markPaid(b.Context(), s, ids[i]) }); err != nil {
				b.Fatal(err)
			}
			for range many {
				<-came
			}
			perSecond = append(perSecond, many/time.Since(start).Seconds())
		}

		var took []time.Duration
		for _, id := range openOrders(b, s, single) {
			if err := markPaid(b.Context(), s, id); err != nil {
				b.Fatal(err)
			}
			committed := time.Now()
			<-came
			took = append(took, time.Since(committed))
		}

		slices.Sort(perSecond)
		slices.Sort(took)
		b.ReportMetric(perSecond[len(perSecond)/2], "delivered/s")
		b.ReportMetric(float64(took[single/2].Microseconds())/1000, "ms-median")
		b.ReportMetric(float64(took[single*99/100].Microseconds())/1000, "ms-p99")
	})
}

// telling tells an endpoint of effects until the benchmark ends.
func telling(b *testing.B, s *store.Store, url string) {
	b.Helper()
	e, err := deliveries.NewEndpoint(url, nil, deliveries.Loopback(), time.Now())
	if err == nil {
		err = s.AddEndpoint(b.Context(), e)
	}
	if err != nil {
		b.Fatal(err)
	}

	outgoing := deliveries.New(deliveries.Config{
		Store:  s,
		Sender: deliveries.NewSender(deliveries.Loopback(), "bench", time.Now),
		Owner:  deliveries.LogOwner(zerolog.Nop()),
		Render: func(o *orders.Order) any { return api.Render(o, api.Links{BaseURL: "https://shop.test"}) },
		Now:    time.Now,
		Log:    zerolog.Nop(),
	})
	worker := effects.New(effects.Config{
		Store:   s,
		Now:     time.Now,
		Log:     zerolog.Nop(),
		Workers: 4,
		Planned: outgoing.Wake,
	})
	s.OnEffects(worker.Wake)

	ctx, cancel := context.WithCancel(context.Background())
	var services sync.WaitGroup
	services.Go(func() { worker.Run(ctx) })
	services.Go(func() { outgoing.Run(ctx) })
	b.Cleanup(func() {
		cancel()
		services.Wait()
	})
}

// openOrders creates n open orders and returns their IDs.
func openOrders(b *testing.B, s *store.Store, n int) []string {
	b.Helper()
	ids := make([]string, n)
	err := spread(16, n, func(i int) error {
		ids[i] = orders.NewID("ord_")
		return s.CreateOrder(context.Background(), orders.Order{
			ID:            ids[i],
			Status:        orders.Open,
			PaymentStatus: orders.Unpaid,
			Currency:      "usd",
			Amount:        1099,
			CreatedAt:     time.Now(),
			UpdatedAt:     time.Now(),
			ExpiresAt:     time.Now().Add(time.Hour),
		})
	})
	if err != nil {
		b.Fatal(err)
	}
	return ids
}

// markPaid commits the effect of a payment.
func markPaid(ctx context.Context, s *store.Store, id string) error {
	return s.Update(ctx, id, nil, func(st *payments.State) error {
		st.Order.Status, st.Order.PaidAt = orders.Paid, time.Now()
		st.Effects = append(st.Effects, payments.Effect{Kind: payments.EffectPaid})
		return nil
	})
}
