package torture_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"checkoutd/internal/pgtest"
	"checkoutd/internal/testhost"
)

// newReplicas starts three servers on one database of PostgreSQL.
func newReplicas(t *testing.T, db database) *harness {
	t.Helper()
	var leashes []*testhost.Leash
	for range 3 {
		leashes = append(leashes, newLeash(t))
	}
	return openHarness(t, db, nil, leashes...)
}

// confirmsAtOnce is how many confirms of one order arrive together. Half of
// them have the same token.
const confirmsAtOnce = 20

// TestReplicasChargeOnce checks that many confirms of an order, sent to
// different servers, make one charge.
func TestReplicasChargeOnce(t *testing.T) {
	t.Parallel()
	h := newReplicas(t, newPostgreSQL(t))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	orders := scaled(20, 150)
	var g errgroup.Group
	g.SetLimit(4)

	for range orders {
		g.Go(func() error { return h.rush(ctx) })
	}

	if err := g.Wait(); err != nil {
		t.Error(err)
	}

	h.wantAgreement(patience)
	if got := len(h.promised.copy().paid); got != orders {
		t.Errorf("%d orders were reported paid to their buyers, want %d", got, orders)
	}
}

// inConflict are the codes of a confirm that another one has overtaken.
var inConflict = []string{"payment_in_progress", "payment_unknown", "order_not_open"}

// rush sends many confirms of one order at once, each to the next server. A
// buyer must be able to continue after every response.
func (h *harness) rush(ctx context.Context) error {
	b, err := h.newBuyer(ctx, goodCard)
	if err != nil {
		return err
	}

	same, err := h.stripe.token(ctx, goodCard, "payment", "")
	if err != nil {
		return err
	}

	var g errgroup.Group
	for i := range confirmsAtOnce {
		token := same
		if i%2 == 1 {
			if token, err = h.stripe.token(ctx, goodCard, "payment", ""); err != nil {
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
			case r.status == http.StatusConflict && slices.Contains(inConflict, r.Code):
			default:
				return fatal("order %s: the response to one of many confirms is %d %s %s",
					b.order, r.status, r.Status, r.Code)
			}

			return nil
		})
	}

	if err := g.Wait(); err != nil {
		return err
	}

	return b.watch(ctx)
}

// TestReplicasDie kills one server after the other while the others continue
// with the same orders and the same inbox.
func TestReplicasDie(t *testing.T) {
	t.Parallel()
	h := newReplicas(t, newPostgreSQL(t))
	stop := h.crowd(4)

	for range scaled(2, 8) {
		for _, s := range h.servers {
			h.somePaid(2)
			s.kill()
			h.somePaid(2)

			if err := s.start(); err != nil {
				t.Fatal(err)
			}
		}
	}

	if !long() {
		h.restart() // the leases of a killed server last two minutes
	}

	stop()
	h.wantAgreement(scaled(patience, 4*time.Minute))
}

// TestDatabaseRestarts stops and kills PostgreSQL under load. The servers
// report that they are not ready and recover by themselves, and nothing that
// was acknowledged is missing.
func TestDatabaseRestarts(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	h := newReplicas(t, postgresAt(cluster.NewDatabase(t)))
	stop := h.crowd(4)

	for range scaled(1, 5) {
		for _, end := range []func(testing.TB){cluster.Stop, cluster.Kill} {
			h.allReady(http.StatusOK)
			h.somePaid(3)
			end(t)
			h.allReady(http.StatusServiceUnavailable)
			cluster.Start(t)
		}
	}

	h.allReady(http.StatusOK)
	h.somePaid(3)

	if !long() {
		h.restart() // the leases of interrupted work last two minutes
	}

	stop()
	h.wantAgreement(scaled(patience, 4*time.Minute))
}

// somePaid waits until n more orders are paid.
func (h *harness) somePaid(n int) {
	h.t.Helper()
	before := len(h.promised.copy().paid)
	h.eventually("orders are paid", func() bool { return len(h.promised.copy().paid) >= before+n })
}

// allReady waits until every server answers /readyz with the status.
func (h *harness) allReady(status int) {
	h.t.Helper()
	h.eventually("the /readyz of every server answers "+http.StatusText(status), func() bool {
		for _, s := range h.servers {
			if h.readiness(s) != status {
				return false
			}
		}
		return true
	})
}

func (h *harness) readiness(s *process) int {
	res, err := h.client.Get("http://" + s.addr() + "/readyz")
	if err != nil {
		return 0
	}
	_ = res.Body.Close() // only the status counts
	return res.StatusCode
}

// eventually fails the test unless the condition becomes true in time.
func (h *harness) eventually(what string, is func() bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	for !is() {
		if err := pause(ctx); err != nil {
			h.t.Fatal("timed out waiting until "+what+": ", errors.Join(err, h.t.Context().Err()))
		}
	}
}
