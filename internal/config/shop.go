package config

import "time"

// Shop is what the shop sells, and for how long it keeps an offer.
type Shop struct {
	CatalogFile       string // "" for the built-in sample shop
	OrderExpiresAfter time.Duration
	TransferWait      time.Duration
}

func shopSection() section {
	return section{title: "Shop", options: []option{
		{
			name:     "CATALOG_FILE",
			help:     "The shop's catalog file. If it is not set, the sandbox uses a built-in sample shop.",
			modes:    checkoutModes,
			required: serveOnly,
			missing:  "Give the path of the file that lists the shop's products and their prices.",
			read:     text(func(c *Config) *string { return &c.CatalogFile }),
		},
		{
			name:  "ORDER_EXPIRES_AFTER",
			def:   "24h",
			help:  "How long an unpaid order stays open, 30m to 30d.",
			modes: checkoutModes,
			read:  duration(func(c *Config) *time.Duration { return &c.OrderExpiresAfter }, 30*time.Minute, 30*day),
		},
		{
			name: "BANK_TRANSFER_EXPIRES_AFTER",
			def:  "14d",
			help: "How long an order waits for a bank transfer once its buyer has the instructions, 1d to 60d. " +
				"Vouchers and the verification of bank accounts have a date of their own.",
			modes: checkoutModes,
			read:  duration(func(c *Config) *time.Duration { return &c.TransferWait }, day, 60*day),
		},
	}}
}
