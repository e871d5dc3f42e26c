package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/payments"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/telemetry"
)

// Settings are read again this often, and what could not be checked or stored
// is tried again after retryAfter.
const (
	rereadEvery = 5 * time.Second
	retryAfter  = time.Minute
)

// reading is what one look at the settings found.
type reading struct {
	cfg *config.Config // nil if there is a problem
	err error
}

func (r reading) same(other reading) bool {
	if r.cfg == nil || other.cfg == nil {
		return r.cfg == other.cfg && r.err.Error() == other.err.Error()
	}
	return r.cfg.Same(other.cfg)
}

// errLater means that new settings are not wrong as far as anybody knows:
// Stripe or the database gave no answer.
var errLater = errors.New("it is tried again in a minute")

// reloader takes new settings over while the server runs.
type reloader struct {
	live *atomic.Pointer[live]
	read func() (*config.Config, error)
	// prepare returns what the change leads to, or why it is refused. What it
	// returns is used at once, and taken is called.
	prepare func(context.Context, config.Change) (*live, error)
	taken   func(context.Context, config.Change)
	now     func() time.Time
	metrics *telemetry.Metrics
	log     zerolog.Logger

	seen    reading   // the last one
	settled reading   // the last one that was dealt with
	retryAt time.Time // when it is dealt with again; zero: it is done
	refused bool      // settled was refused
}

// newReloader returns a reloader that has read the settings of now.
func newReloader(r reloader) *reloader {
	r.seen = reading{cfg: r.live.Load().cfg}
	r.settled = r.seen
	return &r
}

// run looks for new settings at every tick, and when somebody asks for it,
// until ctx ends.
func (r *reloader) run(ctx context.Context, ticks <-chan time.Time, asked <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
			r.look(ctx, false)
		case <-asked:
			r.look(ctx, true)
		}
	}
}

// look reads the settings. What nobody asked to be read counts only when two
// readings in a row find the same: a file may be half written, or one of two
// files not replaced yet.
func (r *reloader) look(ctx context.Context, asked bool) {
	var next reading
	next.cfg, next.err = r.read()

	settles := next.same(r.seen)
	r.seen = next

	isDue := !next.same(r.settled) || !r.retryAt.IsZero() && !r.now().Before(r.retryAt)
	if asked || settles && isDue {
		r.settled, r.retryAt = next, time.Time{}
		r.settle(ctx, next, asked)
	}
}

// settle takes all of the new settings that a running server can change, or
// none.
func (r *reloader) settle(ctx context.Context, next reading, asked bool) {
	if next.err != nil {
		r.refuse(next.err)
		return
	}

	change := r.live.Load().cfg.Compare(next.cfg)
	if len(change.Restart) > 0 {
		r.log.Warn().Msg("these settings have changed, and need a restart: " + strings.Join(change.Restart, ", "))
	}

	if len(change.Live) > 0 {
		fresh, err := r.prepare(ctx, change)
		if err != nil {
			if errors.Is(err, errLater) {
				r.retryAt = r.now().Add(retryAfter)
			}

			r.refuse(err)
			return
		}

		r.live.Store(fresh)
		r.taken(ctx, change)
		r.log.Info().Msg("these settings have changed, and count from now on: " + strings.Join(change.Live, ", "))
	} else if asked || r.refused {
		r.log.Info().Msg("the settings were read again, and none has changed that counts without a restart")
	}

	r.refused = false
	r.metrics.SettingsRefused(false)
}

// refuse tells why the former settings stay. No error about a setting holds the
// value of a secret.
func (r *reloader) refuse(err error) {
	r.refused = true
	r.metrics.SettingsRefused(true)
	r.log.Error().Err(err).Msg("new settings are refused, and the former ones stay")
}

// watchSettings takes over new settings until ctx ends.
func (a *App) watchSettings(ctx context.Context) {
	ticks := time.NewTicker(rereadEvery)
	defer ticks.Stop()

	a.reloader.run(ctx, ticks.C, a.asked)
}

// Reread reads the settings and the catalog again, soon: whoever asks has
// finished writing them.
func (a *App) Reread() {
	select {
	case a.asked <- struct{}{}:
	default: // it was asked for already
	}
	a.catalogs.ask()
}

// prepare checks a change. The last thing that it does is what cannot be
// undone: the endpoints of the configuration are in the database.
func (a *App) prepare(ctx context.Context, change config.Change) (*live, error) {
	prev, next := a.live.Load().cfg, change.Config

	fresh, err := newLive(next)
	if err != nil {
		return nil, err
	}

	endpoints, err := configuredEndpoints(next, networksOf(next, next.IsSandbox()), a.opts.Now())
	if err != nil {
		return nil, err
	}

	if err := a.checkKeys(ctx, prev, next); err != nil {
		return nil, err
	}

	if slices.Contains(change.Live, "ENDPOINTS") {
		err = storeError(a.store.ConfigureEndpoints(ctx, endpoints))
	}

	return fresh, err
}

// taken notes that the settings of a change are in use.
func (a *App) taken(ctx context.Context, change config.Change) {
	if !slices.Contains(change.Live, "STRIPE_SECRET_KEY") {
		return
	}
	a.keyState.told(a.secretKey(), true) // Stripe has just accepted it

	// The checklist before going live says how old the key is.
	_, err := a.store.SeeGoLiveKey(ctx, fingerprint(change.Config.StripeSecretKey), a.opts.Now())
	if err != nil {
		a.opts.Log.Error().Err(err).Msg("could not note since when the new STRIPE_SECRET_KEY is used")
	}
}

// checkKeys returns an error unless the keys are of the account and the mode of
// the ones before.
func (a *App) checkKeys(ctx context.Context, prev, next *config.Config) error {
	if next.Livemode() != prev.Livemode() {
		return fmt.Errorf("STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY are for %s, but this server runs with those for %s",
			bindingOf(next), bindingOf(prev))
	}

	if next.StripeSecretKey != prev.StripeSecretKey {
		if err := a.checkSecretKey(ctx, next); err != nil {
			return err
		}
	}

	account, err := a.store.Account(ctx)
	if err != nil {
		return storeError(err)
	}

	if config.LooksForeign(next.StripePublishableKey, account) && next.StripePublishableKey != prev.StripePublishableKey {
		return fmt.Errorf("STRIPE_PUBLISHABLE_KEY: it looks like a key of another account than %s", account)
	}

	return nil
}

// checkSecretKey asks Stripe whose the secret key is.
func (a *App) checkSecretKey(ctx context.Context, next *config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, accountWait)
	defer cancel()

	bound, err := a.store.Account(ctx)
	if err != nil {
		return storeError(err)
	}

	client := newStripe(next, stripeapi.Config{
		Key:        fixedKey(next),
		AppVersion: a.opts.Version,
		Budget:     a.budget,
		Meter:      a.metrics,
	})

	account, err := client.Account(ctx)

	switch {
	case refusedBy(err, payments.TypePermission):
		return a.checkRestrictedKey(ctx, next, bound, client.Intent)
	case err != nil:
		return keyError(err)
	case bound == "":
		return a.bindAccount(ctx, account, client.Intent)
	case bound != account:
		return notOurs(account, bound)
	}

	return nil
}

// notOurs is the error about a key of another account than the orders'.
func notOurs(account, bound string) error {
	return fmt.Errorf("STRIPE_SECRET_KEY: it is a key of %s, but %w, %s", account, errAccount, bound)
}

// readIntent reads a PaymentIntent at Stripe.
type readIntent func(ctx context.Context, id string) (payments.Snapshot, error)

// bindAccount binds the database, which no key has told its account yet, to
// that of a new key. Payments made with the former key show whether it is
// theirs.
func (a *App) bindAccount(ctx context.Context, account string, read readIntent) error {
	if _, err := a.checkLastIntent(ctx, read); err != nil {
		return err
	}

	bound, err := a.store.BindAccount(ctx, account)
	if err != nil {
		return storeError(err)
	}
	if bound != account { // another replica was faster
		return notOurs(account, bound)
	}

	return nil
}

// checkRestrictedKey checks a key that may not read its account: it must be
// able to read the last intent that was made.
func (a *App) checkRestrictedKey(ctx context.Context, next *config.Config, bound string, read readIntent) error {
	if config.LooksForeign(next.StripeSecretKey.Reveal(), bound) {
		return fmt.Errorf("STRIPE_SECRET_KEY: it looks like a key of another account than %s", bound)
	}

	compared, err := a.checkLastIntent(ctx, read)
	if err == nil && !compared {
		a.opts.Log.Warn().Msg("the new STRIPE_SECRET_KEY may not read its account, and there is no payment yet that " +
			"it could be compared by")
	}

	return err
}

// checkLastIntent returns an error unless a new key can read the last intent
// that was made. compared is false if there is none.
func (a *App) checkLastIntent(ctx context.Context, read readIntent) (compared bool, err error) {
	id, err := a.store.LastIntent(ctx)
	if err != nil || id == "" {
		return false, storeError(err)
	}

	_, err = read(ctx, id)

	switch {
	case payments.IsGone(err):
		err = fmt.Errorf("STRIPE_SECRET_KEY: %w: Stripe knows no %s under the new key", errAccount, id)
	case refusedBy(err, payments.TypePermission):
		err = errors.New("STRIPE_SECRET_KEY: it may not read PaymentIntents, which every payment needs")
	case err != nil:
		err = keyError(err)
	}

	return true, err
}

// storeError returns what an error of the database says about new settings: no
// more than that they could not be checked or stored now.
func storeError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the database failed, so %w: %w", errLater, err)
}

// keyError returns what an error of Stripe says about a key.
func keyError(err error) error {
	if refusedBy(err, payments.TypeAuthentication) {
		return fmt.Errorf("STRIPE_SECRET_KEY: Stripe refuses it: %w", err)
	}
	return fmt.Errorf("Stripe gives no answer about the new STRIPE_SECRET_KEY, so %w: %w", //nolint:staticcheck // a name
		errLater, err)
}

// refusedBy reports whether Stripe refused a call for a reason of that type.
func refusedBy(err error, reason string) bool {
	var e *payments.CallError
	return errors.As(err, &e) && e.Outcome == payments.OutcomeRefused && e.Stripe.Type == reason
}
