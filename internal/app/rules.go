package app

import (
	"fmt"
	"os"

	"checkoutd/internal/api"
	"checkoutd/internal/config"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/rules"
)

// newJudge returns what decides about payments before Stripe is asked, nil if
// the configuration has no rules.
func (a *App) newJudge() (payments.Judge, error) {
	cfg := a.cfg
	if cfg.RulesFile == "" && cfg.PreconfirmURL == "" {
		return nil, nil //nolint:nilnil // nil allows every payment
	}

	judge := &rules.Judge{Ledger: a.store, Now: a.opts.Now}
	if cfg.RulesFile != "" {
		data, err := os.ReadFile(cfg.RulesFile)
		if err != nil {
			return nil, fmt.Errorf("RULES_FILE: %w", err)
		}
		if judge.File, err = rules.Parse(data); err != nil {
			return nil, fmt.Errorf("RULES_FILE %s: %w", cfg.RulesFile, err)
		}
	}

	if cfg.PreconfirmURL != "" {
		shop, err := rules.NewShop(rules.ShopConfig{
			URL:            cfg.PreconfirmURL,
			Secret:         a.preconfirmSecret,
			Timeout:        cfg.PreconfirmTimeout,
			AllowOnFailure: cfg.PreconfirmFailure == config.AllowOnFailure,
			Order:          func(o *orders.Order) any { return api.Render(o, a.links()) },
			NewID:          func() string { return orders.NewID("msg_") },
			Now:            a.opts.Now,
			Log:            a.opts.Log,
		})
		if err != nil {
			return nil, fmt.Errorf("PRECONFIRM_SECRET: %w", err)
		}
		judge.Shop = shop
	}

	return judge, nil
}
