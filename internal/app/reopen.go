package app

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/webhooks"
)

// reopenEvery is how often a closed shop looks whether it may open.
const reopenEvery = 2 * time.Second

// closure keeps a shop closed whose database was restored, until the events
// since the backup are processed: an order that is open in the backup may have
// been paid since.
type closure struct {
	closed       atomic.Bool
	backfilledAt time.Time // when the events since the backup were all in the inbox
	said         string    // the last reason that was logged
}

// readClosure closes the shop if the database says that it was restored. It is
// safe for concurrent use.
func (a *App) readClosure(ctx context.Context) error {
	if a.closure.closed.Load() {
		return nil
	}

	r, closed, err := a.store.Restored(ctx)
	if err != nil || !closed {
		return err
	}

	a.closure.closed.Store(true)
	a.opts.Log.Warn().
		Time("taken_at", r.TakenAt).
		Time("restored_at", r.At).
		Msg("the database was restored from a backup: the shop is closed until the events since then are processed")
	return nil
}

// reopen opens a closed shop when it may be, or when another replica or
// "server restore --open" has opened it, until ctx ends.
func (a *App) reopen(ctx context.Context) {
	tick := time.NewTicker(reopenEvery)
	defer tick.Stop()

	for ctx.Err() == nil {
		if a.closure.closed.Load() {
			a.reopenNow(ctx)
		}

		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (a *App) reopenNow(ctx context.Context) {
	wait, err := a.tryOpen(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		a.sayClosed("could not find out whether the shop may open: " + err.Error())
	case err != nil:
	case wait == "":
		a.closure.backfilledAt = time.Time{} // another restore needs another one
		a.closure.closed.Store(false)
		a.sayOpen(ctx)
	default:
		a.sayClosed(wait)
	}
}

// tryOpen ends the restore if everything is known that happened since the
// backup. It returns what the shop waits for, "" if it is open.
func (a *App) tryOpen(ctx context.Context) (wait string, err error) {
	r, closed, err := a.store.Restored(ctx)
	if err != nil || !closed {
		return "", err
	}

	if a.opts.Now().Sub(r.TakenAt) > webhooks.Retention {
		return "the backup is older than the events that Stripe keeps: compare the payments since then in the " +
			"Dashboard, then run \"server restore --open\"", nil
	}

	if a.closure.backfilledAt.IsZero() {
		if _, err := a.webhooks.Backfill(ctx); err != nil {
			return "", err
		}
		a.closure.backfilledAt = a.opts.Now()
	}

	// The restore may have been given another machine's time; what the backup
	// holds is older than itself.
	events, payments, err := a.store.Behind(ctx, r.TakenAt, a.closure.backfilledAt)
	switch {
	case err != nil:
		return "", err
	case events > 0:
		return "it waits for events that are not processed yet", nil
	case payments > 0:
		return "it waits for payments since the backup to be adopted or refunded: " +
			"see \"server orders list --status review\" and \"server orders adopt\"", nil
	}

	_, err = a.store.EndRestore(ctx)
	return "", err
}

func (a *App) sayClosed(why string) {
	if a.closure.said != why {
		a.closure.said = why
		a.opts.Log.Warn().Str("why", why).Msg("the shop is closed after a restore")
	}
}

func (a *App) sayOpen(ctx context.Context) {
	line := a.opts.Log.Warn()
	if n, err := a.store.Unmatched(ctx); err == nil {
		line = line.Int64("unmatched_events", n)
	}
	line.Msg("the shop is open again after a restore; unmatched events may be of orders that the backup did not have")
}

// whileOpen refuses requests while the shop is closed. Stripe's webhooks and
// the probes get through, and the shop's backend may read.
func (a *App) whileOpen(next http.Handler) http.Handler {
	refuse := httpio.HandlePage(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Unavailable, "shop_closed",
			"The shop is closed for a few minutes. Nothing was charged. Please come back soon.").With("retry_after", 60)
	}, httpio.Negotiate(a.pages.RenderError))

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.closure.closed.Load() && !servedWhileClosed(r) {
			refuse(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func servedWhileClosed(r *http.Request) bool {
	path := r.URL.Path
	switch path {
	case httpserver.HealthPath, httpserver.ReadyPath, webhookPath, appleDomainPath:
		return true
	}
	return strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, apiPath) && r.Method == http.MethodGet
}
