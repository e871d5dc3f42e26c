package app

import (
	_ "embed"
	"fmt"
	"maps"
	"os"
	"slices"

	"checkoutd/internal/config"
	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
)

//go:embed catalog.json
var sampleCatalog []byte

// configuredCatalog returns the catalog of a configuration.
func configuredCatalog(cfg *config.Config) (*orders.Catalog, error) {
	data, err := readCatalog(cfg)
	if err != nil {
		return nil, err
	}
	return parseCatalog(cfg, data)
}

// readCatalog returns the configured catalog file, or the sample if none is
// configured.
func readCatalog(cfg *config.Config) ([]byte, error) {
	if cfg.CatalogFile == "" {
		return sampleCatalog, nil
	}

	data, err := os.ReadFile(cfg.CatalogFile)
	if err != nil {
		return nil, fmt.Errorf("CATALOG_FILE: %w", err)
	}

	return data, nil
}

// parseCatalog parses a catalog and checks that a configuration can sell it.
func parseCatalog(cfg *config.Config, data []byte) (*orders.Catalog, error) {
	catalog, err := orders.ParseCatalog(data, pages.Pictures()...)
	if err == nil && cfg.CatalogFile != "" {
		err = checkCatalog(cfg, catalog)
	}
	if err != nil {
		return nil, fmt.Errorf("CATALOG_FILE %s: %w", cfg.CatalogFile, err)
	}

	return catalog, nil
}

// checkCatalog returns every product for which the configuration offers a
// payment method that Stripe would refuse.
func checkCatalog(cfg *config.Config, catalog *orders.Catalog) error {
	var wrong orders.Mistakes
	for _, p := range catalog.Sold() {
		wrong = append(wrong, checkReuse(cfg, &p)...)
		wrong = append(wrong, checkCurrencies(cfg, &p)...)
	}

	return wrong.OrNil()
}

// checkReuse returns what is wrong with a product that charges its payment
// method again later, while a configured payment method allows a single payment
// only: Stripe would refuse the intent.
func checkReuse(cfg *config.Config, p *orders.Product) orders.Mistakes {
	singleUse := cfg.SingleUseTypes()
	if singleUse == "" || p.Recurring == nil && p.SetupFutureUsage == "" {
		return nil
	}
	return orders.Mistakes{fmt.Sprintf("product %s charges its payment method again later, but PAYMENT_METHOD_TYPES "+
		"contains %s, which Stripe can charge only once: remove one of them", p.SKU, singleUse)}
}

// checkCurrencies returns what is wrong with a product that is sold in a
// currency that a configured payment method does not take: Stripe would refuse
// the intent, with whatever method the buyer pays.
func checkCurrencies(cfg *config.Config, p *orders.Product) (wrong orders.Mistakes) {
	for _, currency := range slices.Sorted(maps.Keys(p.Prices)) {
		if method, takes := cfg.OtherCurrency(currency); method != "" {
			wrong = append(wrong, fmt.Sprintf("product %s is sold in %s, but PAYMENT_METHOD_TYPES and BANK_TRANSFER "+
				"offer %s, which takes only %s: remove one of them", p.SKU, currency, method, takes))
		}
	}
	return wrong
}
