package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/mail"
)

// LoseDatabase closes the database under the running app.
func (a *App) LoseDatabase() error { return a.store.Close() }

// WatchClock returns the check that a server repeats.
func WatchClock(
	wall func() time.Time, elapsed func() time.Duration,
	setBack func(ctx context.Context, prev, now time.Time) (int, error), log zerolog.Logger,
) (check func(context.Context)) {
	return newClockWatch(clockWatch{
		wall:    wall,
		elapsed: elapsed,
		setBack: setBack,
		log:     log,
	}).check
}

// CheckAccountEvery sets the time between two readings of the key's account.
func (a *App) CheckAccountEvery(pause time.Duration) { a.account.pause = pause }

// Look reads the settings again at once.
func (a *App) Look(ctx context.Context, asked bool) { a.reloader.look(ctx, asked) }

// LookAtCatalog reads the catalog again at once.
func (a *App) LookAtCatalog(asked bool) { a.catalogs.look(asked) }

// Gauge returns the value of a metric without labels, -1 if there is none.
func (a *App) Gauge(name string) float64 {
	families, _ := a.metrics.Gatherer().Gather()
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return -1
}

// Keys returns the secret key and the webhook secrets of now.
func (a *App) Keys() (secretKey string, webhookSecrets []string) {
	return a.secretKey(), a.webhookSecrets()
}

// Mailer returns what sends e-mails now.
func (a *App) Mailer() mail.Sender { return a.live.Load().smtp }

// PreconfirmSecret returns what signs the calls to PRECONFIRM_URL now.
func (a *App) PreconfirmSecret() string { return a.preconfirmSecret() }

// Account returns the Stripe account that the database is bound to.
func (a *App) Account(ctx context.Context) (string, error) { return a.store.Account(ctx) }

// Endpoints returns the endpoints of the shop's backend.
func (a *App) Endpoints(ctx context.Context) ([]deliveries.Endpoint, error) {
	return a.store.Endpoints(ctx)
}

// NewOwner returns the owner of webhook endpoints who gets e-mails by send.
func NewOwner(
	log zerolog.Logger, send func(ctx context.Context, subject, text string) error, failed func(error),
) deliveries.Owner {
	return owner{Owner: deliveries.LogOwner(log), send: send, failed: failed}
}

// LastLine is lastLine.
var LastLine = lastLine

// LibpqAddress is libpqAddress.
var LibpqAddress = libpqAddress
