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
}

// KeyFacts is what a key shows without being shown.
type KeyFacts struct {
	Live       bool
	Restricted bool // rk_…
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
}

// gather reads what the checks need, each part once.
func (s *Service) gather(ctx context.Context) *facts {
	stripe := s.cfg.Stripe
	f := &facts{setup: s.cfg.Setup}

	f.balance = reading(stripe.Balance(ctx))
	f.now = s.cfg.Now() // as close to Stripe's time as can be

	var failed *FailedError
	if errors.As(f.balance.err, &failed) && failed.NoAnswer {
		stripe = silent{failed}
	}

	f.account = reading(stripe.OwnAccount(ctx))
	f.endpoints = reading(stripe.WebhookEndpoints(ctx))
	f.domains = reading(stripe.MethodDomains(ctx, hostOf(f.setup.BaseURL)))
	f.configurations = reading(stripe.MethodConfigurations(ctx))

	return f
}

// silent is a Stripe that cannot be reached: it is asked no more, since each
// call would take as long as the first.
type silent struct{ err error }

func (s silent) Balance(context.Context) (Balance, error)             { return Balance{}, s.err }
func (s silent) OwnAccount(context.Context) (Account, error)          { return Account{}, s.err }
func (s silent) WebhookEndpoints(context.Context) ([]Endpoint, error) { return nil, s.err }
func (s silent) Undelivered(context.Context, time.Time) ([]Event, bool, error) {
	return nil, false, s.err
}
func (s silent) MethodDomains(context.Context, string) ([]Domain, error) { return nil, s.err }
func (s silent) MethodConfigurations(context.Context) ([]Configuration, error) {
	return nil, s.err
}
