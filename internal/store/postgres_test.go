package store_test

import (
	"strings"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/pgtest"
	"checkoutd/internal/store"
	"checkoutd/internal/webhooks"
)

func anOrder(id string) orders.Order {
	return orders.Order{
		ID:            id,
		Status:        orders.Open,
		PaymentStatus: orders.Unpaid,
		Currency:      "eur",
		Amount:        100,
	}
}

func TestPostgresWithoutSynchronousCommitIsRefused(t *testing.T) {
	t.Parallel()
	databaseURL := pgtest.Shared(t).NewDatabase(t)
	joint := "?"
	if strings.Contains(databaseURL, "?") {
		joint = "&"
	}
	_, err := store.Open(t.Context(), databaseURL+joint+"synchronous_commit=off", store.Options{})
	if err == nil || !strings.Contains(err.Error(), "synchronous_commit") {
		t.Errorf("got %v", err)
	}
}

// TestPostgresDeadlock makes the server abort a change in the middle. The
// change must run again and lose nothing.
func TestPostgresDeadlock(t *testing.T) {
	t.Parallel()
	databaseURL := pgtest.Shared(t).NewDatabase(t)
	s, ctx := openMigrated(t, databaseURL), t.Context()
	if err := s.CreateOrder(ctx, anOrder("ord_1")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Accept(ctx, webhooks.Event{ID: "evt_1", Source: webhooks.SourceWebhook}); err != nil {
		t.Fatal(err)
	}

	now := time.Now().Add(time.Minute)
	list, err := s.ClaimEvents(ctx, webhooks.LaneOwn, now, now.Add(time.Hour), 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("got %v, %v", list, err)
	}

	other, err := openRaw(t, databaseURL).BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback() //nolint:errcheck // it is committed below

	for _, text := range []string{
		"SET LOCAL deadlock_timeout = '1min'", // the store shall be the victim
		"SELECT 1 FROM events FOR UPDATE",
	} {
		if _, err := other.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}

	var runs int
	locked, done := make(chan struct{}, 9), make(chan error, 1)
	go func() {
		done <- s.Update(ctx, "ord_1", list[0].Claim(), func(st *payments.State) error {
			runs++
			st.Order.Refunded++
			locked <- struct{}{}
			return nil
		})
	}()

	<-locked

	if _, err := other.ExecContext(ctx, "SELECT 1 FROM orders FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if o, err := s.Order(ctx, "ord_1"); err != nil || o.Refunded != 1 || runs < 2 {
		t.Errorf("refunded %d after %d runs, %v; want 1 after at least 2", o.Refunded, runs, err)
	}
}

// TestPostgresRestart stops the server of an open store and starts it again.
func TestPostgresRestart(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	s, ctx := openMigrated(t, cluster.NewDatabase(t)), t.Context()
	if err := s.CreateOrder(ctx, anOrder("ord_1")); err != nil {
		t.Fatal(err)
	}

	event := webhooks.Event{ID: "evt_1", Source: webhooks.SourceWebhook}
	calls := map[string]func() error{
		"ping":   func() error { return s.Ping(ctx) },
		"order":  func() error { _, err := s.Order(ctx, "ord_1"); return err },
		"read":   func() error { _, err := s.Read(ctx, "ord_1"); return err },
		"update": func() error { return s.Update(ctx, "ord_1", nil, func(*payments.State) error { return nil }) },
		"accept": func() error { _, err := s.Accept(ctx, event); return err },
		"claim":  func() error { _, err := s.ClaimEvents(ctx, webhooks.LaneOwn, time.Now(), time.Now(), 1); return err },
	}

	cluster.Stop(t)

	for name, call := range calls {
		if err := call(); fault.Of(err).Kind != fault.Unavailable {
			t.Errorf("%s: got %v, want a fault of kind Unavailable", name, err)
		}
	}

	cluster.Start(t)
	for name, call := range calls {
		if err := call(); err != nil {
			t.Errorf("%s after the restart: %v", name, err)
		}
	}
}
