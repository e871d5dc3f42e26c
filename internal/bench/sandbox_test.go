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

// BenchmarkSandbox is the offline Stripe creating and confirming intents, webhooks off, beside a server
// that reads the request and answers as many bytes. heap-growth is the live heap at the end beside
// that when the cap of kept objects was first reached.
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
	caller := startAsker(b)
	var with, without cost
	side := func(h http.Handler, c *cost) func() float64 {
		server := httptest.NewServer(h)
		b.Cleanup(server.Close)
		return func() float64 {
			return c.of(func() tally {
				return caller.ask(b, order{
					Kind: "intent", Addr: server.Listener.Addr().String(), Secret: apiKey,
					Callers: 16, For: webhookRound, Most: 100_000,
				})
			})
		}
	}
	sandboxed, bare := side(offline, &with), side(http.HandlerFunc(parrot), &without)
	for with.calls < 2*kept { // the cap is reached: from now on old ones make room
		sandboxed()
	}
	before := liveHeap()
	inTurns(7, sandboxed, bare).report(b, "payments/s", "bare/s")
	b.ReportMetric(with.each(), "payment-µs")
	b.ReportMetric(with.asking(), "asking-µs")
	b.ReportMetric(liveHeap()/before, "heap-growth")
	b.ReportMetric(liveHeap()/1e6, "heap-MB")
	b.ReportMetric(float64(with.calls)/kept, "payments-per-kept")
}

// parrot reads a request to its end and answers as much as an intent is long.
func parrot(w http.ResponseWriter, r *http.Request) {
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
