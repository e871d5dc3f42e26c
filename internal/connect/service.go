package connect

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
)

// Config is what a Service needs.
type Config struct {
	Store  Store
	Stripe Stripe
	// Own returns the ID of the platform's own account, which cannot be
	// connected; "" if it is not known.
	Own func(ctx context.Context) string
	Now func() time.Time
	Log zerolog.Logger

	ClientID string // "" connects no accounts
	Origin   string // of Stripe's page
	Scope    Scope  // to ask for
	Livemode bool
	BaseURL  string // our origin, without a slash at the end
	Secure   bool   // it is https
	// ExchangeTime is how long an exchange may take.
	ExchangeTime time.Duration

	// Shop makes the orders by which accounts subscribe to the app, and Refresh
	// reads the subscription of an order. Only the server needs them.
	Shop    Shop
	Refresh func(ctx context.Context, orderID, subscriptionID string) error
	// Grace is how long an account may use the app after a renewal failed.
	Grace time.Duration
	// TrialDays is how many days the app is free at first.
	TrialDays int
}

// Service connects and disconnects accounts. It is safe for concurrent use.
type Service struct {
	cfg  Config
	lost lostAccounts
	wake chan struct{}
}

// New returns a Service whose background work starts with Run.
func New(c Config) *Service {
	return &Service{cfg: c, wake: make(chan struct{}, 1)}
}

// The kinds of effect.
const (
	EffectConnected    = "account.connected"
	EffectDisconnected = "account.disconnected"
)

// EffectKinds returns all kinds of effect about an account.
func EffectKinds() []string { return []string{EffectConnected, EffectDisconnected} }

// errOff refuses what needs CONNECT_CLIENT_ID.
var errOff = fault.New(fault.Conflict, "connect_off",
	"This server connects no accounts: CONNECT_CLIENT_ID is not set.")

// ErrAccessLost means that the platform has no access to an account, or never
// had.
var ErrAccessLost = errors.New("connect: no access to the account")

// connected makes the account one that the link has connected. by is how it is
// known.
func (s *Service) connected(c *Connection, g Grant, byEvent bool) {
	now, a, l := s.cfg.Now(), &c.Account, c.Link

	switch {
	case a.IsConnected() && a.Reference != l.Reference && !a.ByEvent:
		// Whoever holds the account's password may connect it again, and still
		// must not take it from the customer whom it belongs to here.
		l.State, l.Problem = Open, Taken
		return

	case a.IsConnected() && a.Reference == l.Reference:
		if !byEvent {
			a.Scope, a.ByEvent = g.Scope, false
		}

	default:
		a.Reference, a.Scope, a.Livemode = l.Reference, g.Scope, g.Livemode
		a.State, a.ConnectedAt, a.DisconnectedAt = Connected, now, time.Time{}
		a.ByEvent, a.Reason = byEvent, ""
		a.Connections++
		c.Happened = append(c.Happened, EffectConnected)
	}

	l.State, l.Problem, l.AccountID, l.Terms = LinkConnected, "", a.ID, Terms{}
}

// disconnected ends the account's connection, the nth.
func (s *Service) disconnected(c *Connection, nth int64, why Reason) {
	a := &c.Account
	if !a.IsConnected() || a.Connections != nth {
		return // it has ended already, or it was connected again
	}
	a.State, a.DisconnectedAt, a.Reason = Disconnected, s.cfg.Now(), why
	c.Happened = append(c.Happened, EffectDisconnected)
}

// Sync reads an account at Stripe. If the platform has no access to it any
// more, it is disconnected.
func (s *Service) Sync(ctx context.Context, id string) (Account, error) {
	a, err := s.cfg.Store.ConnectAccount(ctx, id)
	if err != nil {
		return a, err
	}
	if !a.IsConnected() {
		return a, nil
	}
	return s.sync(ctx, a, At{AccountID: id}, NoAccess)
}

// sync reads a connected account and stores what follows from it, with the end
// of the claim. why is the reason if it turns out to be disconnected.
func (s *Service) sync(ctx context.Context, a Account, at At, why Reason) (Account, error) {
	reading, err := s.cfg.Stripe.ConnectedAccount(ctx, a.ID)
	if err != nil && !errors.Is(err, ErrAccessLost) {
		return a, fault.Wrap(err, fault.Unavailable, "stripe_unavailable",
			"Stripe did not answer for this account. Please try again.")
	}

	lost := err != nil

	c, err := s.cfg.Store.UpdateConnection(ctx, at, func(c *Connection) error {
		if lost {
			s.disconnected(c, a.Connections, why)
			return nil
		}

		if c.Account.IsConnected() {
			c.Account.read(reading, s.cfg.Now())
		}

		return nil
	})
	if err == nil && lost {
		s.logDisconnected(&c)
	}

	return c.Account, err
}

// read notes what Stripe said of the account.
func (a *Account) read(r Reading, at time.Time) {
	a.ChargesEnabled, a.PayoutsEnabled = r.ChargesEnabled, r.PayoutsEnabled
	a.Country, a.DefaultCurrency = strings.ToUpper(r.Country), strings.ToLower(r.DefaultCurrency)
	a.ReadAt = at
}

// Deauthorize ends a connection at Stripe, and then here. That it has ended
// already is no error, so a call of which nobody knows the outcome is repeated.
func (s *Service) Deauthorize(ctx context.Context, id string) (Account, error) {
	if s.cfg.ClientID == "" {
		return Account{}, errOff
	}

	a, err := s.cfg.Store.ConnectAccount(ctx, id)
	if err != nil || !a.IsConnected() {
		return a, err
	}

	if err := s.cfg.Stripe.Deauthorize(ctx, s.cfg.ClientID, id); err != nil {
		return a, fault.Wrap(err, fault.Unavailable, "stripe_unavailable",
			"Stripe did not confirm that the account is disconnected. Please try again.")
	}

	c, err := s.cfg.Store.UpdateConnection(ctx, At{AccountID: id}, func(c *Connection) error {
		s.disconnected(c, a.Connections, ByPlatform)

		// A reading or the event may have been faster, which do not know it.
		if c.Account.Connections == a.Connections {
			c.Account.Reason = ByPlatform
		}

		return nil
	})
	if err == nil {
		s.logDisconnected(&c)
	}

	return c.Account, err
}

func (s *Service) logDisconnected(c *Connection) {
	if len(c.Happened) == 0 {
		return
	}
	s.cfg.Log.Info().
		Str("account_id", c.Account.ID).
		Str("reason", string(c.Account.Reason)).
		Msg("an account was disconnected")
}

// lostAccounts collects the accounts whose calls Stripe refused.
type lostAccounts struct {
	mu  sync.Mutex
	ids map[string]bool
}

// AccessLost takes note that Stripe refused a call for an account, because the
// platform has no access to it. Run looks into it at once. It never blocks.
func (s *Service) AccessLost(accountID string) {
	s.lost.mu.Lock()
	if s.lost.ids == nil {
		s.lost.ids = map[string]bool{}
	}

	s.lost.ids[accountID] = true
	s.lost.mu.Unlock()

	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take returns the accounts and forgets them.
func (l *lostAccounts) take() (list []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range l.ids {
		list = append(list, id)
	}
	l.ids = nil
	return list
}

const (
	sweepEvery = 10 * time.Minute
	// readEvery is how often an account is read although no event says that it
	// has changed: an event may have been lost, and that of a disconnection
	// cannot be fetched later.
	readEvery   = 24 * time.Hour
	readAtOnce  = 20
	forgetLinks = 30 * 24 * time.Hour
)

// Run looks after accounts and links until ctx ends.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()

	for {
		s.RunOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// RunOnce looks into refused calls, reads the accounts that were not read for
// long, and removes what has expired.
func (s *Service) RunOnce(ctx context.Context) {
	ids := s.lost.take()

	now := s.cfg.Now()
	stale, err := s.cfg.Store.StaleAccounts(ctx, now.Add(-readEvery), readAtOnce)
	s.warn(ctx, err, "could not list the connected accounts")

	for i := range stale {
		ids = append(ids, stale[i].ID)
	}

	for _, id := range ids {
		_, err := s.Sync(ctx, id)
		if errors.Is(err, ErrNoAccount) {
			continue // it was never one of ours
		}

		s.warn(ctx, err, "could not read a connected account")
	}

	s.warn(ctx, s.cfg.Store.SweepConnectLinks(ctx, now, now.Add(-forgetLinks)), "could not remove old links")
}

func (s *Service) warn(ctx context.Context, err error, message string) {
	if err != nil && ctx.Err() == nil {
		s.cfg.Log.Warn().Err(err).Msg(message)
	}
}
