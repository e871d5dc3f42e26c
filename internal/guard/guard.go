package guard

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
)

// Config is what a Guard needs.
type Config struct {
	Ledger Ledger
	Now    func() time.Time
	Log    zerolog.Logger
	// Key is the secret key under which addresses are hashed, so that none is
	// stored.
	Key []byte
	// FreeLoopback exempts loopback addresses, as the rate limit does.
	FreeLoopback bool
	Meter        Meter // may be nil
}

// Meter counts what is refused.
type Meter interface {
	// CardsBlocked is called for each attempt that is refused. reason says
	// whose failures were too many: address, customer or shop.
	CardsBlocked(reason string)
}

// Guard refuses the attempts of card testers. It is safe for concurrent use. A
// nil Guard admits everything.
type Guard struct {
	cfg Config

	mu      sync.Mutex
	pending map[string]int64 // by source: admitted, and not in the ledger yet
	begun   int64            // the sum of pending
	shop    shopView
}

// New returns a Guard.
func New(c Config) *Guard {
	return &Guard{cfg: c, pending: map[string]int64{}}
}

// Source returns what stands for a client's address in the ledger: a keyed hash
// of the address, for IPv6 of its /64 prefix, because one household or one
// rented machine owns all of that. It is empty for clients that are not
// counted.
func (g *Guard) Source(client netip.Addr) string {
	if g == nil || !client.IsValid() || g.cfg.FreeLoopback && client.IsLoopback() {
		return ""
	}

	if client.Is6() {
		client = netip.PrefixFrom(client, 64).Masked().Addr()
	}

	mac := hmac.New(sha256.New, g.cfg.Key)
	mac.Write(client.AsSlice()) //nolint:errcheck // a hash never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12])
}

// Admit refuses an attempt, or returns the function to call once the ledger has
// it, or will not get it. The error is a fault that the buyer sees.
func (g *Guard) Admit(ctx context.Context, source, customer string) (done func(), err error) {
	if g == nil || source == "" {
		return func() {}, nil
	}

	view, err := g.look(ctx)
	if err != nil {
		return nil, err
	}

	if view.mode == Off {
		return func() {}, nil
	}

	now := g.cfg.Now()
	own, err := g.cfg.Ledger.SourceTries(ctx, source, now)
	if err != nil {
		return nil, err
	}

	buyer, err := g.buyer(ctx, customer, now)
	if err != nil {
		return nil, err
	}

	g.mu.Lock()
	defer g.mu.Unlock()

	own.Hour.Waiting += g.pending[source]
	switch {
	case own.Hour.exhausted(sourceFailures):
		return nil, g.refuse("address", sourceWait)
	case buyer.tries.Hour.exhausted(customerFailures):
		return nil, g.refuse("customer", sourceWait)
	case g.shop.alarm && !own.Hour.trusted() && !buyer.hasPaid && g.shop.full(g.begun):
		return nil, g.refuse("shop", alarmWait)
	}

	g.pending[source]++
	g.begun++
	return sync.OnceFunc(func() { g.finish(source) }), nil
}

// finish forgets an attempt that was admitted: the ledger counts it now. The
// next look at the shop must see it.
func (g *Guard) finish(source string) {
	g.mu.Lock()
	defer g.mu.Unlock()

	g.begun--
	g.shop.since++
	if g.pending[source]--; g.pending[source] == 0 {
		delete(g.pending, source)
	}
}

// Spares reports whether the calls of a source that only make paying more
// convenient, such as creating a customer session, are to be left out: the
// alarm is on, and the source has not paid.
func (g *Guard) Spares(ctx context.Context, source string) (bool, error) {
	if g == nil || source == "" {
		return false, nil
	}

	view, err := g.look(ctx)
	if err != nil || !view.alarm {
		return false, err
	}

	own, err := g.cfg.Ledger.SourceTries(ctx, source, g.cfg.Now())
	return err == nil && !own.Hour.trusted(), err
}

// customer is what the ledger shows of a Stripe customer.
type customer struct {
	tries   Tries
	hasPaid bool
}

func (g *Guard) buyer(ctx context.Context, id string, now time.Time) (c customer, err error) {
	if id == "" {
		return customer{}, nil
	}

	if c.tries, err = g.cfg.Ledger.CustomerTries(ctx, id, now); err != nil {
		return customer{}, err
	}

	c.hasPaid, err = g.cfg.Ledger.CustomerHasPaid(ctx, id, now.Add(-Window))
	return c, err
}

// refuse counts an attempt that is not admitted, and returns its fault.
func (g *Guard) refuse(reason string, wait time.Duration) error {
	if g.cfg.Meter != nil {
		g.cfg.Meter.CardsBlocked(reason)
	}
	return refusal(wait)
}

// refusal returns the fault for an attempt that is not admitted.
func refusal(wait time.Duration) error {
	return fault.New(fault.TooMany, "too_many_cards",
		"Too many cards were declined in a short time, so we paused this payment. You were not charged. "+
			"Please try again in a few minutes.").
		With("retry_after", int(wait/time.Second))
}
