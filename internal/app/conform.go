package app

import (
	"context"
	"strings"
	"time"

	"checkoutd/internal/config"
	"checkoutd/internal/conform"
	"checkoutd/internal/stripeapi"
)

// ConformOptions choose what Conform tries.
type ConformOptions struct {
	Version  string
	Account  string // a connected account, "" for none
	Only     string // the beginning of the names of the cases, "" for all
	Progress func(done, all int)
}

// How a run asks the real Stripe: within the 25 requests a second of test mode
// (https://docs.stripe.com/rate-limits), and with all that it creates removed,
// within two minutes.
const (
	conformPerSecond = 20
	conformParallel  = 12
	conformLimit     = 80 * time.Second
)

// Conform compares the answers of Stripe with what checkoutd relies on.
func Conform(ctx context.Context, cfg *config.Config, o ConformOptions) (*conform.Report, error) {
	perSecond := conformPerSecond
	if strings.HasPrefix(cfg.StripeAPIBase, "http://") { // only the offline Stripe is
		perSecond = 0
	}

	return conform.Run(ctx, conform.Config{
		Key:        cfg.StripeSecretKey.Reveal(),
		BaseURL:    cfg.StripeAPIBase,
		OAuthURL:   cfg.ConnectBase,
		APIVersion: stripeapi.APIVersion,
		Version:    o.Version,
		Account:    o.Account,
		ClientID:   cfg.ConnectClientID,
		PerSecond:  perSecond,
		Parallel:   conformParallel,
		Limit:      conformLimit,
		Only:       o.Only,
		Now:        time.Now,
		Progress:   o.Progress,
	})
}
