package config

import "time"

// Background is how the work outside of requests is done.
type Background struct {
	Workers       int // that process webhooks
	UnknownAfter  time.Duration
	BackfillEvery time.Duration // 0 for off
}

func backgroundSection() section {
	return section{
		title:  "Background work",
		finish: (*loading).finishBackground,
		options: []option{
			{
				name:  "WORKERS",
				def:   "4",
				help:  "How many webhooks are processed at the same time, 1 to 64.",
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
		},
	}
}

func (l *loading) finishBackground() {
	c := l.config
	if l.valid("UNKNOWN_AFTER", "STRIPE_TIMEOUT") && c.UnknownAfter <= c.StripeTimeout {
		l.problem("UNKNOWN_AFTER", "(%s) is not longer than STRIPE_TIMEOUT (%s), so requests still in flight would "+
			"count as lost. Make it longer", c.UnknownAfter, c.StripeTimeout)
	}
}
