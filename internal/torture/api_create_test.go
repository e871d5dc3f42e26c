package torture_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// TestKillDuringCreations kills the server at random moments while a shop's
// backend creates orders, and repeats each request under its Idempotency-Key:
// each makes one order, and its answer stays the same. The next server takes
// the requests of the dead one over at once.
func TestKillDuringCreations(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	h.createUnderFire(ctx, scaled(60, 2000), scaled(4, 60))
}

// createUnderFire creates n orders while the server is killed and started
// again.
func (h *harness) createUnderFire(ctx context.Context, n, kills int) {
	h.t.Helper()
	key := h.apiKey(ctx)
	answers := make([]apiAnswer, n)
	var g errgroup.Group
	g.SetLimit(8)

	shooting := make(chan error, 1)
	go func() { shooting <- h.shoot(kills) }()

	for i := range n {
		g.Go(func() error {
			answers[i] = h.created(ctx, key, i)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		h.t.Error(err)
	}
	if err := <-shooting; err != nil {
		h.t.Fatal(err)
	}

	ids := map[string]bool{}
	for i, a := range answers {
		var o struct{ ID, Reference string }
		if err := json.Unmarshal([]byte(a.body), &o); err != nil || o.Reference != reference(i) {
			h.t.Errorf("the answer to request %d is %s", i, a.body)
		}
		ids[o.ID] = true

		if again := h.created(ctx, key, i); again.body != a.body || again.replayed != "true" {
			h.t.Errorf("request %d is answered with %s, then with %s", i, a.body, again.body)
		}
	}

	f, err := h.db.read(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(ids) != n || len(f.orders) != n {
		h.t.Errorf("%d requests made %d orders, and %d are stored", n, len(ids), len(f.orders))
	}
}

func reference(i int) string { return fmt.Sprint("A-", i) }

// orderNumber returns the body of the request with the number.
func orderNumber(i int) string {
	return `{"reference":"` + reference(i) + `","currency":"usd","items":[{"name":"Mug","unit_amount":900}]}`
}

// created sends the request with the number until it is answered.
func (h *harness) created(ctx context.Context, key string, number int) apiAnswer {
	for {
		a, err := h.post(ctx, key, reference(number), "/v1/orders", orderNumber(number))
		if err == nil && a.status == http.StatusCreated {
			return a
		}
		if err == nil && a.status != http.StatusConflict && a.status != http.StatusServiceUnavailable {
			h.t.Errorf("request %d: %d %s", number, a.status, a.body)
			return a
		}
		if pause(ctx) != nil {
			h.t.Errorf("request %d is never answered; last %+v, %v", number, a, err)
			return a
		}
	}
}

// shoot kills the server within a tenth of a second and starts it again, so
// many times.
func (h *harness) shoot(kills int) error {
	for range kills {
		time.Sleep(rand.N(100 * time.Millisecond))
		h.servers[0].kill()
		if err := h.servers[0].start(); err != nil {
			return err
		}
	}
	return nil
}
