package storetest

import (
	"errors"
	"maps"
	"testing"
	"time"

	"checkoutd/internal/connect/dashboard"
	"checkoutd/internal/store"
)

func testDashboards(t *testing.T, e Engine) {
	f := newFixture(t, e)
	beside := f.open(store.Options{})
	link, session := []byte("link"), []byte("session")

	now := f.clock.Now()
	want := dashboard.Dashboard{
		ID:            "cdl_1",
		AccountID:     "acct_1",
		Components:    map[string]dashboard.Features{"payments": {"refund_management": true}},
		LinkHash:      link,
		LinkExpiresAt: now.Add(time.Minute),
		SessionHash:   []byte{},
		ExpiresAt:     now.Add(time.Minute),
		CreatedAt:     now,
	}

	for range 2 { // a repetition changes nothing
		if err := f.AddDashboard(f.ctx, want); err != nil {
			t.Fatal(err)
		}
	}

	closed := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, dashboard.ErrClosed) {
			t.Errorf("%s: got %v, want ErrClosed", what, err)
		}
	}

	open := func(link, session []byte) (dashboard.Dashboard, error) {
		return beside.OpenDashboard(f.ctx, link, session, f.clock.Now(), now.Add(time.Hour))
	}

	_, err := f.Dashboard(f.ctx, nil, f.clock.Now())
	closed("an unopened link is no session", err)
	_, err = open([]byte("other"), session)
	closed("another token", err)

	got, err := open(link, session)
	if err != nil || got.AccountID != want.AccountID || !got.ExpiresAt.Equal(now.Add(time.Hour)) ||
		!maps.Equal(got.Components["payments"], want.Components["payments"]) {
		t.Errorf("got %+v, %v; want %+v for an hour", got, err, want)
	}

	_, err = open(link, []byte("second"))
	closed("a link that was opened", err)

	f.clock.Advance(2 * time.Minute)

	if got, err := f.Dashboard(f.ctx, session, f.clock.Now()); err != nil || got.ID != want.ID {
		t.Errorf("got %+v, %v; want the session", got, err)
	}

	if err := f.CloseDashboard(f.ctx, session); err != nil {
		t.Fatal(err)
	}

	_, err = f.Dashboard(f.ctx, session, f.clock.Now())
	closed("a session that was closed", err)

	// A link and a session end on their own, and go with a new link.
	for i, id := range []string{"cdl_2", "cdl_3"} {
		d := want
		d.ID, d.LinkHash = id, []byte(id)
		d.CreatedAt = now.Add(time.Duration(i) * time.Hour)
		d.LinkExpiresAt = d.CreatedAt.Add(time.Minute)
		d.ExpiresAt = d.LinkExpiresAt

		if err := f.AddDashboard(f.ctx, d); err != nil {
			t.Fatal(err)
		}
	}

	_, err = open([]byte("cdl_2"), session)
	closed("a link that has expired", err)

	if _, err := f.OpenDashboard(f.ctx, []byte("cdl_3"), session, now, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}

	_, err = f.Dashboard(f.ctx, session, now.Add(time.Hour))
	closed("a session that has expired", err)
}
