package app

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"checkoutd/internal/httpserver"
	"checkoutd/internal/orders"
)

// goods are what the shop sells now. They are replaced as a whole.
type goods struct {
	catalog *orders.Catalog
	policy  string // Content-Security-Policy that allows the catalog's pictures
}

// inUse returns the catalog of now.
func (a *App) inUse() *orders.Catalog { return a.goods.Load().catalog }

// stock is what one look at the catalog file found.
type stock struct {
	data []byte
	err  error // nil if the file could be read
}

func (s stock) same(other stock) bool {
	if s.err != nil || other.err != nil {
		return s.err != nil && other.err != nil && s.err.Error() == other.err.Error()
	}
	return bytes.Equal(s.data, other.data)
}

// restocker takes a new catalog over while the server runs. It compares what is
// in the file, not times or inodes: that works for an editor that renames, for
// a bind mount, and for the symbolic links of a Kubernetes ConfigMap.
type restocker struct {
	app   *App
	asked chan struct{}

	seen    stock // the last one
	settled stock // the last one that was dealt with
	refused bool  // settled was refused
}

func newRestocker(a *App) *restocker { return &restocker{app: a, asked: make(chan struct{}, 1)} }

func (r *restocker) read() (s stock) {
	s.data, s.err = readCatalog(r.app.cfg)
	return s
}

// first reads the catalog with which the server starts.
func (r *restocker) first() (*orders.Catalog, error) {
	r.seen = r.read()
	r.settled = r.seen
	if r.seen.err != nil {
		return nil, r.seen.err
	}
	return parseCatalog(r.app.cfg, r.seen.data)
}

// take makes a catalog the one in use. Requests that have begun keep theirs.
func (r *restocker) take(c *orders.Catalog) error {
	policy, err := httpserver.CSP(policyOf(r.app.cfg, c))
	if err == nil {
		r.app.goods.Store(&goods{catalog: c, policy: policy})
	}
	return err
}

// run looks for a new catalog every few seconds, and when somebody asks for it,
// until ctx ends.
func (r *restocker) run(ctx context.Context) {
	if r.app.cfg.CatalogFile == "" {
		return // the sample
	}

	ticks := time.NewTicker(rereadEvery)
	defer ticks.Stop()

	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			r.look(false)
		case <-r.asked:
			r.look(true)
		}
	}
}

// ask makes run look at once.
func (r *restocker) ask() {
	select {
	case r.asked <- struct{}{}:
	default: // it was asked for already
	}
}

// look reads the catalog. What nobody asked to be read counts only when two
// readings in a row find the same: the file may be half written.
func (r *restocker) look(asked bool) {
	next := r.read()
	settles := next.same(r.seen)
	r.seen = next

	isNew := !next.same(r.settled)
	if isNew && (asked || settles) {
		r.settled = next
		r.settle(next)
	} else if asked && !isNew {
		r.app.opts.Log.Info().Bool("refused", r.refused).Msg("the catalog was read again, and has not changed")
	}
}

// settle takes a new catalog over if nothing is wrong with it.
func (r *restocker) settle(next stock) {
	catalog, err := (*orders.Catalog)(nil), next.err
	if err == nil {
		catalog, err = parseCatalog(r.app.cfg, next.data)
	}
	if err == nil {
		err = r.take(catalog)
	}

	r.refused = err != nil
	r.app.metrics.CatalogRefused(r.refused)

	if err == nil {
		r.app.opts.Log.Info().Int("products", len(catalog.Products())).
			Msg("the catalog has changed, and counts from now on")
		return
	}

	log := r.app.opts.Log.Error()
	if wrong := (orders.Mistakes)(nil); errors.As(err, &wrong) {
		log = log.Strs("mistakes", wrong)
	} else {
		log = log.Err(err)
	}
	log.Msg("the new catalog is refused, and the former one stays")
}

// serve lets a request see one catalog, in the language of its buyer, with the
// policy that allows its pictures.
func (r *restocker) serve(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		now := r.app.goods.Load()
		w.Header().Set("Content-Security-Policy", now.policy)
		catalog := now.catalog
		if !strings.HasPrefix(req.URL.Path, apiPath) { // where an order says its language
			catalog = catalog.In(req.Header.Get("Accept-Language"))
		}
		next.ServeHTTP(w, req.WithContext(orders.WithCatalog(req.Context(), catalog)))
	})
}
