package bench_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"github.com/rs/zerolog"

	"checkoutd/internal/sandbox"
)

// BenchmarkSandbox compares the offline Stripe creating and confirming intents,
// webhooks off, to a server that reads the request and returns as many bytes.
// heap-growth is the live heap at the end relative to that when the cap of kept
// objects was first reached.
func BenchmarkSandbox(b *testing.B) {
	const kept = 2000
	offline, err := sandbox.New(sandbox.Config{Logger: zerolog.Nop(), MaxObjects: kept})
	if err != nil {
		b.Fatal(err)
	}

	b.Cleanup(func() {
		if err := offline.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})

	client := startClient(b)
	var with, without cost
	side := func(h http.Handler, c *cost) func() float64 {
		server := httptest.NewServer(h)
		b.Cleanup(server.Close)
		return func() float64 {
			return c.measure(func() result {
				return client.run(b, workload{
					Kind:    "intent",
					Addr:    server.Listener.Addr().String(),
					Secret:  apiKey,
					Callers: 16,
					For:     webhookRound,
					Max:     100_000,
				})
			})
		}
	}

	sandboxed, bare := side(offline, &with), side(http.HandlerFunc(stub), &without)

	// Warm up until the cap is reached: from then on old objects make room.
	for with.calls < 2*kept {
		sandboxed()
	}

	before := liveHeap()

	alternate(7, sandboxed, bare).report(b, "payments/s", "bare/s")
	b.ReportMetric(with.servedPerCall(), "payment-µs")
	b.ReportMetric(with.clientPerCall(), "client-µs")
	b.ReportMetric(liveHeap()/before, "heap-growth")
	b.ReportMetric(liveHeap()/1e6, "heap-MB")
	b.ReportMetric(float64(with.calls)/kept, "payments-per-kept")
}

// stub reads a request to its end and returns as many bytes as an intent has.
func stub(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "2048")
	_, _ = w.Write(make([]byte, 2048))
}

func liveHeap() float64 {
	runtime.GC()
	runtime.GC() // the second one empties the pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
