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

// Rounds of the webhook benchmarks: long enough to fill the inbox's commits, short
// enough that a disturbance hits both sides.
const (
	webhookRounds = 7
	webhookRound  = 400 * time.Millisecond
)

// BenchmarkAcknowledge is a durable acknowledgement of signed events with unique ids beside the same
// handler with an inbox that keeps nothing, over HTTP. (Nobody works the events meanwhile.)
func BenchmarkAcknowledge(b *testing.B) {
	engines(b, func(b *testing.B, url func() string) {
		s := openStore(b, url())
		stored := listen(b, webhookHandler(b, s, s))
		bare := listen(b, webhookHandler(b, forgetful{}, s))
		caller := startAsker(b)
		for _, callers := range []int{1, 16, 64} {
			b.Run(fmt.Sprint(callers), func(b *testing.B) {
				var with, without cost
				side := func(addr string, c *cost) func() float64 {
					return func() float64 {
						return c.of(func() tally { return caller.ask(b, webhooksTo(addr, callers)) })
					}
				}
				inTurns(webhookRounds, side(stored, &with), side(bare, &without)).report(b, "stored/s", "bare/s")
				b.ReportMetric(with.each(), "stored-µs")
				b.ReportMetric(without.each(), "bare-µs")
				b.ReportMetric(without.asking(), "asking-µs")
			})
		}
	})
}

// webhooksTo has more events signed than one round can take.
func webhooksTo(addr string, callers int) order {
	most := 16_000
	if callers == 1 {
		most = 5_000
	}
	return order{Kind: "webhook", Addr: addr, Secret: webhookSecret, Callers: callers, For: webhookRound, Most: most}
}

// cost adds up processor time, which a busy machine disturbs less than it does rates: that of
// this process, which serves (PostgreSQL's is not in it), and that of the one that asks.
type cost struct {
	served, asked time.Duration
	calls         int
}

func (c *cost) of(round func() tally) (perSecond float64) {
	start := cpuTime()
	t := round()
	c.served += cpuTime() - start
	c.asked += t.CPU
	c.calls += t.Done
	return t.perSecond()
}

// each is what serving a call costs, in µs; asking is what making it costs.
func (c *cost) each() float64   { return float64(c.served.Microseconds()) / float64(c.calls) }
func (c *cost) asking() float64 { return float64(c.asked.Microseconds()) / float64(c.calls) }

// BenchmarkAcknowledgeDirect is the same at 64 callers without the network, net/http and the
// asker: the handler is called directly, so that only our own work is on both sides.
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
		inTurns(webhookRounds, side(webhookHandler(b, s, s)), side(webhookHandler(b, forgetful{}, s))).
			report(b, "stored/s", "bare/s")
	})
}

func signedRequests(n int, next *int64) []*http.Request {
	stamp := stampNow()
	list := make([]*http.Request, n)
	for i := range list {
		list[i] = signedRequest(webhookSecret, stamp, event(*next, orderHole))
		*next++
	}
	return list
}

// callDirectly has 64 callers make the calls, and gives calls per second.
func callDirectly(b *testing.B, h http.Handler, requests []*http.Request) float64 {
	b.Helper()
	var taken, failed atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range 64 {
		wg.Go(func() {
			for i := taken.Add(1) - 1; int(i) < len(requests); i = taken.Add(1) - 1 {
				w := &answer{header: http.Header{}}
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

// answer is what a handler that is called directly writes to.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return len(p), nil }
