package app

import (
	_ "embed"
	"fmt"
	"os"

	"checkoutd/internal/config"
	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
)

//go:embed catalog.json
var sampleCatalog []byte

// loadCatalog reads the configured catalog, or the sample if none is
// configured.
func loadCatalog(cfg *config.Config) (*orders.Catalog, error) {
	if cfg.CatalogFile == "" {
		return orders.ParseCatalog(sampleCatalog, pages.Pictures()...)
	}

	data, err := os.ReadFile(cfg.CatalogFile)
	if err != nil {
		return nil, fmt.Errorf("CATALOG_FILE: %w", err)
	}

	catalog, err := orders.ParseCatalog(data, pages.Pictures()...)
	if err == nil {
		err = checkReuse(cfg, catalog)
	}

	if err == nil {
		err = checkCurrencies(cfg, catalog)
	}
	if err != nil {
		return nil, fmt.Errorf("CATALOG_FILE %s: %w", cfg.CatalogFile, err)
	}

	return catalog, nil
}

// checkReuse returns an error if a product charges its payment method again
// later while a configured payment method allows a single payment only: Stripe
// would refuse the intent.
func checkReuse(cfg *config.Config, catalog *orders.Catalog) error {
	singleUse := cfg.SingleUseTypes()
	if singleUse == "" {
		return nil
	}

	for _, p := range catalog.Products() {
		if p.Recurring != nil || p.SetupFutureUsage != "" {
			return fmt.Errorf("product %s charges its payment method again later, but PAYMENT_METHOD_TYPES "+
				"contains %s, which Stripe can charge only once: remove one of them", p.SKU, singleUse)
		}
	}

	return nil
}

// checkCurrencies returns an error if a product is sold in a currency that a
// configured payment method does not take: Stripe would refuse the intent, with
// whatever method the buyer pays.
func checkCurrencies(cfg *config.Config, catalog *orders.Catalog) error {
	for _, p := range catalog.Products() {
		for currency := range p.Prices {
			if method, takes := cfg.OtherCurrency(currency); method != "" {
				return fmt.Errorf("product %s is sold in %s, but PAYMENT_METHOD_TYPES and BANK_TRANSFER offer %s, "+
					"which takes only %s: remove one of them", p.SKU, currency, method, takes)
			}
		}
	}

	return nil
}
