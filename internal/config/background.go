package config

import (
	"fmt"
	"time"
)

// Background is how the work outside of requests is done.
type Background struct {
	Workers       int // that process webhooks
	UnknownAfter  time.Duration
	BackfillEvery time.Duration // 0 for off
	// DriftAt is when the day before is compared with Stripe, after midnight
	// (UTC); 0: never.
	DriftAt time.Duration
}

func backgroundSection() section {
	return section{
		title:  "Background work",
		finish: (*loading).finishBackground,
		options: []option{
			{
				name: "WORKERS",
				def:  "8",
				help: "How many webhooks about orders of the shop are processed at the same time, and as many that " +
					"Stripe must be asked about first, 1 to 64.",
				modes: checkoutModes,
				read:  integer(func(c *Config) *int { return &c.Workers }, 1, 64),
			},
			{
				name: "UNKNOWN_AFTER",
				def:  "45s",
				help: "How long a payment may go without an answer before its outcome counts as unknown " +
					"and Stripe is asked, 5s to 10m. It must be longer than STRIPE_TIMEOUT.",
				modes: checkoutModes,
				read: duration(func(c *Config) *time.Duration { return &c.UnknownAfter },
					5*time.Second, 10*time.Minute),
			},
			{
				name:  "BACKFILL_EVERY",
				def:   "10m",
				help:  "How often Stripe is asked for events that never arrived, 10s to 1d. 0: never.",
				modes: checkoutModes,
				read:  durationOrOff(func(c *Config) *time.Duration { return &c.BackfillEvery }, 10*time.Second, day),
			},
			{
				name: "DRIFT_AT",
				def:  "03:30",
				help: "When the orders of the day before are compared with Stripe, 01:00 to 23:59 (UTC); the start is " +
					"spread over ten minutes. off: never by itself. See docs/operations.md.",
				modes: checkoutModes,
				read:  readDriftAt,
			},
		},
	}
}

func readDriftAt(c *Config, s string) error {
	if s == "off" {
		c.DriftAt = 0
		return nil
	}

	t, err := time.Parse("15:04", s)
	if err != nil || t.Hour() < 1 {
		return fmt.Errorf("is %q. Use a time from 01:00 to 23:59, or off", s)
	}

	c.DriftAt = time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute

	return nil
}

func (l *loading) finishBackground() {
	c := l.config
	if l.valid("UNKNOWN_AFTER", "STRIPE_TIMEOUT") && c.UnknownAfter <= c.StripeTimeout {
		l.problem("UNKNOWN_AFTER", "(%s) is not longer than STRIPE_TIMEOUT (%s), so requests still in flight would "+
			"count as lost. Make it longer", c.UnknownAfter, c.StripeTimeout)
	}
}
