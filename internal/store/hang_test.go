package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/pgtest"
	"checkoutd/internal/store"
	"checkoutd/internal/testhost"
	"checkoutd/internal/webhooks"
)

// hangs is how long a test waits for what must end by itself.
const hangs = testhost.Patience

// openImpatient opens a store whose calls end after a few seconds: soon enough
// for a test, and late enough for the calls that must succeed on a busy
// machine.
func openImpatient(tb testing.TB, databaseURL string) *store.Store {
	tb.Helper()
	openMigrated(tb, databaseURL)
	s, err := store.Open(tb.Context(), databaseURL, store.Options{Timeout: 5 * time.Second, MaxConns: 4})
	if err != nil {
		tb.Fatal(err)
	}

	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})

	return s
}

// mustEnd runs do with a context that never ends, and fails the test if it
// hangs.
func mustEnd(tb testing.TB, name string, do func(context.Context) error) error {
	tb.Helper()
	done := make(chan error, 1)
	go func() { done <- do(context.WithoutCancel(tb.Context())) }()

	select {
	case err := <-done:
		return err
	case <-time.After(hangs):
		tb.Fatalf("%s hangs", name)
		return nil
	}
}

func touch(ctx context.Context, s *store.Store, id string) error {
	return s.Update(ctx, id, nil, func(st *payments.State) error {
		st.Order.Refunded++
		return nil
	})
}

// TestPostgresLockedRow has another session lock one order for as long as the
// test runs, and many callers ask for it: more than there are connections.
func TestPostgresLockedRow(t *testing.T) {
	t.Parallel()
	databaseURL := pgtest.Shared(t).NewDatabase(t)
	s, ctx := openImpatient(t, databaseURL), t.Context()
	for _, id := range []string{"ord_locked", "ord_free"} {
		if err := s.CreateOrder(ctx, anOrder(id)); err != nil {
			t.Fatal(err)
		}
	}

	other, err := openRaw(t, databaseURL).BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback() //nolint:errcheck // the only end it has

	if _, err := other.ExecContext(ctx, "SELECT 1 FROM orders WHERE id = 'ord_locked' FOR UPDATE"); err != nil {
		t.Fatal(err)
	}

	var callers sync.WaitGroup
	for range 60 {
		callers.Go(func() {
			if err := touch(ctx, s, "ord_locked"); fault.Of(err).Kind != fault.Unavailable {
				t.Errorf("a change of the locked order: got %v, want a fault of kind Unavailable", err)
			}
		})
	}

	// The others are served all the while.
	for range 20 {
		if err := touch(ctx, s, "ord_free"); err != nil {
			t.Fatalf("a change of another order: %v", err)
		}
		if _, err := s.Read(ctx, "ord_locked"); err != nil {
			t.Fatalf("a reader of the locked order: %v", err)
		}
	}

	if err := s.Health(ctx); err != nil {
		t.Errorf("with a locked row it is not healthy: %v", err)
	}

	callers.Wait()
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := touch(ctx, s, "ord_locked"); err != nil {
		t.Errorf("after the lock was released: %v", err)
	}
}

// TestPostgresLockedEvents has another session lock events: one whose lease has
// expired, and one that is not committed yet.
func TestPostgresLockedEvents(t *testing.T) {
	t.Parallel()
	databaseURL := pgtest.Shared(t).NewDatabase(t)
	s, ctx := openImpatient(t, databaseURL), t.Context()
	raw := openRaw(t, databaseURL)
	fill(t, raw, 2, "working", 0)

	other, err := raw.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback() //nolint:errcheck // the only end it has

	for _, text := range []string{
		"SELECT 1 FROM events WHERE id = 'evt_working1' FOR UPDATE",
		`INSERT INTO events SELECT 'evt_pending', type, account, api_version, version_mismatch, livemode, created,
			'', source, secret, 'received', note, order_id, tries, 1, '', 0, 1, 0, payload
			FROM events WHERE id = 'evt_working2'`,
	} {
		if _, err := other.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}

	if n, err := s.RescueEvents(ctx, time.Now()); err != nil || n != 1 {
		t.Errorf("rescued %d, %v; want the one that is not locked", n, err)
	}

	var callers sync.WaitGroup
	for i := range 20 {
		callers.Go(func() {
			id := fmt.Sprintf("evt_%d", i)
			if i == 10 {
				id = "evt_pending"
			}

			_, err := s.Accept(ctx, webhooks.Event{ID: id, Source: webhooks.SourceWebhook})
			if id == "evt_pending" {
				if fault.Of(err).Kind != fault.Unavailable {
					t.Errorf("the event that another session inserts: got %v", err)
				}
			} else if err != nil {
				t.Errorf("%s, which shares its commit: %v", id, err)
			}
		})
	}

	callers.Wait()
}

// TestPostgresFrozen stops the processes of the server: nothing answers, and no
// connection breaks.
func TestPostgresFrozen(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	s, ctx := openImpatient(t, cluster.NewDatabase(t)), t.Context()
	if err := s.CreateOrder(ctx, anOrder("ord_1")); err != nil {
		t.Fatal(err)
	}

	calls := map[string]func(context.Context) error{
		"ping":   s.Ping,
		"health": s.Health,
		"order":  func(ctx context.Context) error { _, err := s.Order(ctx, "ord_1"); return err },
		"read":   func(ctx context.Context) error { _, err := s.Read(ctx, "ord_1"); return err },
		"update": func(ctx context.Context) error { return touch(ctx, s, "ord_1") },
		"accept": func(ctx context.Context) error {
			_, err := s.Accept(ctx, webhooks.Event{ID: "evt_1", Source: webhooks.SourceWebhook})
			return err
		},
		"claim": func(ctx context.Context) error {
			_, err := s.ClaimEvents(ctx, webhooks.LaneOwn, time.Now(), time.Now(), 1)
			return err
		},
	}

	cluster.Freeze(t)
	var callers sync.WaitGroup
	for name, call := range calls {
		for range 10 { // more in all than there are connections
			callers.Go(func() {
				if err := mustEnd(t, name, call); fault.Of(err).Kind != fault.Unavailable {
					t.Errorf("%s: got %v, want a fault of kind Unavailable", name, err)
				}
			})
		}
	}

	callers.Wait()

	cluster.Thaw(t)

	for name, call := range calls {
		if err := call(ctx); err != nil && name != "health" {
			t.Errorf("%s after the thaw: %v", name, err)
		}
	}

	eventually(t, "healthy again", func() bool { return s.Health(ctx) == nil })
}

// eventually polls until ok.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	deadline := time.Now().Add(hangs)
	for !ok() {
		if time.Now().After(deadline) {
			tb.Fatalf("never: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestPostgresLimits checks what the server itself ends: the client may be
// gone.
func TestPostgresLimits(t *testing.T) {
	t.Parallel()
	databaseURL := pgtest.Shared(t).NewDatabase(t)
	for _, c := range []struct{ query, want string }{
		{"", "10s,2s,10s"},
		{"&statement_timeout=7000&lock_timeout=3000", "7s,3s,10s"},
	} {
		s, err := store.Open(t.Context(), databaseURL+c.query, store.Options{})
		if err != nil {
			t.Fatal(err)
		}

		got, err := s.Text(t.Context(), `SELECT current_setting('statement_timeout') || ',' ||
			current_setting('lock_timeout') || ',' || current_setting('idle_in_transaction_session_timeout')`)
		if err != nil || got != c.want {
			t.Errorf("%q: got %s, %v; want %s", c.query, got, err, c.want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSQLiteBusyWriter has another process write for as long as the test runs.
func TestSQLiteBusyWriter(t *testing.T) {
	t.Parallel()
	databaseURL := "sqlite:" + t.TempDir() + "/test.db"
	s, ctx := openImpatient(t, databaseURL), t.Context()
	if err := s.CreateOrder(ctx, anOrder("ord_1")); err != nil {
		t.Fatal(err)
	}

	release := blockSQLite(t, databaseURL)

	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			err := mustEnd(t, "a change", func(ctx context.Context) error { return touch(ctx, s, "ord_1") })
			if fault.Of(err).Kind != fault.Unavailable {
				t.Errorf("a change: got %v, want a fault of kind Unavailable", err)
			}
		})
	}

	if _, err := s.Order(ctx, "ord_1"); err != nil {
		t.Errorf("a reader: %v", err)
	}

	callers.Wait()
	release()

	if err := touch(ctx, s, "ord_1"); err != nil {
		t.Errorf("after the release: %v", err)
	}
}

// TestErrorsHideWhatDriversQuote makes the drivers fail in the ways in which
// their own texts quote the address or a value.
func TestErrorsHideWhatDriversQuote(t *testing.T) {
	t.Parallel()
	const hidden = "hunter2"
	good := pgtest.Shared(t).NewDatabase(t)
	_, address, _ := strings.Cut(good, "@")

	for name, c := range map[string]struct{ databaseURL, want string }{
		"a wrong password":     {"postgres://" + hidden + ":" + hidden + "@" + address, "SQLSTATE 28P01"},
		"a name without a DNS": {"postgres://" + hidden + ":" + hidden + "@db.invalid/" + hidden, "db.invalid"},
		"nobody listens":       {"postgres://" + hidden + ":" + hidden + "@127.0.0.1:1/" + hidden, "refuses connections"},
		"an unknown setting":   {good + "&" + hidden + "=1", "SQLSTATE 42704"},
		"an unknown database":  {strings.Replace(good, "/test_", "/"+hidden, 1), "SQLSTATE 3D000"},
		"a scheme":             {hidden + "://u:p@h/d", "must begin with"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := store.Open(t.Context(), c.databaseURL, store.Options{})
			if err == nil || strings.Contains(err.Error(), hidden) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q and without %q", err, c.want, hidden)
			}
		})
	}

	for name, databaseURL := range map[string]string{"postgres": good, "sqlite": "sqlite:" + t.TempDir() + "/test.db"} {
		t.Run("a value on "+name, func(t *testing.T) {
			t.Parallel()
			s := openMigrated(t, databaseURL)
			o := anOrder("ord_1")
			o.Status = orders.Status(hidden) // forbidden by the schema

			err := s.CreateOrder(t.Context(), o)
			if err == nil || strings.Contains(err.Error(), hidden) || !strings.Contains(err.Error(), "rule of the schema") {
				t.Errorf("got %v", err)
			}
		})
	}
}
