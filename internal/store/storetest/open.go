package storetest

import (
	"errors"
	"strings"
	"testing"

	"checkoutd/internal/store"
	"checkoutd/internal/testkit"
	"checkoutd/internal/webhooks"
)

func testOpen(t *testing.T, e Engine) {
	t.Run("everything is there after a restart", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		o := f.order()
		f.accept(newEvent("evt_1", "pi_1"))

		key, err := f.Key(f.ctx, "cookie")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}

		again := f.open(store.Options{})
		if err := again.MigrationsCurrent(f.ctx); err != nil {
			t.Error(err)
		}
		if _, err := again.Order(f.ctx, o.ID); err != nil {
			t.Error(err)
		}
		if got, err := again.Event(f.ctx, "evt_1"); err != nil || got.State != webhooks.Received {
			t.Errorf("got %+v, %v", got, err)
		}
		if got, err := again.Key(f.ctx, "cookie"); err != nil || string(got) != string(key) {
			t.Errorf("the key changed: %x, %x, %v", key, got, err)
		}
	})

	t.Run("a closed store refuses calls and may be closed again", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if err := f.Ping(f.ctx); err == nil {
			t.Error("a closed store answers")
		}
		if _, err := f.Accept(f.ctx, newEvent("evt_1", "")); !errors.Is(err, store.ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
}

func testMigrate(t *testing.T, e Engine) {
	t.Run("an empty database is not current", func(t *testing.T) {
		t.Parallel()
		f := &fixture{t: t, ctx: t.Context(), url: e.NewEmptyURL(t), clock: testkit.NewClockAt(start)}
		f.Store = f.open(store.Options{})

		if err := f.Ping(f.ctx); err != nil {
			t.Errorf("it does not answer: %v", err)
		}
		if err := f.MigrationsCurrent(f.ctx); err == nil || !strings.Contains(err.Error(), "not migrated") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("eight processes that start at once migrate once", func(t *testing.T) {
		t.Parallel()
		f := &fixture{t: t, ctx: t.Context(), url: e.NewEmptyURL(t), clock: testkit.NewClockAt(start)}
		const openers = 8
		stores := make([]*store.Store, openers)
		for i := range stores {
			stores[i] = f.open(store.Options{MaxConns: 2})
		}

		together(openers, func(i int) {
			if err := stores[i].Migrate(f.ctx); err != nil {
				t.Errorf("opener %d: %v", i, err)
			}
			if err := stores[i].MigrationsCurrent(f.ctx); err != nil {
				t.Errorf("opener %d: %v", i, err)
			}
		})

		f.Store = stores[0]
		f.order()
	})

	t.Run("a second migration changes nothing", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		o := f.order()

		if err := f.Migrate(f.ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Order(f.ctx, o.ID); err != nil {
			t.Error(err)
		}
	})
}
