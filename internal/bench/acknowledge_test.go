package bench_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Rounds of the webhook benchmarks are long enough to fill the inbox's commits,
// and short enough that a disturbance hits both sides.
const (
	webhookRounds = 7
	webhookRound  = 400 * time.Millisecond
)

// BenchmarkAcknowledge compares durable acknowledgements of signed events with
// unique IDs to the same handler with an inbox that stores nothing, over HTTP.
// No worker runs meanwhile.
func BenchmarkAcknowledge(b *testing.B) {
	engines(b, func(b *testing.B, url func() string) {
		s := openStore(b, url())
		stored := listen(b, webhookHandler(b, s, s))
		bare := listen(b, webhookHandler(b, discarding{}, s))
		client := startClient(b)

		for _, callers := range []int{1, 16, 64} {
			b.Run(fmt.Sprint(callers), func(b *testing.B) {
				var with, without cost
				side := func(addr string, c *cost) func() float64 {
					return func() float64 {
						return c.measure(func() result {
							return client.run(b, webhooksTo(addr, callers))
						})
					}
				}

				alternate(webhookRounds, side(stored, &with), side(bare, &without)).
					report(b, "stored/s", "bare/s")
				b.ReportMetric(with.servedPerCall(), "stored-µs")
				b.ReportMetric(without.servedPerCall(), "bare-µs")
				b.ReportMetric(without.clientPerCall(), "client-µs")
			})
		}
	})
}

// webhooksTo returns a workload with more events than one round can send.
func webhooksTo(addr string, callers int) workload {
	events := 16_000
	if callers == 1 {
		events = 5_000
	}

	return workload{
		Kind:    "webhook",
		Addr:    addr,
		Secret:  webhookSecret,
		Callers: callers,
		For:     webhookRound,
		Max:     events,
	}
}

// cost adds up CPU time, which a busy machine disturbs less than rates: that of
// this process, which serves, and that of the client. PostgreSQL's own
// processes are not included.
type cost struct {
	served, client time.Duration
	calls          int
}

// measure runs a round, adds its cost and returns its calls per second.
func (c *cost) measure(round func() result) (perSecond float64) {
	start := cpuTime()
	r := round()
	c.served += cpuTime() - start
	c.client += r.CPU
	c.calls += r.Done
	return r.perSecond()
}

// servedPerCall returns the µs that serving a call takes, clientPerCall those
// that making it takes.
func (c *cost) servedPerCall() float64 {
	return float64(c.served.Microseconds()) / float64(c.calls)
}

func (c *cost) clientPerCall() float64 {
	return float64(c.client.Microseconds()) / float64(c.calls)
}

// BenchmarkAcknowledgeDirect compares the same at 64 callers without the
// network, net/http and the client process. It calls the handler directly, so
// that both sides consist of our own work only.
func BenchmarkAcknowledgeDirect(b *testing.B) {
	engines(b, func(b *testing.B, url func() string) {
		s := openStore(b, url())
		var next int64
		side := func(h http.Handler) func() float64 {
			return func() float64 {
				const calls = 8000
				requests := signedRequests(calls, &next)
				return callDirectly(b, h, requests)
			}
		}

		alternate(webhookRounds, side(webhookHandler(b, s, s)), side(webhookHandler(b, discarding{}, s))).
			report(b, "stored/s", "bare/s")
	})
}

// signedRequests returns n requests with the events from *next on.
func signedRequests(n int, next *int64) []*http.Request {
	stamp := stampNow()
	list := make([]*http.Request, n)
	for i := range list {
		list[i] = signedRequest(webhookSecret, stamp, event(*next, orderHole))
		*next++
	}
	return list
}

// callDirectly makes the calls with 64 callers and returns calls per second.
func callDirectly(b *testing.B, h http.Handler, requests []*http.Request) float64 {
	b.Helper()
	var taken, failed atomic.Int64
	var wg sync.WaitGroup

	start := time.Now()
	for range 64 {
		wg.Go(func() {
			for i := taken.Add(1) - 1; int(i) < len(requests); i = taken.Add(1) - 1 {
				w := &responseWriter{header: http.Header{}}
				h.ServeHTTP(w, requests[i].WithContext(context.Background()))

				if w.status != http.StatusOK {
					failed.Add(1)
				}
			}
		})
	}

	wg.Wait()

	if n := failed.Load(); n > 0 {
		b.Fatalf("%d of %d calls failed", n, len(requests))
	}

	return float64(len(requests)) / time.Since(start).Seconds()
}

// responseWriter keeps the status that a handler writes and discards the body.
type responseWriter struct {
	header http.Header
	status int
}

func (w *responseWriter) Header() http.Header         { return w.header }
func (w *responseWriter) WriteHeader(status int)      { w.status = status }
func (w *responseWriter) Write(p []byte) (int, error) { return len(p), nil }
