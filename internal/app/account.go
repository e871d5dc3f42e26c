package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/payments"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/store"
)

// accountCheck keeps the keys of one Stripe account from the orders of another.
type accountCheck struct {
	keys   *config.StripeAccount
	stripe accountReader
	store  *store.Store
	log    zerolog.Logger
	pause  time.Duration // before the account is read again
	said   string        // the last error that was logged
}

// accountReader reads at Stripe what tells whose the secret key is.
type accountReader interface {
	Account(ctx context.Context) (string, error)
	Intent(ctx context.Context, id string) (payments.Snapshot, error)
}

// accountWait bounds how long a start waits for Stripe, and accountPause is the
// time between two tries after that.
const (
	accountWait  = 5 * time.Second
	accountPause = time.Minute
)

// errAccount means that the secret key is of another account than the orders.
var errAccount = errors.New("the orders in this database belong to another Stripe account")

// checkAccount compares the account of the keys with that of the database. Only
// proof is an error. If Stripe does not answer, the server starts without the
// comparison, which Run repeats until it is made.
func (a *App) checkAccount(ctx context.Context, stripe accountReader) error {
	if a.cfg.IsSandbox() {
		return nil // it makes its own keys, and bind has looked at the database
	}

	c := newAccountCheck(a.cfg, stripe, a.store, a.opts.Log)
	if c.keys.KeysLookForeign() {
		c.keysDiffer()
	}

	ctx, cancel := context.WithTimeout(ctx, accountWait)
	defer cancel()

	done, err := c.check(ctx)
	if !done {
		a.account = c
	}

	return err
}

// ownAccount returns the account that the keys are of, "" while it is not
// known.
func (a *App) ownAccount(ctx context.Context) (string, error) {
	if a.cfg.IsSandbox() {
		return sandbox.PlatformAccount, nil
	}
	return a.store.Account(ctx)
}

func newAccountCheck(
	cfg *config.Config, stripe accountReader, s *store.Store, log zerolog.Logger,
) *accountCheck {
	return &accountCheck{
		keys:   &cfg.StripeAccount,
		stripe: stripe,
		store:  s,
		log:    log,
		pause:  accountPause,
	}
}

func (c *accountCheck) keysDiffer() {
	c.log.Error().Msg("STRIPE_PUBLISHABLE_KEY and STRIPE_SECRET_KEY look like keys of two Stripe accounts, " +
		"with which no buyer can pay: take both from the same account")
}

// check reads the account and compares it. done is false if Stripe has not told
// it yet. The error is an errAccount, or about the database.
func (c *accountCheck) check(ctx context.Context) (done bool, err error) {
	account, err := c.stripe.Account(ctx)
	if err != nil {
		return c.notRead(err), nil
	}

	if config.LooksForeign(c.keys.StripePublishableKey, account) && !c.keys.KeysLookForeign() {
		c.keysDiffer()
	}

	id, err := c.unboundIntent(ctx)
	if err != nil {
		return true, err
	}

	const advice = "Use the keys of that account, or another database. If the shop has moved for good, run \"server account %s\""
	if id != "" {
		_, err := c.stripe.Intent(ctx, id)
		switch {
		case payments.IsGone(err):
			return true, fmt.Errorf("STRIPE_SECRET_KEY: it is a key of %s, but %w, which made %s. "+advice,
				account, errAccount, id, account)
		case err != nil:
			return c.notRead(err), nil
		}
	}

	bound, err := c.store.BindAccount(ctx, account)
	if err == nil && bound != account {
		err = fmt.Errorf("STRIPE_SECRET_KEY: it is a key of %s, but %w, %s. "+advice,
			account, errAccount, bound, account)
	}

	return true, err
}

// unboundIntent returns the last intent of a database that is bound to no
// account yet, because the keys so far could not read theirs; "" for none. It
// shows whether the payments are of the account of another key.
func (c *accountCheck) unboundIntent(ctx context.Context) (string, error) {
	bound, err := c.store.Account(ctx)
	if err != nil || bound != "" {
		return "", err
	}
	return c.store.LastIntent(ctx)
}

// notRead logs why the account could not be read, and reports whether it never
// can be: a restricted key may not be allowed to.
func (c *accountCheck) notRead(err error) (never bool) {
	var refused *payments.CallError
	line := c.log.Warn()
	if errors.As(err, &refused) && refused.Outcome == payments.OutcomeRefused {
		never = refused.Stripe.Type == payments.TypePermission
		if !never && refused.Stripe.Type != payments.TypeAuthentication { // keyState tells of that
			line = c.log.Error()
		}
	}

	if c.said != err.Error() {
		c.said = err.Error()
		line.Err(err).Bool("repeats", !never).
			Msg("could not read the Stripe account of STRIPE_SECRET_KEY, so it is not compared with that of the orders")
	}

	return never
}

// run checks the account until that is done, and calls stop if the key must not
// be used with this database.
func (c *accountCheck) run(ctx context.Context, stop func(error)) {
	tick := time.NewTicker(c.pause)
	defer tick.Stop()

	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}

		done, err := c.check(ctx)
		switch {
		case errors.Is(err, errAccount):
			stop(err)
			return
		case err != nil && ctx.Err() == nil:
			c.log.Error().Err(err).Msg("could not compare the Stripe account of the key with that of the orders")
		case done:
			return
		}
	}
}

// Account shows and changes which Stripe account the orders belong to.
type Account struct{ store *store.Store }

// OpenAccount opens the configured database, which must have the schema of this
// version.
func OpenAccount(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*Account, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &Account{s}, nil
}

// ID returns the ID of the account, "" before a server has found it out.
func (a *Account) ID(ctx context.Context) (string, error) { return a.store.Account(ctx) }

// Move makes the orders belong to another account.
func (a *Account) Move(ctx context.Context, id string) error { return a.store.MoveAccount(ctx, id) }

// Close closes the database.
func (a *Account) Close() error { return a.store.Close() }
