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

// offer is the catalog in use, and what follows from it. It is replaced as a
// whole.
type offer struct {
	catalog *orders.Catalog
	policy  string // Content-Security-Policy that allows the catalog's pictures
}

// inUse returns the catalog of now.
func (a *App) inUse() *orders.Catalog { return a.offer.Load().catalog }

// catalogFile is what one reading of the catalog file found.
type catalogFile struct {
	data []byte
	err  error // nil if the file could be read
}

func (f catalogFile) same(other catalogFile) bool {
	if f.err != nil || other.err != nil {
		return f.err != nil && other.err != nil && f.err.Error() == other.err.Error()
	}
	return bytes.Equal(f.data, other.data)
}

// catalogReloader takes a new catalog over while the server runs. It compares
// what is in the file, not times or inodes: that works for an editor that
// renames, for a bind mount, and for the symbolic links of a Kubernetes
// ConfigMap.
type catalogReloader struct {
	app   *App
	asked chan struct{}

	seen    catalogFile // the last one
	settled catalogFile // the last one that was dealt with
	refused bool        // settled was refused
}

func newCatalogReloader(a *App) *catalogReloader {
	return &catalogReloader{app: a, asked: make(chan struct{}, 1)}
}

func (r *catalogReloader) read() (f catalogFile) {
	f.data, f.err = readCatalog(r.app.cfg)
	return f
}

// first reads the catalog with which the server starts.
func (r *catalogReloader) first() (*orders.Catalog, error) {
	r.seen = r.read()
	r.settled = r.seen
	if r.seen.err != nil {
		return nil, r.seen.err
	}
	return parseCatalog(r.app.cfg, r.seen.data)
}

// take makes a catalog the one in use. Requests that have begun keep theirs.
func (r *catalogReloader) take(c *orders.Catalog) error {
	policy, err := httpserver.CSP(policyOf(r.app.cfg, c))
	if err == nil {
		r.app.offer.Store(&offer{catalog: c, policy: policy})
	}
	return err
}

// run looks for a new catalog every few seconds, and when somebody asks for it,
// until ctx ends.
func (r *catalogReloader) run(ctx context.Context) {
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
func (r *catalogReloader) ask() {
	select {
	case r.asked <- struct{}{}:
	default: // it was asked for already
	}
}

// look reads the catalog. What nobody asked to be read counts only when two
// readings in a row find the same: the file may be half written.
func (r *catalogReloader) look(asked bool) {
	next := r.read()
	settles := next.same(r.seen)
	r.seen = next

	isNew := !next.same(r.settled)
	if isNew && (asked || settles) {
		r.settled = next
		r.settle(next)
	} else if asked && !isNew {
		r.app.opts.Log.Info().Bool("refused", r.refused).Msg("the catalog file was read again and has not changed")
	}
}

// settle takes a new catalog over if nothing is wrong with it.
func (r *catalogReloader) settle(next catalogFile) {
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
			Msg("the catalog was reloaded")
		return
	}

	log := r.app.opts.Log.Error()
	if wrong := (orders.Mistakes)(nil); errors.As(err, &wrong) {
		log = log.Strs("mistakes", wrong)
	} else {
		log = log.Err(err)
	}
	log.Msg("the catalog file was refused; the previous catalog stays in use")
}

// serve lets a request see one catalog, in the language of its buyer, with the
// policy that allows its pictures.
func (r *catalogReloader) serve(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		now := r.app.offer.Load()
		w.Header().Set("Content-Security-Policy", now.policy)
		catalog := now.catalog
		if !strings.HasPrefix(req.URL.Path, apiPath) { // where an order says its language
			catalog = catalog.In(req.Header.Get("Accept-Language"))
		}
		next.ServeHTTP(w, req.WithContext(orders.WithCatalog(req.Context(), catalog)))
	})
}
