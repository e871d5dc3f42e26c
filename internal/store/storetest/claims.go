package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/queue"
	"checkoutd/internal/store"
	"checkoutd/internal/webhooks"
)

func testClaims(t *testing.T, e Engine) {
	t.Run("a claim returns the oldest events, with payloads, under a lease", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		f.accept(newEvent("evt_c", "pi_1"), newEvent("evt_b", "pi_2"), newEvent("evt_a", "pi_3"))

		list := f.claim(2)
		if got, want := ids(list), []string{"evt_c", "evt_b"}; !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}

		ev := list[0]
		if ev.State != webhooks.Working || ev.LeaseToken == "" || ev.LeaseUntil != start.Add(time.Minute) ||
			ev.Tries != 1 || len(ev.Payload) == 0 {
			t.Errorf("got %+v", ev)
		}
		if got, err := f.Event(f.ctx, ev.ID); err != nil || !reflect.DeepEqual(got, ev) {
			t.Errorf("stored is %+v, %v", got, err)
		}
		if got, want := ids(f.claim(9)), []string{"evt_a"}; !reflect.DeepEqual(got, want) {
			t.Errorf("then got %v, want %v", got, want)
		}
	})

	t.Run("a released event is due as if it had never been claimed", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		f.accept(newEvent("evt_1", "pi_1"))

		ev := f.claim(1)[0]
		if err := f.ReleaseEvent(f.ctx, ev.Claim(), start); err != nil {
			t.Fatal(err)
		}

		again := f.claim(1)
		if len(again) != 1 || again[0].Tries != 1 {
			t.Fatalf("got %+v, want its first try", again)
		}
		if err := f.ReleaseEvent(f.ctx, ev.Claim(), start); !errors.Is(err, queue.ErrClaimLost) {
			t.Errorf("the old claim was released again: %v", err)
		}
	})

	t.Run("events received at the same time are ordered by id", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		for _, id := range []string{"evt_2", "evt_3", "evt_1"} {
			if _, err := f.Accept(f.ctx, newEvent(id, id)); err != nil {
				t.Fatal(err)
			}
		}

		if got, want := ids(f.claim(2)), []string{"evt_1", "evt_2"}; !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})

	t.Run("only due and unfinished events are claimed", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		for _, state := range []webhooks.State{
			webhooks.Unmatched,
			webhooks.Done,
			webhooks.Ignored,
			webhooks.Dead,
			webhooks.Quarantined,
		} {
			ev := newEvent("evt_"+string(state), "")
			ev.State = state
			f.accept(ev)
		}

		future := newEvent("evt_future", "")
		future.NextAt = start.Add(time.Microsecond)
		f.accept(future)

		if got, want := ids(f.claim(9)), []string{"evt_unmatched"}; !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}

		f.clock.Advance(time.Microsecond)
		if got, want := ids(f.claim(9)), []string{"evt_future"}; !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})

	t.Run("one event of a group at a time, the oldest first", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		f.accept(
			newEvent("evt_3", "pi_1"),
			newEvent("evt_2", "pi_1"),
			newEvent("evt_1", "pi_1"),
			newEvent("evt_x", ""),
			newEvent("evt_y", ""),
		)

		list := f.claim(9)
		if got, want := ids(list), []string{"evt_3", "evt_x", "evt_y"}; !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		if more := f.claim(9); len(more) != 0 {
			t.Fatalf("its group is being worked, and %v was claimed", ids(more))
		}

		// The first fails and waits, so that the next may be claimed.
		f.finish(list[0], webhooks.Received, start.Add(time.Hour))
		if got, want := ids(f.claim(9)), []string{"evt_2"}; !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})

	t.Run("a finished claim cannot end again", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		for i, next := range []webhooks.State{
			webhooks.Done,
			webhooks.Ignored,
			webhooks.Dead,
			webhooks.Quarantined,
			webhooks.Received,
			webhooks.Unmatched,
		} {
			f.accept(newEvent(fmt.Sprintf("evt_%d", i), ""))
			ev := f.claim(1)[0]
			again := start.Add(time.Hour)
			if err := f.FinishEvent(f.ctx, ev.Claim(), next, "why", again); err != nil {
				t.Fatal(err)
			}

			got, err := f.Event(f.ctx, ev.ID)
			if err != nil || got.State != next || got.Note != "why" ||
				got.LeaseToken != "" || !got.LeaseUntil.IsZero() {
				t.Errorf("%s: got %+v, %v", next, got, err)
			}
			waits := next == webhooks.Received || next == webhooks.Unmatched
			if waits != got.NextAt.Equal(again) || waits != got.FinishedAt.IsZero() {
				t.Errorf("%s: next at %v, finished at %v", next, got.NextAt, got.FinishedAt)
			}
			if err := f.FinishEvent(f.ctx, ev.Claim(), webhooks.Dead, "", again); !errors.Is(err, queue.ErrClaimLost) {
				t.Errorf("%s: it ended twice: %v", next, err)
			}
		}
	})

	t.Run("many claims of what is not ours end at once, and a lost one harms no other", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		const events = 30
		for i := range events {
			f.accept(newEvent(fmt.Sprintf("evt_%02d", i), ""))
		}

		held, until := f.claim(events), start.Add(time.Hour)
		held[7].LeaseToken = "lost"
		together(events, func(i int) {
			err := f.FinishNotOurs(f.ctx, held[i].Claim(), "not ours", []string{"in_1", "pi_1"}, until)
			if lost := errors.Is(err, queue.ErrClaimLost); lost != (i == 7) || err != nil && !lost {
				t.Errorf("%d: %v", i, err)
			}
		})

		counts, err := f.Counts(f.ctx)
		want := map[webhooks.State]int64{webhooks.Ignored: events - 1, webhooks.Working: 1}
		if err != nil || !reflect.DeepEqual(counts, want) {
			t.Errorf("got %v, %v; want %v", counts, err, want)
		}

		known, err := f.IsNotOurs(f.ctx, []string{"sub_1", "pi_1"})
		if err != nil || !known {
			t.Errorf("it is not remembered: %v, %v", known, err)
		}
		if err := f.ForgetNotOurs(f.ctx, until); err != nil {
			t.Error(err)
		}
		if known, err := f.IsNotOurs(f.ctx, []string{"in_1", "pi_1"}); err != nil || known {
			t.Errorf("it is not forgotten: %v, %v", known, err)
		}
	})

	t.Run("an event that moves to another lane is claimed there, as if for the first time", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		f.accept(newEvent("evt_1", ""))
		if err := f.MoveEvent(f.ctx, f.claim(1)[0].Claim(), webhooks.LaneAsk, start); err != nil {
			t.Fatal(err)
		}
		if got := f.claim(1); len(got) != 0 {
			t.Errorf("it is still in the first lane: %v", ids(got))
		}

		now := f.clock.Now()
		list, err := f.ClaimEvents(f.ctx, webhooks.LaneAsk, now, now.Add(time.Minute), 1)
		if err != nil || len(list) != 1 || list[0].Tries != 1 {
			t.Errorf("got %+v, %v", list, err)
		}
	})

	t.Run("events that wait in a group are listed, whether they are due or not", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		future, unmatched, done := newEvent("evt_4", "pi_1"), newEvent("evt_3", "pi_1"), newEvent("evt_2", "pi_1")
		future.NextAt, unmatched.State, done.State = start.Add(time.Hour), webhooks.Unmatched, webhooks.Done
		f.accept(newEvent("evt_5", "pi_1"), future, unmatched, done, newEvent("evt_1", "pi_2"), newEvent("evt_0", ""))
		f.claim(1) // evt_5

		list, err := f.WaitingEvents(f.ctx, "pi_1", 9)
		if got, want := ids(list), []string{"evt_4", "evt_3"}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
		if len(list) > 0 && (len(list[0].Payload) == 0 || list[0].NextAt != future.NextAt) {
			t.Errorf("got %+v", list[0])
		}
		if list, err := f.WaitingEvents(f.ctx, "pi_1", 1); err != nil || len(list) != 1 {
			t.Errorf("got %v, %v; want one", ids(list), err)
		}
		if list, err := f.WaitingEvents(f.ctx, "", 9); err != nil || len(list) != 0 {
			t.Errorf("got %v, %v; want none without a group", ids(list), err)
		}
	})

	t.Run("a state in which work cannot end is refused", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		f.accept(newEvent("evt_1", ""))
		ev := f.claim(1)[0]
		for _, next := range []webhooks.State{webhooks.Working, "gone", ""} {
			err := f.FinishEvent(f.ctx, ev.Claim(), next, "", start)
			if err == nil || errors.Is(err, queue.ErrClaimLost) {
				t.Errorf("%q: got %v", next, err)
			}
		}

		for _, c := range []queue.Claim{{ID: "evt_none", Token: ev.LeaseToken}, {ID: ev.ID}, {ID: ev.ID, Token: "x"}} {
			if err := f.FinishEvent(f.ctx, &c, webhooks.Done, "", start); !errors.Is(err, queue.ErrClaimLost) {
				t.Errorf("%+v: got %v, want ErrClaimLost", c, err)
			}
		}
	})

	t.Run("an expired lease is rescued, and its holder loses the claim", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		f.accept(newEvent("evt_1", "pi_1"))

		ev := f.claim(1)[0]
		if n, err := f.RescueEvents(f.ctx, ev.LeaseUntil.Add(-time.Microsecond)); n != 0 || err != nil {
			t.Errorf("rescued %d before the lease expired, %v", n, err)
		}

		f.clock.Advance(time.Minute)
		if n, err := f.RescueEvents(f.ctx, ev.LeaseUntil); n != 1 || err != nil {
			t.Errorf("rescued %d, %v; want 1", n, err)
		}
		if err := f.FinishEvent(f.ctx, ev.Claim(), webhooks.Done, "", start); !errors.Is(err, queue.ErrClaimLost) {
			t.Errorf("got %v, want ErrClaimLost", err)
		}

		again := f.claim(1)
		if len(again) != 1 || again[0].Tries != 1 || again[0].Interrupted != 1 || again[0].LeaseToken == ev.LeaseToken {
			t.Errorf("got %+v", again)
		}
	})
}

func (f *fixture) finish(ev webhooks.Event, next webhooks.State, at time.Time) {
	f.t.Helper()
	if err := f.FinishEvent(f.ctx, ev.Claim(), next, "", at); err != nil {
		f.t.Fatal(err)
	}
}

// testClaimsAtOnce works a full inbox with many workers in two stores, and
// records which events were held at the same time.
func testClaimsAtOnce(t *testing.T, e Engine) {
	f := newFixture(t, e)
	stores := []*store.Store{f.Store, f.open(store.Options{})}
	const events, groups = 240, 12
	together(callers, func(i int) {
		for n := i; n < events; n += callers {
			ev := newEvent(fmt.Sprintf("evt_%03d", n), fmt.Sprintf("pi_%d", n%groups))
			ev.ReceivedAt = start.Add(time.Duration(n) * time.Microsecond)

			if _, err := f.Accept(f.ctx, ev); err != nil {
				t.Error(err)
			}
		}
	})

	w := watch{t: t, held: map[string]string{}, worked: map[string]int{}}
	together(callers, func(i int) {
		s := stores[i%2]
		for w.done() < events && !t.Failed() {
			list, err := s.ClaimEvents(f.ctx, webhooks.LaneOwn, start.Add(time.Hour), start.Add(2*time.Hour), 3)
			if err != nil {
				t.Error(err)
				return
			}

			for _, ev := range list {
				w.take(ev)
			}

			for _, ev := range list {
				w.drop(ev)
				if err := s.FinishEvent(f.ctx, ev.Claim(), webhooks.Done, "", start); err != nil {
					t.Error(err)
				}
			}
		}
	})

	for id, n := range w.worked {
		if n != 1 {
			t.Errorf("%s was worked %d times", id, n)
		}
	}

	for g, order := range w.byGroup() {
		if !slices.IsSorted(order) {
			t.Errorf("group %s was worked in the order %v", g, order)
		}
	}
}

// watch records which event of each group is being worked.
type watch struct {
	t      *testing.T
	mu     sync.Mutex
	held   map[string]string
	worked map[string]int
	order  []webhooks.Event
}

func (w *watch) take(ev webhooks.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if other, busy := w.held[ev.Group]; busy {
		w.t.Errorf("%s and %s of group %s are worked at the same time", other, ev.ID, ev.Group)
	}
	w.held[ev.Group] = ev.ID
	w.worked[ev.ID]++
	w.order = append(w.order, ev)
}

// drop is called before the claim ends: afterwards another worker may have it.
func (w *watch) drop(ev webhooks.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.held, ev.Group)
}

func (w *watch) done() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.worked)
}

func (w *watch) byGroup() map[string][]string {
	out := map[string][]string{}
	for _, ev := range w.order {
		out[ev.Group] = append(out[ev.Group], ev.ID)
	}
	return out
}
