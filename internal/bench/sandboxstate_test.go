package bench_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/sandbox"
)

// BenchmarkSandboxKeyed compares payments at the offline Stripe, with a state
// file, that carry an idempotency key to those that carry none.
func BenchmarkSandboxKeyed(b *testing.B) {
	client := startClient(b)
	var keyed, unkeyed cost
	side := func(kind string, c *cost) func() float64 {
		offline := openSandbox(b, filepath.Join(b.TempDir(), "state"))
		return func() float64 {
			return c.measure(func() result { return client.pay(b, offline.addr, kind, 1_000_000, 2*time.Second) })
		}
	}

	alternate(7, side("keyed", &keyed), side("intent", &unkeyed)).report(b, "keyed/s", "unkeyed/s")
	b.ReportMetric(keyed.servedPerCall(), "keyed-µs")
	b.ReportMetric(unkeyed.servedPerCall(), "unkeyed-µs")
}

// BenchmarkSandboxState makes payments at an offline Stripe with a state file,
// in turns with one that has none, and starts it again. longest-ms is the
// longest wait of one of 16 callers; rewrites is how often the file was
// replaced meanwhile. CHECKOUTD_BENCH_PAYMENTS sets the number of payments.
func BenchmarkSandboxState(b *testing.B) {
	const round = 1000
	n := numberFromEnv(b, "CHECKOUTD_BENCH_PAYMENTS", 20_000)
	path := filepath.Join(b.TempDir(), "state")
	offline, bare := openSandbox(b, path), openSandbox(b, "")
	client := startClient(b)

	stop := countReplacements(path)
	side := func(addr string, longest *[]float64) func() float64 {
		return func() float64 {
			r := client.pay(b, addr, "intent", round, time.Hour)
			*longest = append(*longest, millis(r.Longest))
			return r.perSecond()
		}
	}

	var longest, bareLongest []float64
	alternate(n/round, side(offline.addr, &longest), side(bare.addr, &bareLongest)).
		report(b, "payments/s", "bare/s")
	b.ReportMetric(float64(stop()), "rewrites")
	b.ReportMetric(slices.Max(longest), "longest-ms")
	b.ReportMetric(slices.Max(bareLongest), "bare-longest-ms")

	start := time.Now()
	offline.close(b)
	b.ReportMetric(millis(time.Since(start)), "stop-ms")
	b.ReportMetric(float64(fileSize(b, path))/1e6, "file-MB")

	start, cpu := time.Now(), cpuTime()
	openSandbox(b, path)
	b.ReportMetric(millis(time.Since(start)), "start-ms")
	b.ReportMetric(millis(cpuTime()-cpu), "start-cpu-ms")
}

// pay makes at most n payments with 16 callers.
func (c *client) pay(b *testing.B, addr, kind string, n int, d time.Duration) result {
	b.Helper()
	return c.run(b, workload{Kind: kind, Addr: addr, Secret: apiKey, Callers: 16, For: d, Max: n})
}

// offlineStripe is an offline Stripe that serves.
type offlineStripe struct {
	stripe *sandbox.Server
	addr   string
}

// openSandbox serves an offline Stripe with a state file, or none if path is
// "".
func openSandbox(b *testing.B, path string) offlineStripe {
	b.Helper()
	stripe, err := sandbox.New(sandbox.Config{Logger: zerolog.Nop(), StateFile: path})
	if err != nil {
		b.Fatal(err)
	}

	server := httptest.NewServer(stripe)
	o := offlineStripe{stripe, server.Listener.Addr().String()}
	b.Cleanup(func() { server.Close(); o.close(b) })

	return o
}

func (o offlineStripe) close(b *testing.B) {
	b.Helper()
	if err := o.stripe.Close(context.Background()); err != nil {
		b.Error(err)
	}
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
