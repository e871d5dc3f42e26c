package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Retention is how long personal data is kept.
type Retention struct {
	Events time.Duration            // 0 for ever
	Orders map[string]time.Duration // by state; for ever without one
}

// longest is how long something may be kept by an option: it exceeds every
// legal duty.
const longest = 36500 * day

func peopleSection() section {
	return section{title: "Personal data", options: []option{
		{
			name: "EVENT_RETENTION",
			def:  "0",
			help: "For how long the payloads of Stripe's events are kept once they are worked, 1d to 36500d. Then " +
				"each is replaced by its hash; that the event came stays. 0: for ever. See docs/privacy.md.",
			modes: storageModes,
			read: durationOrOff(func(c *Config) *time.Duration { return &c.Retention.Events },
				day, longest),
		},
		{
			name: "ORDER_RETENTION",
			help: "For how long personal data of orders is kept after their last change, by state, like " +
				"open=30d,expired=30d,canceled=30d,paid=3650d,refunded=3650d. Amounts, states and times stay. A " +
				"state that is not named is kept for ever. Laws ask you to keep some of it: see docs/privacy.md.",
			modes: storageModes,
			read:  orEmpty(readOrderRetention),
		},
	}}
}

// orderStates are the states of ORDER_RETENTION.
var orderStates = []string{"open", "expired", "canceled", "paid", "refunded"}

func readOrderRetention(c *Config, s string) error {
	c.Retention.Orders = map[string]time.Duration{}
	for part := range strings.SplitSeq(s, ",") {
		state, text, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || !slices.Contains(orderStates, state) {
			return fmt.Errorf("has %q. Write state=duration, separated by commas; the states are %s", part, join(orderStates))
		}
		if _, twice := c.Retention.Orders[state]; twice {
			return fmt.Errorf("has %s twice", state)
		}

		age, err := parseDuration(text)
		if err != nil || age < day || age > longest {
			return fmt.Errorf("has %q. Use a duration from %s to %s, like 30d", part, short(day), short(longest))
		}

		c.Retention.Orders[state] = age
	}

	return nil
}
