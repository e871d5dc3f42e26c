package orders

import "context"

// Always returns a function that returns c, for a catalog that never changes.
func (c *Catalog) Always() func() *Catalog { return func() *Catalog { return c } }

type catalogKey struct{}

// WithCatalog returns a context in which c is the catalog, whatever catalog
// comes into use meanwhile: one request sees one catalog.
func WithCatalog(ctx context.Context, c *Catalog) context.Context {
	return context.WithValue(ctx, catalogKey{}, c)
}

// Catalog returns the catalog of a request, or else the one in use now.
func (s *Service) Catalog(ctx context.Context) *Catalog {
	if c, ok := ctx.Value(catalogKey{}).(*Catalog); ok {
		return c
	}
	return s.cfg.Catalog()
}

// shop is the service with the one catalog that a call sees.
type shop struct {
	*Service
	catalog *Catalog
}

func (s *Service) shop(ctx context.Context) shop { return shop{s, s.Catalog(ctx)} }

// of returns the shop in the language of an order of the shop's backend, if it
// has one.
func (s shop) of(o *Order) shop { return s.speaking(o.Shop.Locale) }

// after returns the shop in the language that an order of the shop's backend
// has after a request.
func (s shop) after(o *Order, req ShopRequest) shop {
	if req.Locale != nil {
		return s.speaking(*req.Locale)
	}
	return s.of(o)
}

func (s shop) speaking(locale string) shop {
	if locale != "" {
		s.catalog = s.catalog.In(locale)
	}
	return s
}
