package torture_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"checkoutd/internal/pgtest"
	"checkoutd/internal/testhost"
)

// newReplicas starts three servers on one PostgreSQL.
func newReplicas(t *testing.T, cluster *pgtest.Cluster) *world {
	t.Helper()
	db := postgresAt(cluster.NewDatabase(t))
	var leashes []*testhost.Leash
	for range 3 {
		leashes = append(leashes, newLeash(t))
	}
	return openWorld(t, db, nil, leashes...)
}

// confirmsAtOnce is how many confirms of one order arrive together, half of
// them with one and the same token.
const confirmsAtOnce = 20

// TestReplicasChargeOnce: many confirms of an order, through different servers,
// make one charge.
func TestReplicasChargeOnce(t *testing.T) {
	t.Parallel()
	w := newReplicas(t, pgtest.Shared(t))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	orders := ordinary(20, 150)
	var g errgroup.Group
	g.SetLimit(4)

	for range orders {
		g.Go(func() error { return w.rush(ctx) })
	}

	if err := g.Wait(); err != nil {
		t.Error(err)
	}

	w.agree(patience)
	if got := len(w.promised.copy().paid); got != orders {
		t.Errorf("got %d orders of which a buyer heard that they are paid, want %d", got, orders)
	}
}

// rush sends twenty confirms of one order at once, each to the next server.
// Every answer is one that a buyer can go on with.
func (w *world) rush(ctx context.Context) error {
	b, err := w.newBuyer(ctx, goodCard)
	if err != nil {
		return err
	}

	same, err := w.stripe.token(ctx, goodCard)
	if err != nil {
		return err
	}

	var g errgroup.Group
	for i := range confirmsAtOnce {
		token := same
		if i%2 == 1 {
			if token, err = w.stripe.token(ctx, goodCard); err != nil {
				return err
			}
		}

		g.Go(func() error {
			r, err := b.confirm(ctx, token)
			if err != nil {
				return err
			}

			switch {
			case r.status == http.StatusOK && r.Status == "succeeded":
			case r.status == http.StatusConflict && (r.Code == "payment_in_progress" || r.Code == "payment_unknown" || r.Code == "order_not_open"):
			default:
				return fatal("order %s: one of many confirms was answered %d %s %s", b.order, r.status, r.Status, r.Code)
			}

			return nil
		})
	}

	if err := g.Wait(); err != nil {
		return err
	}

	return b.watch(ctx)
}

// TestReplicasDie kills one server after the other while the others go on, with
// the same orders and the same inbox.
func TestReplicasDie(t *testing.T) {
	t.Parallel()
	w := newReplicas(t, pgtest.Shared(t))
	stop := w.crowd(4)

	for range ordinary(2, 8) {
		for _, s := range w.servers {
			w.somePaid(2)
			s.kill()
			w.somePaid(2)

			if err := s.start(); err != nil {
				t.Fatal(err)
			}
		}
	}

	if !long() {
		w.restart() // what a killed server had in hand is leased for two minutes
	}

	stop()
	w.agree(ordinary(patience, 4*time.Minute))
}

// TestDatabaseRestarts stops and kills PostgreSQL under load: the servers say
// that they are not ready, recover by themselves, and nothing that was
// acknowledged is missing.
func TestDatabaseRestarts(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	w := newReplicas(t, cluster)
	stop := w.crowd(4)

	for range ordinary(1, 5) {
		for _, end := range []func(testing.TB){cluster.Stop, cluster.Kill} {
			w.allReady(http.StatusOK)
			w.somePaid(3)
			end(t)
			w.allReady(http.StatusServiceUnavailable)
			cluster.Start(t)
		}
	}

	w.allReady(http.StatusOK)
	w.somePaid(3)

	if !long() {
		w.restart() // what the servers had in hand when the database went is leased for two minutes
	}

	stop()
	w.agree(ordinary(patience, 4*time.Minute))
}

// somePaid waits until n more orders are paid.
func (w *world) somePaid(n int) {
	w.t.Helper()
	before := len(w.promised.copy().paid)
	w.eventually("orders are paid", func() bool { return len(w.promised.copy().paid) >= before+n })
}

// allReady waits until every server answers /readyz with the status.
func (w *world) allReady(status int) {
	w.t.Helper()
	w.eventually("every server's /readyz says "+http.StatusText(status), func() bool {
		for _, s := range w.servers {
			if w.readiness(s) != status {
				return false
			}
		}
		return true
	})
}

func (w *world) readiness(s *process) int {
	res, err := w.client.Get("http://" + s.addr() + "/readyz")
	if err != nil {
		return 0
	}
	_ = res.Body.Close() // the status is all
	return res.StatusCode
}

// eventually fails the test unless the condition comes true in time.
func (w *world) eventually(what string, is func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for !is() {
		if err := pause(ctx); err != nil {
			w.t.Fatal("waited in vain until "+what+": ", errors.Join(err, w.t.Context().Err()))
		}
	}
}
