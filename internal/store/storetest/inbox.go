package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/queue"
	"checkoutd/internal/webhooks"
)

func testInbox(t *testing.T, e Engine) {
	t.Run("lists are filtered, newest first, page by page, without payloads", func(t *testing.T) { lists(t, e) })
	t.Run("a replayed event is due again, whatever its state", func(t *testing.T) { replays(t, e) })
	f := newFixture(t, e)
	t.Run("a wrong id is not found", func(t *testing.T) {
		t.Parallel()
		for _, id := range []string{"", "evt_none", "evt_\x00"} {
			if _, err := f.Event(f.ctx, id); fault.Of(err).Kind != fault.NotFound {
				t.Errorf("%q: got %v", id, err)
			}
		}

		if _, err := f.Events(f.ctx, webhooks.Filter{Before: "evt_none"}); fault.Of(err).Kind != fault.NotFound {
			t.Errorf("a page before an unknown event: %v", err)
		}
	})

	t.Run("known ids, more than one statement can name", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		f.accept(newEvent("evt_known", ""))
		ask := []string{"evt_known"}
		for i := range 1200 {
			ask = append(ask, fmt.Sprintf("evt_unknown%d", i))
		}

		if got, err := f.Known(f.ctx, ask); err != nil || !reflect.DeepEqual(got, map[string]bool{"evt_known": true}) {
			t.Errorf("got %v, %v", got, err)
		}
		if got, err := f.Known(f.ctx, nil); err != nil || len(got) != 0 {
			t.Errorf("of none: got %v, %v", got, err)
		}
	})

	t.Run("a cursor is zero until it is set", func(t *testing.T) {
		t.Parallel()
		if at, err := f.Cursor(f.ctx, ""); err != nil || !at.IsZero() {
			t.Errorf("got %v, %v", at, err)
		}

		for _, want := range []time.Time{start, start.Add(time.Hour)} {
			if err := f.SetCursor(f.ctx, "", want); err != nil {
				t.Fatal(err)
			}
			if at, err := f.Cursor(f.ctx, ""); err != nil || at != want {
				t.Errorf("got %v, %v; want %v", at, err, want)
			}
		}

		if at, err := f.Cursor(f.ctx, "acct_1"); err != nil || !at.IsZero() {
			t.Errorf("another account has %v, %v", at, err)
		}
	})

	t.Run("refused requests are counted by reason", func(t *testing.T) {
		t.Parallel()
		var want atomic.Int64
		together(callers, func(i int) {
			if err := f.CountRejected(f.ctx, "signature", int64(i)); err != nil {
				t.Error(err)
			}

			want.Add(int64(i))
		})

		if err := f.CountRejected(f.ctx, "stale", 1); err != nil {
			t.Error(err)
		}

		got, err := f.Rejected(f.ctx)
		if err != nil || !reflect.DeepEqual(got, map[string]int64{"signature": want.Load(), "stale": 1}) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func lists(t *testing.T, e Engine) {
	f := newFixture(t, e)
	for i := range 10 {
		ev := newEvent(fmt.Sprintf("evt_%d", i), "")
		ev.ReceivedAt = start.Add(time.Duration(i/2) * time.Second) // two of each moment

		if i%3 == 0 {
			ev.State, ev.Type, ev.OrderID = webhooks.Dead, "charge.refunded", "ord_3"
		}

		if _, err := f.Accept(f.ctx, ev); err != nil {
			t.Fatal(err)
		}
	}

	second, third := start.Add(time.Second), start.Add(3*time.Second)
	for name, c := range map[string]struct {
		filter webhooks.Filter
		want   string // the numbers of the events
	}{
		"all":    {webhooks.Filter{}, "9876543210"},
		"few":    {webhooks.Filter{Limit: 2}, "98"},
		"page":   {webhooks.Filter{Limit: 2, Before: "evt_7"}, "65"},
		"ids":    {webhooks.Filter{IDs: []string{"evt_1", "evt_5", "evt_none"}}, "51"},
		"types":  {webhooks.Filter{Types: []string{"charge.refunded", "other"}}, "9630"},
		"states": {webhooks.Filter{States: []webhooks.State{webhooks.Dead}, From: second}, "963"},
		"order":  {webhooks.Filter{OrderID: "ord_3", To: second}, "0"},
		"times":  {webhooks.Filter{From: second, To: third}, "5432"},
		"none":   {webhooks.Filter{OrderID: "ord_none"}, ""},
	} {
		list, err := f.Events(f.ctx, c.filter)
		got := strings.ReplaceAll(strings.Join(ids(list), ""), "evt_", "")
		if err != nil || got != c.want {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, c.want)
		}

		for _, ev := range list {
			if ev.Payload != nil || ev.Type == "" || ev.ReceivedAt.IsZero() {
				t.Errorf("%s: got %+v", name, ev)
			}
		}
	}

	counts, err := f.Counts(f.ctx)
	want := map[webhooks.State]int64{webhooks.Dead: 4, webhooks.Received: 6}
	if err != nil || !reflect.DeepEqual(counts, want) {
		t.Errorf("got %v, %v; want %v", counts, err, want)
	}
}

func replays(t *testing.T, e Engine) {
	f := newFixture(t, e)
	all := []string{"evt_working"}
	f.accept(newEvent("evt_working", "pi_1"))
	held := f.claim(1)[0]

	for _, state := range []webhooks.State{
		webhooks.Done,
		webhooks.Dead,
		webhooks.Ignored,
		webhooks.Quarantined,
		webhooks.Unmatched,
	} {
		ev := newEvent("evt_"+string(state), "")
		ev.State, ev.Tries, ev.NextAt, ev.FinishedAt, ev.Note = state, 12, start.Add(time.Hour), start, "why"
		f.accept(ev)
		all = append(all, ev.ID)
	}

	now := f.clock.Advance(time.Minute)
	if n, err := f.ReplayEvents(f.ctx, append(all, "evt_none"), now); err != nil || n != len(all) {
		t.Errorf("replayed %d, %v; want %d", n, err, len(all))
	}
	if err := f.FinishEvent(f.ctx, held.Claim(), webhooks.Done, "", now); !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("the previous claim is still held: %v", err)
	}

	list := f.claim(9)
	if len(list) != len(all) {
		t.Errorf("%v are due, want %d", ids(list), len(all))
	}

	for _, ev := range list {
		if ev.Tries != 1 || ev.Note != "" || !ev.FinishedAt.IsZero() {
			t.Errorf("got %+v", ev)
		}
	}

	if n, err := f.ReplayEvents(f.ctx, nil, now); n != 0 || err != nil {
		t.Errorf("of none: %d, %v", n, err)
	}
}
