package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync/atomic"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/store"
	"checkoutd/internal/webhooks"
)

func testAccept(t *testing.T, e Engine) {
	f := newFixture(t, e)
	t.Run("an event comes back as it was accepted", func(t *testing.T) {
		t.Parallel()
		want := newEvent("evt_whole", "pi_1")
		want.Account, want.VersionMismatch, want.Livemode = "acct_1", true, true
		want.State, want.Note = webhooks.Quarantined, "wrong mode"

		if isNew, err := f.Accept(f.ctx, want); err != nil || !isNew {
			t.Fatalf("new %v, %v", isNew, err)
		}

		got, err := f.Event(f.ctx, want.ID)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%+v, %v; want\n%+v", got, err, want)
		}
	})

	t.Run("a payload is stored byte for byte", func(t *testing.T) {
		t.Parallel()
		big := make([]byte, 64<<10)
		for i := range big {
			big[i] = byte(rand.Uint32())
		}

		for id, payload := range map[string][]byte{
			"evt_64k":  big,
			"evt_nul":  []byte("a\x00b\xff\xfe"),
			"evt_none": nil,
		} {
			ev := newEvent(id, "")
			ev.Payload = payload

			if _, err := f.Accept(f.ctx, ev); err != nil {
				t.Fatal(err)
			}
			if got, err := f.Event(f.ctx, id); err != nil || !bytes.Equal(got.Payload, payload) {
				t.Errorf("%s: %d bytes came back, want %d; %v", id, len(got.Payload), len(payload), err)
			}
		}
	})

	t.Run("a bare event is received and due now", func(t *testing.T) {
		t.Parallel()
		if _, err := f.Accept(f.ctx, webhooks.Event{ID: "evt_bare", Source: webhooks.SourceBackfill}); err != nil {
			t.Fatal(err)
		}

		got, err := f.Event(f.ctx, "evt_bare")
		if err != nil || got.State != webhooks.Received || got.ReceivedAt != start || got.NextAt != start {
			t.Errorf("got %+v, %v", got, err)
		}
	})

	t.Run("a duplicate changes nothing", func(t *testing.T) {
		t.Parallel()
		first, twin := newEvent("evt_twice", "pi_2"), newEvent("evt_twice", "pi_3")
		twin.Payload = []byte("other")

		for i, ev := range []webhooks.Event{first, twin, twin} {
			isNew, err := f.Accept(f.ctx, ev)
			if err != nil || isNew != (i == 0) {
				t.Errorf("number %d: new %v, %v", i, isNew, err)
			}
		}

		if got, err := f.Event(f.ctx, "evt_twice"); err != nil || !reflect.DeepEqual(got, first) {
			t.Errorf("got %+v, %v", got, err)
		}
	})

	t.Run("a caller whose context has ended stops waiting", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(f.ctx)
		cancel()

		if _, err := f.Accept(ctx, newEvent("evt_late", "")); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
}

// testBatches tests callers that share commits.
func testBatches(t *testing.T, e Engine) {
	t.Run("an id that arrives many times at once, through two stores, is new once", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		stores := []*store.Store{f.Store, f.open(store.Options{})}
		const different = 40
		var fresh [different]atomic.Int64
		together(callers, func(i int) {
			for _, n := range rand.Perm(different) {
				isNew, err := stores[i%2].Accept(f.ctx, newEvent(fmt.Sprintf("evt_%d", n), "pi_1"))
				if err != nil {
					t.Error(err)
				}

				if isNew {
					fresh[n].Add(1)
				}
			}
		})

		for n := range fresh {
			if fresh[n].Load() != 1 {
				t.Errorf("evt_%d was new %d times", n, fresh[n].Load())
			}
		}
	})

	t.Run("a bad row harms only itself", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		results := f.whileBlocked(e, store.Options{}, 30, 0, func(i int) webhooks.Event {
			ev := newEvent(fmt.Sprintf("evt_%d", i), "")
			if i%10 == 3 {
				ev.Source = "nowhere"
			}

			return ev
		})
		for i, err := range results {
			_, found := f.Event(f.ctx, fmt.Sprintf("evt_%d", i))
			if bad := i%10 == 3; bad != (err != nil) || bad != (found != nil) {
				t.Errorf("event %d: Accept returned %v, Event %v", i, err, found)
			}
		}
	})

	t.Run("a full queue refuses at once, and waiting events are stored", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		const batch = 2
		const room = 8 + 3*batch // the queue, and a batch for each of at most three flushers
		options := store.Options{InboxQueue: 8, InboxBatch: batch}
		results := f.whileBlocked(e, options, 2*room, room, func(i int) webhooks.Event {
			return newEvent(fmt.Sprintf("evt_%d", i), "")
		})
		var busy int
		for i, err := range results {
			_, found := f.Event(f.ctx, fmt.Sprintf("evt_%d", i))
			if err == nil && found != nil {
				t.Errorf("event %d was acknowledged and is missing: %v", i, found)
			}

			if err != nil {
				busy++
				if of := fault.Of(err); of.Kind != fault.Unavailable || of.Code != "inbox_busy" {
					t.Errorf("got %v, want inbox_busy", err)
				}
				if found == nil {
					t.Errorf("event %d was refused and is stored", i)
				}
			}
		}

		if busy < room || busy == len(results) {
			t.Errorf("%d of %d were refused, want at least %d", busy, len(results), room)
		}
	})

	t.Run("Close stores the waiting events", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		s, err := store.Open(f.ctx, f.url, store.Options{Now: f.clock.Now})
		if err != nil {
			t.Fatal(err)
		}

		var stored atomic.Int64
		together(callers, func(i int) {
			if i == 0 {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				return
			}

			_, err := s.Accept(f.ctx, newEvent(fmt.Sprintf("evt_%d", i), ""))
			_, missing := f.Event(f.ctx, fmt.Sprintf("evt_%d", i))
			switch {
			case err == nil && missing == nil:
				stored.Add(1)
			case !errors.Is(err, store.ErrClosed) || missing == nil:
				t.Errorf("event %d: Accept returned %v, Event %v", i, err, missing)
			}
		})

		counts, err := f.Counts(f.ctx)
		if err != nil || counts[webhooks.Received] != stored.Load() {
			t.Errorf("%v are stored, %d were acknowledged, %v", counts, stored.Load(), err)
		}
	})
}

// whileBlocked accepts n events with a store whose inbox is blocked, waits
// until that many of them are refused, unblocks the inbox and returns the
// results.
func (f *fixture) whileBlocked(
	e Engine, o store.Options, n, refused int64, event func(i int) webhooks.Event,
) []error {
	f.t.Helper()
	s := f.open(o)
	release := e.BlockInbox(f.t, f.url)
	results := make([]error, n)
	var started, ended atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)

		together(int(n), func(i int) {
			started.Add(1)
			_, results[i] = s.Accept(f.ctx, event(i))
			ended.Add(1)
		})
	}()

	f.eventually("all events were passed to Accept", func() bool {
		return started.Load() == n && ended.Load() >= refused
	})
	release()
	<-done

	return results
}
