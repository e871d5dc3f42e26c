package guard

import (
	"context"
	"time"
)

// Mode is what the operator wants of the guard.
type Mode string

// The modes. Strict behaves as if the alarm were on all the time.
const (
	On     Mode = "on"
	Strict Mode = "strict"
	Off    Mode = "off"
)

// Known reports whether m is one of the modes.
func (m Mode) Known() bool { return m == On || m == Strict || m == Off }

// A look at the whole shop is good for a moment, and for a few attempts: so
// many an attack gets through beyond the limits.
const (
	freshness    = 250 * time.Millisecond
	freshEntries = 20
)

// shopView is what a look at the whole shop found.
type shopView struct {
	at     time.Time
	mode   Mode
	alarm  bool
	budget int64 // how many more attempts of strangers may fail
	since  int64 // attempts since the look
}

// full reports whether no more attempts of strangers may go through now, while
// pending ones are on their way to the ledger.
func (v shopView) full(pending int64) bool { return v.since+pending >= v.budget }

// Status is what the guard sees, for the operator.
type Status struct {
	Mode  Mode
	Alarm bool
	Shop  Tries
}

// Status looks at the shop.
func (g *Guard) Status(ctx context.Context) (Status, error) {
	mode, err := g.cfg.Ledger.GuardMode(ctx)
	if err != nil {
		return Status{}, err
	}

	if !mode.Known() {
		mode = On
	}

	shop, err := g.cfg.Ledger.ShopTries(ctx, g.cfg.Now())
	alarm := mode == Strict || mode == On && shop.alarming()
	return Status{Mode: mode, Alarm: alarm, Shop: shop}, err
}

// look returns a view of the shop that is fresh enough.
func (g *Guard) look(ctx context.Context) (shopView, error) {
	now := g.cfg.Now()

	g.mu.Lock()
	view, begun := g.shop, g.begun
	g.mu.Unlock()

	age := now.Sub(view.at)
	if age >= 0 && age < freshness && view.since+begun < freshEntries {
		return view, nil
	}

	status, err := g.Status(ctx)
	if err != nil {
		return shopView{}, err
	}

	g.mu.Lock()
	defer g.mu.Unlock()

	if status.Alarm != g.shop.alarm {
		g.report(status)
	}

	lately := status.Shop.LastMinute
	g.shop = shopView{
		at:     now,
		mode:   status.Mode,
		alarm:  status.Alarm,
		budget: status.Shop.perMinute() - lately.Failed - lately.Waiting,
	}

	return g.shop, nil
}

// report tells the operator that the alarm began or ended.
func (g *Guard) report(s Status) {
	if !s.Alarm {
		g.cfg.Log.Info().Msg("card testing has stopped; every buyer can pay again")
		return
	}

	g.cfg.Log.Error().
		Str("mode", string(s.Mode)).
		Int64("declined", s.Shop.Recent.Failed).
		Int64("paid", s.Shop.Recent.Good).
		Int64("strangers_per_minute", s.Shop.perMinute()).
		Msg("somebody seems to test cards here: buyers who have not paid before are slowed down. " +
			"See `server guard`")
}
