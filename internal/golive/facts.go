package golive

import (
	"context"
	"errors"
	"time"
)

// Setup is what the configuration says.
type Setup struct {
	Version       string   // of checkoutd
	APIVersion    string   // to which calls and endpoints are pinned
	Library       string   // the client library for Stripe's API, with its version
	LibraryFor    string   // the API version for which it was made
	BaseURL       string   // the shop's public address
	WebhookURL    string   // that of the webhooks
	SecretKey     KeyFacts // what may be said of the key
	PublicLive    bool     // the publishable key is a live one
	Sandbox       bool     // the offline Stripe
	Connect       bool     // accounts of others are connected
	Events        []string // the types that this server handles
	ConnectEvents []string // those of an endpoint for connected accounts
	Express       bool     // the buttons of the wallets are shown
	Methods       []string // PAYMENT_METHOD_TYPES; none: what the Dashboard offers
	Configuration string   // PAYMENT_METHOD_CONFIGURATION, "" for the default
	WantLive      bool     // the installation is to take real payments
	Binding       string   // what a database of this configuration belongs to
	Policy        string   // the Content-Security-Policy of the pages
	Rehearsed     string   // the fingerprint of what a rehearsal tries
	// Secrets and ConnectSecrets are the fingerprints of the secrets of
	// webhooks in STRIPE_WEBHOOK_SECRET and STRIPE_CONNECT_WEBHOOK_SECRET.
	Secrets, ConnectSecrets []string
}

// KeyFacts is what a key shows without being shown.
type KeyFacts struct {
	Live        bool
	Restricted  bool   // rk_…
	Fingerprint string // a part of its hash
}

// read is something that was read, or why it was not.
type read[T any] struct {
	value T
	err   error
}

func reading[T any](value T, err error) read[T] { return read[T]{value, err} }

// facts is everything that the checks judge.
type facts struct {
	now            time.Time
	setup          Setup
	balance        read[Balance]
	account        read[Account]
	endpoints      read[[]Endpoint]
	domains        read[[]Domain]
	configurations read[[]Configuration]
	undelivered    read[Undelivered]

	kept    read[Kept]
	keySeen read[time.Time]
	sources read[map[string]string] // of the undelivered events
	outside Outside
	tracked read[Tracked]

	logAsked bool
	logged   read[Logged]
}

// undeliveredFor is how far back undelivered events are looked for, and
// undeliveredAfter how long an event may be on its way.
const (
	undeliveredFor   = 7 * 24 * time.Hour
	undeliveredAfter = time.Hour
)

// gather reads what the checks need, each part once.
func (s *Service) gather(ctx context.Context) *facts {
	stripe := s.cfg.Stripe
	f := &facts{setup: s.cfg.Setup}
	asking, done := s.bounded(ctx)
	defer done()

	f.balance = reading(stripe.Balance(asking))
	f.now = s.cfg.Now() // as close to Stripe's time as can be

	var failed *FailedError
	if errors.As(f.balance.err, &failed) && failed.NoAnswer {
		stripe = silent{failed}
	}

	f.account = reading(stripe.OwnAccount(asking))
	f.endpoints = reading(stripe.WebhookEndpoints(asking))
	f.domains = reading(stripe.MethodDomains(asking, hostOf(f.setup.BaseURL)))
	f.configurations = reading(stripe.MethodConfigurations(asking))
	f.undelivered = reading(stripe.Undelivered(asking, f.now.Add(-undeliveredFor), f.now.Add(-undeliveredAfter)))

	s.gatherHere(ctx, asking, f)

	return f
}

// bounded returns a context for the questions to others.
func (s *Service) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.cfg.Limit == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, s.cfg.Limit)
}

// gatherHere reads what is not at Stripe. asking is for the questions to
// others: the database is read even if those took all their time.
func (s *Service) gatherHere(ctx, asking context.Context, f *facts) {
	f.kept = reading(s.cfg.Store.ReadGoLive(ctx, f.setup.SecretKey.Live))
	f.keySeen = reading(s.cfg.Store.SeeGoLiveKey(ctx, f.setup.SecretKey.Fingerprint, f.now))

	var ids []string
	for _, e := range f.undelivered.value.Events {
		ids = append(ids, e.ID)
	}

	f.sources = reading(s.cfg.Store.EventSources(ctx, ids))

	canary := newCanary()
	f.outside = s.cfg.Outside(asking, canary)
	f.tracked = reading(s.cfg.Tracked(asking))

	if f.logAsked = s.cfg.Log != nil; f.logAsked {
		f.logged = reading(s.cfg.Log(ctx, canary, f.outside.Page.RequestID))
	}
}

// silent is a Stripe that cannot be reached: it is asked no more, since each
// call would take as long as the first.
type silent struct{ err error }

func (s silent) Balance(context.Context) (Balance, error)             { return Balance{}, s.err }
func (s silent) OwnAccount(context.Context) (Account, error)          { return Account{}, s.err }
func (s silent) WebhookEndpoints(context.Context) ([]Endpoint, error) { return nil, s.err }
func (s silent) Undelivered(context.Context, time.Time, time.Time) (Undelivered, error) {
	return Undelivered{}, s.err
}
func (s silent) MethodDomains(context.Context, string) ([]Domain, error) { return nil, s.err }
func (s silent) MethodConfigurations(context.Context) ([]Configuration, error) {
	return nil, s.err
}
