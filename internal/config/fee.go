package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"checkoutd/internal/money"
)

// FeeOptions is what the platform takes of orders with a connected account.
type FeeOptions struct {
	BasisPoints int64            // hundredths of a percent
	Fixed       map[string]int64 // minor units by currency
	Most        map[string]int64 // of the whole fee; none: no limit
	Refund      bool             // a refund gives it back unless the request says otherwise
}

func feePercent() option {
	return option{
		name: "CONNECT_FEE_PERCENT",
		def:  "0",
		help: "The platform's share of an order with a connected account, in percent with at most two decimals, " +
			"unless the order says otherwise. Half a minor unit is rounded up.",
		modes: checkoutModes,
		read:  readFeePercent,
	}
}

func feeFixed() option {
	return option{
		name: "CONNECT_FEE_FIXED",
		help: "What the platform takes besides its share, in minor units for each currency: usd:30,eur:25. " +
			"Of the invoices of a subscription it takes its share only.",
		modes: checkoutModes,
		read:  orEmpty(readAmounts(0, func(c *Config) *map[string]int64 { return &c.Fee.Fixed })),
	}
}

func feeMost() option {
	return option{
		name: "CONNECT_FEE_MAX",
		help: "The most that the platform takes of an order, in minor units for each currency: usd:5000. " +
			"It is never more than the order's total.",
		modes: checkoutModes,
		// A limit of 0 would be no fee at all, which is said by the percentage.
		read: orEmpty(readAmounts(1, func(c *Config) *map[string]int64 { return &c.Fee.Most })),
	}
}

func feeRefund() option {
	return option{
		name: "CONNECT_FEE_REFUND",
		def:  "false",
		help: "true gives the platform's fee back with a refund, in proportion, unless the refund says otherwise. " +
			"false keeps it.",
		modes: checkoutModes,
		read:  boolean(func(c *Config) *bool { return &c.Fee.Refund }),
	}
}

var percentPattern = regexp.MustCompile(`^([0-9]{1,3})(?:\.([0-9]{1,2}))?$`)

func readFeePercent(c *Config, s string) error {
	const want = "must be a number from 0 to 100 with at most two decimals, such as 2.5"
	parts := percentPattern.FindStringSubmatch(s)
	if parts == nil {
		return errors.New(want)
	}

	points, err := strconv.ParseInt(parts[1]+(parts[2] + "00")[:2], 10, 64)
	if err != nil || points > 100*100 {
		return errors.New(want)
	}

	c.Fee.BasisPoints = points
	return nil
}

// readAmounts reads amounts for currencies, none below least: usd:30,eur:25.
func readAmounts(least int64, field func(*Config) *map[string]int64) reader {
	return func(c *Config, s string) error {
		amounts := map[string]int64{}
		for _, item := range splitList(s) {
			currency, text, _ := strings.Cut(item, ":")
			amount, err := strconv.ParseInt(text, 10, 64)
			if err != nil || amount < least || amount > 1_000_000_000 {
				return fmt.Errorf("must be a currency and a whole number of minor units from %d, such as usd:30; "+
					"separate several by commas", least)
			}

			if !money.Known(currency) {
				return fmt.Errorf("has %s, which is no currency of Stripe's in three lower-case letters", currency)
			}
			if _, twice := amounts[currency]; twice {
				return fmt.Errorf("has %s twice", currency)
			}

			amounts[currency] = amount
		}

		*field(c) = amounts
		return nil
	}
}
