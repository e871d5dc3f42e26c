package storetest

import (
	"testing"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/golive"
	"checkoutd/internal/webhooks"
)

// testGoLive checks what the checklist before going live reads and keeps.
func testGoLive(t *testing.T, e Engine) {
	f := newFixture(t, e)
	kept := func() golive.Kept {
		t.Helper()
		k, err := f.ReadGoLive(f.ctx, false)
		if err != nil {
			t.Fatal(err)
		}

		return k
	}

	if k := kept(); k.BoundTo != "" || k.Account != "" || k.OtherMode != 0 || !k.LastBackup.IsZero() ||
		len(k.Verified)+len(k.Ticks)+len(k.NoCharges) != 0 {
		t.Errorf("of a new database: got %+v", k)
	}

	// What it is bound to, and what is of the other mode.
	if _, err := f.Bind(f.ctx, "test keys"); err != nil {
		t.Fatal(err)
	}

	for _, id := range []string{"acct_good", "acct_bad"} {
		if _, err := f.ChangeConnectAccount(f.ctx, id, func(a *connect.Account) error {
			a.State, a.Scope, a.ChargesEnabled, a.Livemode = connect.Connected, connect.ReadWrite, id == "acct_good", id == "acct_bad"
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}

	for i, ev := range []webhooks.Event{
		{ID: "evt_1", Source: webhooks.SourceWebhook, Secret: "aaaa0000"},
		{ID: "evt_2", Source: webhooks.SourceBackfill},
		{ID: "evt_3", Source: webhooks.SourceWebhook, Secret: "aaaa0000"},
	} {
		ev.Type, ev.State, ev.Created, ev.Payload = "charge.succeeded", webhooks.Received, f.clock.Now(), []byte("{}")
		if _, err := f.Accept(f.ctx, ev); err != nil {
			t.Fatal(err)
		}

		if i < 2 {
			f.clock.Advance(time.Minute)
		}
	}

	k := kept()
	if k.BoundTo != "test keys" || k.OtherMode != 1 || len(k.NoCharges) != 1 || k.NoCharges[0] != "acct_bad" {
		t.Errorf("got %+v", k)
	}
	if at := k.Verified["aaaa0000"]; len(k.Verified) != 1 || !at.Equal(start.Add(2*time.Minute)) {
		t.Errorf("got the secrets %v", k.Verified)
	}

	sources, err := f.EventSources(f.ctx, []string{"evt_1", "evt_2", "evt_none"})
	if err != nil || len(sources) != 2 || sources["evt_1"] != "webhook" || sources["evt_2"] != "backfill" {
		t.Errorf("got the sources %v, %v", sources, err)
	}

	// The first sight of a key stays.
	for range 2 {
		if at, err := f.SeeGoLiveKey(f.ctx, "cccc0000", f.clock.Now()); err != nil || !at.Equal(start.Add(2*time.Minute)) {
			t.Errorf("the key was seen first at %v, %v", at, err)
		}

		f.clock.Advance(time.Hour)
	}

	// The last word about a box counts.
	for i, ticked := range []bool{true, false, true} {
		tick := golive.Tick{
			ID:     "tick_" + string('a'+rune(i)),
			Box:    "box-radar",
			Ticked: ticked,
			Person: "Ann",
			At:     f.clock.Now(),
		}
		if err := f.TickGoLive(f.ctx, tick); err != nil {
			t.Fatal(err)
		}
		if got, ok := kept().Ticks["box-radar"]; ok != ticked || ok && got.ID != tick.ID {
			t.Errorf("after %+v: got %+v, %t", tick, got, ok)
		}
	}

	// One run a minute, whoever asks.
	for _, step := range []struct{ after, wait time.Duration }{
		{0, 0}, {20 * time.Second, 40 * time.Second}, {39 * time.Second, time.Second}, {time.Second, 0}, {0, time.Minute},
		{-time.Hour, 0}, // the clock was wrong
	} {
		f.clock.Advance(step.after)

		wait, err := f.BeginGoLive(f.ctx, f.clock.Now(), time.Minute)
		if err != nil || wait != step.wait {
			t.Errorf("after %s: wait %s, %v, want %s", step.after, wait, err, step.wait)
		}
	}

	// The last rehearsal stays.
	for _, cases := range []int{40, 41} {
		r := golive.Rehearsal{At: f.clock.Now(), Fingerprint: "dddd0000", Cases: cases, Red: []string{"3ds/left"}}
		if err := f.KeepRehearsal(f.ctx, r); err != nil {
			t.Fatal(err)
		}
		if got := kept().Rehearsal; got.Cases != cases || !got.At.Equal(r.At) || len(got.Red) != 1 {
			t.Errorf("got the rehearsal %+v, want %+v", got, r)
		}
	}

	// Reports, newest first, and no more than are kept.
	for i := range golive.KeptRuns + 2 {
		r := &golive.Report{
			ID:     "run_" + time.Duration(i).String(),
			RanAt:  f.clock.Now(),
			Red:    i,
			Checks: []golive.Result{{Check: "clock"}},
		}
		if err := f.SaveGoLiveRun(f.ctx, r); err != nil {
			t.Fatal(err)
		}

		f.clock.Advance(time.Second)
	}

	runs, err := f.GoLiveRuns(f.ctx, golive.KeptRuns+10)
	if err != nil || len(runs) != golive.KeptRuns || runs[0].Red != golive.KeptRuns+1 || runs[0].Checks[0].Check != "clock" {
		t.Errorf("got %d runs, %v", len(runs), err)
	}
}

// testGoLiveEndpoints checks what is kept of endpoints that are created.
func testGoLiveEndpoints(t *testing.T, e Engine) {
	f := newFixture(t, e)
	row := golive.Made{
		ID:        "hook_1",
		Connect:   true,
		URL:       "https://a",
		State:     golive.Begun,
		CreatedAt: f.clock.Now(),
	}

	for _, step := range []struct {
		state golive.MadeState
		open  bool
	}{{golive.Begun, true}, {golive.Created, true}, {golive.Shown, false}, {golive.GivenUp, false}} {
		row.State = step.state
		if step.state != golive.Begun {
			row.EndpointID = "we_1"
		}

		f.clock.Advance(time.Second)
		if step.state == golive.Begun {
			if _, err := f.BeginEndpoint(f.ctx, row, ""); err != nil {
				t.Fatal(err)
			}
		}

		if err := f.KeepEndpoint(f.ctx, row); err != nil {
			t.Fatal(err)
		}

		got, ok, err := f.UnshownEndpoint(f.ctx, true)
		if err != nil || ok != step.open || ok && (got.State != row.State || got.EndpointID != row.EndpointID ||
			got.URL != row.URL || !got.CreatedAt.Equal(start)) {
			t.Errorf("%s: got %+v, %t, %v", step.state, got, ok, err)
		}

		if _, ok, err := f.UnshownEndpoint(f.ctx, false); ok || err != nil {
			t.Errorf("of the other kind: got %t, %v", ok, err)
		}
	}
}

// testGoLiveEndpointsAtOnce lets several calls begin the same creation.
func testGoLiveEndpointsAtOnce(t *testing.T, e Engine) {
	f := newFixture(t, e)
	begin := func(id, former string, connect bool) golive.Made {
		t.Helper()
		m, err := f.BeginEndpoint(f.ctx, golive.Made{
			ID:        id,
			Connect:   connect,
			URL:       "https://a",
			State:     golive.Begun,
			CreatedAt: f.clock.Now(),
		}, former)
		if err != nil {
			t.Error(err)
		}

		return m
	}

	first := make(chan string)

	const calls = 4
	for i := range calls {
		go func() { first <- begin("hook_"+string('a'+rune(i)), "", false).ID }()
	}

	winner := <-first
	for range calls - 1 {
		if id := <-first; id != winner {
			t.Errorf("%s and %s have both begun", winner, id)
		}
	}

	if got := begin("hook_connect", "", true).ID; got != "hook_connect" {
		t.Errorf("of the other kind: got %s", got)
	}
	if got := begin("hook_next", winner, false).ID; got != "hook_next" {
		t.Errorf("in place of the first: got %s", got)
	}
	if got := begin("hook_late", winner, false).ID; got != "hook_next" {
		t.Errorf("in place of one that has ended: got %s", got)
	}
}
