package bench_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

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
	total := 0
	var share share
	side := func(h http.Handler) func() float64 {
		server := httptest.NewServer(h)
		b.Cleanup(server.Close)
		return func() float64 {
			t := caller.ask(b, order{Kind: "intent", Addr: server.Listener.Addr().String(), Secret: apiKey, Callers: 16, For: 500 * time.Millisecond, Most: 100_000})
			if h == http.Handler(offline) {
				total += t.Done
			}
			return share.of(t)
		}
	}
	sandboxed, bare := side(offline), side(http.HandlerFunc(parrot))
	for total < 2*kept { // the cap is reached: from now on old ones make room
		sandboxed()
	}
	before := liveHeap()
	inTurns(7, sandboxed, bare).report(b, "payments/s", "bare/s")
	share.report(b)
	b.ReportMetric(liveHeap()/before, "heap-growth")
	b.ReportMetric(liveHeap()/1e6, "heap-MB")
	b.ReportMetric(float64(total)/kept, "payments-per-kept")
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
