package config

import (
	"errors"
	"time"
)

// MirrorOptions is how the payments of connected accounts are copied.
type MirrorOptions struct {
	Automatic  bool          // every account that is connected is mirrored
	History    time.Duration // how far back then; 0 for all
	Rate       int           // calls a second for all accounts; 0 for no limit
	PerAccount int           // and for each
	CheckEvery time.Duration
	Cards      bool // brand and last4 are kept
}

func mirrorSince() option {
	return option{
		name: "CONNECT_MIRROR_SINCE",
		help: "all, or how long before now, such as 365d: the payments of every account that is connected are copied " +
			"into the database, as far back. Empty: only those of accounts for which you ask, see docs/connect.md.",
		modes: checkoutModes,
		read:  orEmpty(readMirrorSince),
	}
}

func mirrorRate() option {
	return option{
		name: "CONNECT_MIRROR_RATE",
		def:  "20",
		help: "How many requests a second all servers together may make at Stripe to copy payments, 1 to 1000. Each " +
			"reads 100 objects. Other requests go before them. 0: no limit of its own.",
		modes: checkoutModes,
		read:  integer(func(c *Config) *int { return &c.Mirror.Rate }, 0, 1000),
	}
}

func mirrorAccountRate() option {
	return option{
		name: "CONNECT_MIRROR_ACCOUNT_RATE",
		def:  "10",
		help: "How many of them one account may have, 1 to 100, of the 100 (with test keys 25) that Stripe allows " +
			"it. 0: no limit of its own.",
		modes: checkoutModes,
		read:  integer(func(c *Config) *int { return &c.Mirror.PerAccount }, 0, 100),
	}
}

func mirrorCheckEvery() option {
	return option{
		name: "CONNECT_MIRROR_CHECK_EVERY",
		def:  "1d",
		help: "How often Stripe's lists are compared with what is stored, for webhooks that never arrived and for " +
			"fees, 1m to 7d.",
		modes: checkoutModes,
		read:  duration(func(c *Config) *time.Duration { return &c.Mirror.CheckEvery }, time.Minute, 7*day),
	}
}

func mirrorCards() option {
	return option{
		name: "CONNECT_MIRROR_CARDS",
		def:  "false",
		help: "true also copies the brand and the last four digits of cards. Names and e-mail addresses are never " +
			"copied.",
		modes: checkoutModes,
		read:  boolean(func(c *Config) *bool { return &c.Mirror.Cards }),
	}
}

func readMirrorSince(c *Config, s string) error {
	c.Mirror.Automatic = true
	if s == "all" {
		return nil
	}

	d, err := parseDuration(s)
	if err != nil || d < day {
		return errors.New("is not a time to go back. Use all, or days such as 365d")
	}

	c.Mirror.History = d

	return nil
}
