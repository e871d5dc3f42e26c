package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"checkoutd/internal/budget"
	"checkoutd/internal/orders"
)

// replicaBeat is how often a replica shows that it is running, and replicaLease
// how long it counts after the last time.
const (
	replicaBeat  = 10 * time.Second
	replicaLease = 3 * replicaBeat
)

// joinReplicas counts this server among the replicas that share the budget of
// requests to Stripe, before it sends the first one.
func (a *App) joinReplicas(ctx context.Context) error {
	a.replica = orders.NewID("rep_")
	return a.beat(ctx)
}

// shareBudget goes on counting until ctx ends, and leaves the others their
// shares then. If the database does not answer, the last count stays.
func (a *App) shareBudget(ctx context.Context) {
	tick := time.NewTicker(replicaBeat)
	defer tick.Stop()

	for {
		select {
		case <-tick.C:
			if err := a.beat(ctx); err != nil && ctx.Err() == nil {
				a.opts.Log.Warn().Err(err).Msg("could not count the replicas that share the budget of requests")
			}

		case <-ctx.Done():
			if err := a.store.RemoveReplica(context.WithoutCancel(ctx), a.replica); err != nil {
				a.opts.Log.Warn().Err(err).Msg("could not leave the replicas; the others notice within half a minute")
			}

			return
		}
	}
}

// beat extends this server's lease and divides the budget by those who hold
// one.
//
// An SQLite file has one server, since its lock refuses a second one, so there
// is nobody to share with. Counting would divide the budget of a server that
// crashes and starts again by those that crashed, for half a minute each.
func (a *App) beat(ctx context.Context) error {
	if strings.HasPrefix(a.cfg.DatabaseURL.Reveal(), "sqlite:") {
		return nil
	}

	now := a.opts.Now()
	if err := a.readClosure(ctx); err != nil {
		return err
	}

	n, err := a.store.CountReplicas(ctx, a.replica, now, now.Add(replicaLease))
	if err == nil {
		a.budget.Share(n)
		a.paces.Share(n)
		a.mirrorPace.Share(n)
	}
	return err
}

// forBuyer makes the requests of a buyer's call go before those of the
// background.
func forBuyer(p budget.Priority) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(budget.WithPriority(r.Context(), p)))
		})
	}
}
