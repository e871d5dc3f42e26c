package testkit

import (
	"context"
	"errors"
	"time"

	"checkoutd/internal/payments"
)

// Always returns a function that returns v for every account.
func Always[T any](v T) func(account string) T { return func(string) T { return v } }

// For returns the calls for one account, as InAccount does.
func (s *Stripe) For(account string) payments.Stripe { return InAccount(s, account) }

// InAccount returns the calls of a fake for one account, which see the intents
// and the subscriptions of that account alone.
func InAccount(stripe payments.Stripe, account string) payments.Stripe {
	return stripeIn{stripe, account}
}

// stripeIn is a Stripe as one account sees it.
type stripeIn struct {
	payments.Stripe
	account string
}

// Send makes the intent in the account.
func (s stripeIn) Send(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	snap, err := s.Stripe.Send(ctx, p, key)
	return s.stamp(snap), s.stampError(err)
}

func (s stripeIn) stamp(snap payments.Snapshot) payments.Snapshot {
	snap.Account = s.account
	return snap
}

func (s stripeIn) stampError(err error) error {
	var e *payments.CallError
	if errors.As(err, &e) && e.Snapshot != nil {
		made := *e
		snap := s.stamp(*e.Snapshot)
		made.Snapshot = &snap

		return &made
	}
	return err
}

// Intent returns an intent of the account, or ErrMissing.
func (s stripeIn) Intent(ctx context.Context, id string) (payments.Snapshot, error) {
	snap, err := s.Stripe.Intent(ctx, id)
	if err == nil && snap.Account != s.account {
		return payments.Snapshot{}, ErrMissing
	}
	return snap, err
}

// FindIntent returns the intent with the mark in p, if it is in the account.
func (s stripeIn) FindIntent(
	ctx context.Context, p payments.Params, from, to time.Time,
) (payments.Snapshot, bool, error) {
	snap, ok, err := s.Stripe.FindIntent(ctx, p, from, to)
	if snap.Account != s.account {
		return payments.Snapshot{}, false, err
	}
	return snap, ok, err
}

// Subscription returns a subscription, whose first intent must be in the
// account, or ErrMissing.
func (s stripeIn) Subscription(ctx context.Context, id string) (payments.SubscriptionReading, error) {
	reading, err := s.Stripe.Subscription(ctx, id)
	if err == nil && reading.First != nil && reading.First.Account != s.account {
		return payments.SubscriptionReading{}, ErrMissing
	}
	return reading, err
}
