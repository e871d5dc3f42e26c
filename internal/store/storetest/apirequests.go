package storetest

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/orders"
	"checkoutd/internal/store"
)

// newRequest returns a request under the key that asks for body.
func (f *fixture) newRequest(key, body string) api.Request {
	now := f.clock.Now()
	return api.Request{
		ID:          orders.NewID("req_"),
		KeyHash:     orders.HashToken(key),
		Fingerprint: orders.HashToken(body),
		Lease:       orders.NewID("lease_"),
		LeaseUntil:  now.Add(time.Minute),
		Seed:        orders.NewID("seed_"),
		CreatedAt:   now,
		ExpiresAt:   now.Add(24 * time.Hour),
	}
}

// ask begins a request and returns what is stored, and whether it has begun.
func (f *fixture) ask(s *store.Store, r api.Request) (api.Request, bool) {
	f.t.Helper()
	stored, begun, err := s.BeginRequest(f.ctx, r, f.clock.Now())
	if err != nil {
		f.t.Fatal(err)
	}
	return stored, begun
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func testAPIRequests(t *testing.T, e Engine) {
	t.Run("a request is carried out once", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		beside := f.open(store.Options{})
		first := f.newRequest("key", "body")
		if got, begun := f.ask(f.Store, first); !begun || got.ID != first.ID {
			t.Errorf("got %+v, %t; want it begun", got, begun)
		}

		again := f.newRequest("key", "body")
		if got, begun := f.ask(beside, again); begun || got.ID != first.ID || len(got.Answer) > 0 {
			t.Errorf("while it is in progress: %+v, %t", got, begun)
		}
		if got, begun := f.ask(beside, f.newRequest("key", "other")); begun || !bytes.Equal(got.Fingerprint, first.Fingerprint) {
			t.Errorf("with another body: %+v, %t", got, begun)
		}
		if got, begun := f.ask(beside, f.newRequest("other", "body")); !begun || got.ID == first.ID {
			t.Errorf("under another key: %+v, %t", got, begun)
		}

		f.must(beside.FinishRequest(f.ctx, first.ID, first.Lease, "", []byte("answer")))
		f.clock.Advance(24*time.Hour - time.Second)
		if got, begun := f.ask(f.Store, again); begun || string(got.Answer) != "answer" || got.ID != first.ID {
			t.Errorf("a day later: %+v, %t; want the answer", got, begun)
		}

		f.clock.Advance(time.Second)
		later := f.newRequest("key", "body")
		if got, begun := f.ask(beside, later); !begun || got.ID != later.ID || len(got.Answer) > 0 {
			t.Errorf("after the day: %+v, %t; want a new request", got, begun)
		}
	})

	t.Run("an interrupted request is taken over", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		first, second := f.newRequest("key", "body"), f.newRequest("key", "body")
		f.ask(f.Store, first)
		f.clock.Advance(time.Minute)

		if _, begun := f.ask(f.Store, f.newRequest("key", "other")); begun {
			t.Error("another body takes it over")
		}
		second.LeaseUntil = f.clock.Now().Add(time.Minute)
		if got, begun := f.ask(f.Store, second); !begun || got.ID != first.ID || got.Lease != second.Lease || got.Seed != first.Seed {
			t.Errorf("got %+v, %t; want the first request with its seed", got, begun)
		}
		if _, begun := f.ask(f.Store, f.newRequest("key", "body")); begun {
			t.Error("it is taken over twice")
		}

		// The first one is alive after all: what it says counts no more.
		f.must(f.FinishRequest(f.ctx, first.ID, first.Lease, "", []byte("late")))
		f.must(f.ReleaseRequest(f.ctx, first.ID, first.Lease))
		f.must(f.ForgetRequest(f.ctx, first.ID, first.Lease))
		f.must(f.FinishRequest(f.ctx, first.ID, second.Lease, "", []byte("answer")))
		if got, begun := f.ask(f.Store, first); begun || string(got.Answer) != "answer" {
			t.Errorf("got %+v, %t; want the second's answer", got, begun)
		}
	})

	t.Run("a released request is carried out again, a forgotten one is gone", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		first := f.newRequest("key", "body")
		f.ask(f.Store, first)
		f.must(f.ReleaseRequest(f.ctx, first.ID, first.Lease))

		second := f.newRequest("key", "body")
		if got, begun := f.ask(f.Store, second); !begun || got.ID != first.ID {
			t.Errorf("released: got %+v, %t; want the same request", got, begun)
		}
		f.must(f.ForgetRequest(f.ctx, first.ID, second.Lease))
		if got, begun := f.ask(f.Store, f.newRequest("key", "other")); !begun || got.ID == first.ID {
			t.Errorf("forgotten: got %+v, %t; want a new one", got, begun)
		}
	})

	t.Run("of many at once one begins", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		var begun atomic.Int64
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				if _, ok, err := f.BeginRequest(f.ctx, f.newRequest("key", "body"), f.clock.Now()); err != nil {
					t.Error(err)
				} else if ok {
					begun.Add(1)
				}
			})
		}
		wg.Wait()
		if n := begun.Load(); n != 1 {
			t.Errorf("%d of them began, want 1", n)
		}
	})

	t.Run("the next server takes over at once", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		f.ask(f.Store, f.newRequest("key", "body"))
		n, err := f.TakeOver(f.ctx, f.clock.Now())
		f.must(err)
		_, begun := f.ask(f.Store, f.newRequest("key", "body"))
		if want := !e.Shared; begun != want || (n == 1) != want {
			t.Errorf("taken over: %t, %d rows; want %t: only a file has one server", begun, n, want)
		}
	})

	t.Run("a clock that is set back keeps nobody waiting", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		f.ask(f.Store, f.newRequest("key", "body"))
		prev := f.clock.Now().Add(2 * time.Minute)
		_, err := f.ClockSetBack(f.ctx, prev, f.clock.Now())
		f.must(err)
		if _, begun := f.ask(f.Store, f.newRequest("key", "body")); !begun {
			t.Error("it is still in progress")
		}
	})

	t.Run("expired answers go", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		for i := range 5 {
			r := f.newRequest(fmt.Sprint("key ", i), "body")
			f.ask(f.Store, r)
			f.must(f.FinishRequest(f.ctx, r.ID, r.Lease, "", []byte("answer")))
			f.clock.Advance(time.Hour)
		}
		f.clock.Advance(21 * time.Hour) // the first three are a day old
		var counts []int
		for range 3 {
			n, err := f.DeleteRequests(f.ctx, f.clock.Now(), 2)
			f.must(err)
			counts = append(counts, n)
		}
		if got := fmt.Sprint(counts); got != "[2 1 0]" {
			t.Errorf("%s were removed, two at most at a time; want [2 1 0]", got)
		}
	})

	t.Run("answers and seeds are sealed", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		under := f.openWith("a")
		r := f.newRequest("key", "body")
		f.ask(under, r)
		f.must(under.FinishRequest(f.ctx, r.ID, r.Lease, "", []byte("answer")))
		if _, _, err := f.BeginRequest(f.ctx, f.newRequest("key", "body"), f.clock.Now()); err == nil {
			t.Error("without the key the answer is read")
		}

		rotated := f.openWith("ba")
		f.reseal(rotated, 2)
		only := f.openWith("b")
		if got, begun := f.ask(only, f.newRequest("key", "body")); begun || string(got.Answer) != "answer" || got.Seed != r.Seed {
			t.Errorf("under the next key: %+v, %t", got, begun)
		}
	})
}
