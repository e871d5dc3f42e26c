package bench_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/sandbox"
)

// BenchmarkSandboxKeyed compares payments at the offline Stripe, with a state
// file, that carry an idempotency key to those that carry none.
func BenchmarkSandboxKeyed(b *testing.B) {
	client := startClient(b)
	side := func(kind string) func() float64 {
		offline := openSandbox(b, filepath.Join(b.TempDir(), "state"))
		server := httptest.NewServer(offline)
		b.Cleanup(server.Close)
		return func() float64 {
			return client.run(b, workload{
				Kind:    kind,
				Addr:    server.Listener.Addr().String(),
				Secret:  apiKey,
				Callers: 16,
				For:     2 * time.Second,
				Max:     1_000_000,
			}).perSecond()
		}
	}

	alternate(7, side("keyed"), side("intent")).report(b, "keyed/s", "unkeyed/s")
}

// BenchmarkSandboxState makes payments at an offline Stripe with a state file
// and starts it again. longest-ms is the longest wait of one of 16 callers, and
// rewrites how often the file was replaced meanwhile.
// CHECKOUTD_BENCH_PAYMENTS sets the number of payments.
func BenchmarkSandboxState(b *testing.B) {
	n := numberFromEnv(b, "CHECKOUTD_BENCH_PAYMENTS", 20_000)
	path := filepath.Join(b.TempDir(), "state")
	offline := openSandbox(b, path)
	server := httptest.NewServer(offline)
	client := startClient(b)

	stop := countReplacements(path)
	r := client.run(b, workload{
		Kind:    "intent",
		Addr:    server.Listener.Addr().String(),
		Secret:  apiKey,
		Callers: 16,
		For:     time.Hour,
		Max:     n,
	})

	b.ReportMetric(float64(stop()), "rewrites")
	b.ReportMetric(r.perSecond(), "payments/s")
	b.ReportMetric(millis(r.Longest), "longest-ms")
	b.ReportMetric(liveHeap()/1e6, "heap-MB")
	server.Close()

	start := time.Now()
	if err := offline.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(millis(time.Since(start)), "stop-ms")
	b.ReportMetric(float64(fileSize(b, path))/1e6, "file-MB")

	start = time.Now()
	openSandbox(b, path)
	b.ReportMetric(millis(time.Since(start)), "start-ms")
	hideDuration(b)
}

func openSandbox(b *testing.B, path string) *sandbox.Server {
	b.Helper()
	offline, err := sandbox.New(sandbox.Config{Logger: zerolog.Nop(), StateFile: path})
	if err != nil {
		b.Fatal(err)
	}

	b.Cleanup(func() {
		if err := offline.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})

	return offline
}

// countReplacements watches a file until stop is called, which returns how
// often another file took its place.
func countReplacements(path string) (stop func() int) {
	done, count := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		last, _ := os.Stat(path)
		for {
			select {
			case <-done:
				count <- n
				return
			case <-time.After(20 * time.Millisecond):
			}

			if now, err := os.Stat(path); err == nil && !os.SameFile(last, now) {
				last = now
				n++
			}
		}
	}()

	return func() int { close(done); return <-count }
}

func fileSize(b *testing.B, path string) int64 {
	b.Helper()
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}
