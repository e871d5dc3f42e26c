package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/payments"
	"checkoutd/internal/sealed"
	"checkoutd/internal/store"
	"checkoutd/internal/webhooks"
)

// ringOf returns a ring whose keys are the bytes of names repeated.
func ringOf(t testing.TB, names string) *sealed.Ring {
	t.Helper()
	var keys [][]byte
	for i := range names {
		keys = append(keys, bytes.Repeat([]byte{names[i]}, sealed.KeySize))
	}

	r, err := sealed.NewRing(keys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// secretsOf are the secrets that a database of the tests holds.
type secretsOf struct {
	order string
	key   []byte
}

// fill stores a secret of each kind.
func (f *fixture) fill(s *store.Store, n int) (out secretsOf) {
	f.t.Helper()
	out.order = f.order().ID
	err := s.Update(f.ctx, out.order, nil, func(st *payments.State) error {
		st.Intents = append(st.Intents, newIntent(fmt.Sprintf("pi_vault_%d", n)))
		return nil
	})
	if err == nil {
		_, err = s.Accept(f.ctx, newEvent(fmt.Sprintf("evt_vault_%d", n), ""))
	}
	if err == nil {
		out.key, err = s.Key(f.ctx, "vault")
	}
	if err == nil {
		e := newEndpoint()
		e.ID, e.URL = fmt.Sprintf("we_vault_%d", n), "https://shop.test/vault"
		err = s.AddEndpoint(f.ctx, e)
	}
	if err != nil {
		f.t.Fatal(err)
	}

	return out
}

// opens returns the first secret that a store cannot read, "" if it reads all.
func (f *fixture) opens(s *store.Store, n int, want secretsOf) (failed string) {
	f.t.Helper()
	st, err := s.Read(f.ctx, want.order)
	if err != nil || st.Intents[0].ClientSecret != fmt.Sprintf("pi_vault_%d_secret", n) {
		return "client secret"
	}

	id := fmt.Sprintf("evt_vault_%d", n)
	if e, err := s.Event(f.ctx, id); err != nil || string(e.Payload) != `{"id":"`+id+`"}` {
		return "payload"
	}
	if key, err := s.Key(f.ctx, "vault"); err != nil || !bytes.Equal(key, want.key) {
		return "key"
	}

	list, err := s.Endpoints(f.ctx)
	i := slices.IndexFunc(list, func(e deliveries.Endpoint) bool { return e.ID == fmt.Sprintf("we_vault_%d", n) })
	if err != nil || i < 0 || list[i].Secrets[0].Value != newEndpoint().Secrets[0].Value {
		return "endpoint"
	}

	return ""
}

func (f *fixture) wantRefused(ring *sealed.Ring, words ...string) {
	f.t.Helper()
	err := f.open(store.Options{Ring: ring}).CheckKeys(f.ctx)
	for _, w := range append(words, "DATA_KEY") {
		if err == nil || !strings.Contains(err.Error(), w) {
			f.t.Errorf("with the keys %v: %v; want a sentence with %q", ring.KeyIDs(), err, w)
		}
	}
}

func (f *fixture) openWith(keys string) *store.Store {
	f.t.Helper()
	s := f.open(store.Options{Ring: ringOf(f.t, keys)})
	if err := s.CheckKeys(f.ctx); err != nil {
		f.t.Fatal(err)
	}
	return s
}

func (f *fixture) reseal(s *store.Store, want int) {
	f.t.Helper()
	if n, err := s.Reseal(f.ctx); n != want || err != nil {
		f.t.Errorf("resealed %d, %v; want %d", n, err, want)
	}
}

func testVault(t *testing.T, e Engine) {
	t.Run("keys rotate", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		first := f.openWith("a")
		want := f.fill(first, 1)

		if failed := f.opens(first, 1, want); failed != "" {
			t.Errorf("the %s does not open under its key", failed)
		}
		if _, err := f.Read(f.ctx, want.order); err == nil {
			t.Error("without a key the order is read")
		}
		if _, err := f.Event(f.ctx, "evt_vault_1"); err == nil {
			t.Error("without a key the event is read")
		}
		if _, err := f.Key(f.ctx, "vault"); err == nil {
			t.Error("without a key the stored key is read")
		}
		if _, err := f.Endpoints(f.ctx); err == nil {
			t.Error("without a key the endpoints are read")
		}

		f.wantRefused(ringOf(t, ""), "is not set", ringOf(t, "a").KeyIDs()[0])
		f.wantRefused(ringOf(t, "b"), "lacks", ringOf(t, "a").KeyIDs()[0])

		both := f.openWith("ba")
		if failed := f.opens(both, 1, want); failed != "" {
			t.Errorf("the %s does not open while the keys rotate", failed)
		}
		f.wantRefused(ringOf(t, "b"), "lacks")

		f.reseal(both, 4)
		next := f.openWith("b")
		if failed := f.opens(next, 1, want); failed != "" {
			t.Errorf("the %s does not open after the rotation", failed)
		}
		f.reseal(next, 0)
		f.wantRefused(ringOf(t, "a"), "lacks")
	})

	t.Run("a database in clear is sealed", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		want := map[int]secretsOf{}
		for n := range 105 { // more than a page
			want[n] = f.fill(f.Store, n)
		}
		f.reseal(f.Store, 0)

		s := f.openWith("a")
		if failed := f.opens(s, 7, want[7]); failed != "" {
			t.Errorf("the %s in clear does not open", failed)
		}

		together(2, func(int) {
			if _, err := s.Reseal(f.ctx); err != nil {
				t.Error(err)
			}
		})
		f.reseal(s, 0)

		for n, secrets := range want {
			if failed := f.opens(s, n, secrets); failed != "" {
				t.Errorf("the %s number %d does not open once sealed", failed, n)
			}
		}
		if _, err := f.Event(f.ctx, "evt_vault_104"); err == nil {
			t.Error("the last payload is still in clear")
		}
		if _, err := f.Read(f.ctx, want[104].order); err == nil {
			t.Error("the last client secret is still in clear")
		}
	})

	t.Run("a claimed event has its payload, and an unchanged intent is not written", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		s := f.openWith("a")
		want := f.fill(s, 1)

		events, err := s.ClaimEvents(f.ctx, webhooks.LaneOwn, start.Add(time.Hour), start.Add(2*time.Hour), 10)
		if err != nil || len(events) != 1 || string(events[0].Payload) != `{"id":"evt_vault_1"}` {
			t.Errorf("claimed %+v, %v", events, err)
		}

		before, err := s.Read(f.ctx, want.order)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Update(f.ctx, want.order, nil, func(*payments.State) error { return nil }); err != nil {
			t.Fatal(err)
		}
		after, err := s.Read(f.ctx, want.order)
		if err != nil || after.Intents[0].Version != before.Intents[0].Version {
			t.Errorf("the intent was written: version %d after %d, %v",
				after.Intents[0].Version, before.Intents[0].Version, err)
		}
	})
}
