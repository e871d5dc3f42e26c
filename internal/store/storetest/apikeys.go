package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/store"
)

func testAPIKeys(t *testing.T, e Engine) {
	f := newFixture(t, e)
	beside := f.open(store.Options{})

	var keys []api.Key
	for i, scope := range []api.Scope{api.ScopeRead, api.ScopeRefund} {
		k, _, err := api.NewKey("Backend", scope, i == 1, f.clock.Now())
		if err == nil {
			err = f.CreateAPIKey(f.ctx, k)
		}
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
		f.clock.Advance(time.Second)
	}

	if err := f.CreateAPIKey(f.ctx, keys[0]); err == nil {
		t.Error("a key is stored twice")
	}

	list := func() []api.Key {
		t.Helper()
		list, err := beside.APIKeys(f.ctx)
		if err != nil || len(list) != 2 || list[0].ID != keys[0].ID || list[1].ID != keys[1].ID {
			t.Fatalf("got %+v, %v; want both keys, oldest first", list, err)
		}
		return list
	}
	use := func(s *store.Store, k api.Key) (api.Key, bool) {
		t.Helper()
		got, ok, err := s.UseAPIKey(f.ctx, k.Hash, f.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return got, ok
	}

	for _, k := range keys {
		got, ok := use(beside, k)
		if !ok || got.ID != k.ID || got.Name != k.Name || got.Scope != k.Scope || got.Livemode != k.Livemode ||
			got.Hint != k.Hint || !got.CreatedAt.Equal(k.CreatedAt) || !bytes.Equal(got.Hash, k.Hash) {
			t.Errorf("got %+v, %t; want %+v", got, ok, k)
		}
	}

	// The last use is kept to the minute.
	first := f.clock.Now()
	f.clock.Advance(59 * time.Second)
	use(f.Store, keys[0])
	if got := list()[0].LastUsedAt; !got.Equal(first) {
		t.Errorf("last used at %s, want the use of a minute ago at %s", got, first)
	}
	f.clock.Advance(time.Second)
	use(f.Store, keys[0])
	if got := list()[0].LastUsedAt; !got.Equal(first.Add(time.Minute)) {
		t.Errorf("last used at %s, want %s", got, first.Add(time.Minute))
	}

	if _, ok := use(f.Store, api.Key{Hash: []byte("no such hash")}); ok {
		t.Error("a wrong key opens")
	}

	// A revocation counts at once, in every process, and keeps its time.
	if err := beside.RevokeAPIKey(f.ctx, keys[0].ID, f.clock.Now()); err != nil {
		t.Fatal(err)
	}
	revoked := f.clock.Now()
	f.clock.Advance(time.Hour)
	if err := beside.RevokeAPIKey(f.ctx, keys[0].ID, f.clock.Now()); err != nil {
		t.Errorf("revoked again: %v", err)
	}
	if got, ok := use(f.Store, keys[0]); ok || got.ID != "" {
		t.Errorf("a revoked key opens: %+v", got)
	}
	if _, ok := use(f.Store, keys[1]); !ok {
		t.Error("the other key is gone")
	}
	if got := list()[0]; !got.RevokedAt.Equal(revoked) || !got.LastUsedAt.Equal(first.Add(time.Minute)) {
		t.Errorf("revoked at %s, last used at %s", got.RevokedAt, got.LastUsedAt)
	}
	if err := beside.RevokeAPIKey(f.ctx, "key_none", f.clock.Now()); !errors.Is(err, api.ErrNoKey) {
		t.Errorf("a wrong ID: %v", err)
	}
}
