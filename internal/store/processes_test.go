package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/testhost"
	"checkoutd/internal/webhooks"
)

// child, in the environment, makes the test binary run as one of several
// processes on one SQLite file.
const child = "CHECKOUTD_STORE_CHILD"

const childChanges = 40

// TestSQLiteProcesses opens one file from several processes at once: they
// migrate it, change one order and accept the same events.
func TestSQLiteProcesses(t *testing.T) {
	t.Parallel()
	if databaseURL := os.Getenv(child); databaseURL != "" {
		if err := runChild(t.Context(), databaseURL); err != nil {
			t.Fatal(err)
		}
		return
	}

	databaseURL := "sqlite:" + filepath.Join(t.TempDir(), "shared.db")
	const processes = 3
	var wg sync.WaitGroup
	for range processes {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), testhost.Patience)
			defer cancel()

			cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestSQLiteProcesses$")
			cmd.Env = append(os.Environ(), child+"="+databaseURL)

			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("a process failed: %v\n%s", err, out)
			}
		})
	}

	wg.Wait()
	s := openMigrated(t, databaseURL)
	o, err := s.Order(t.Context(), "ord_shared")
	if err != nil || o.Refunded != processes*childChanges {
		t.Errorf("%d changes are stored, want %d; %v", o.Refunded, processes*childChanges, err)
	}

	counts, err := s.Counts(t.Context())
	if err != nil || counts[webhooks.Received] != childChanges {
		t.Errorf("got %v, %v; want %d events", counts, err, childChanges)
	}
}

func runChild(ctx context.Context, databaseURL string) error {
	s, err := store.Open(ctx, databaseURL, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // everything that matters was committed

	if err := s.Migrate(ctx); err != nil {
		return err
	}

	if _, err := s.Order(ctx, "ord_shared"); errors.Is(err, orders.ErrNotFound) {
		_ = s.CreateOrder(ctx, anOrder("ord_shared")) // another process may have created it
	}

	for n := range childChanges {
		err := s.Update(ctx, "ord_shared", nil, func(st *payments.State) error {
			st.Order.Refunded++
			return nil
		})
		if err != nil {
			return err
		}
		event := webhooks.Event{ID: fmt.Sprintf("evt_%d", n), Source: webhooks.SourceWebhook}
		if _, err := s.Accept(ctx, event); err != nil {
			return err
		}
	}

	return nil
}
