package app

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/httpio"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// maxBody bounds every request body, in bytes; each call has its own limit below it.
const maxBody = 1 << 20

func (a *App) routes() (http.Handler, error) {
	cfg := a.Config
	chain, err := httpserver.Middlewares(httpserver.Options{
		Log: a.Log, Now: a.Now, NewRequestID: func() string { return orders.NewID("req_") },
		TrustedProxies: cfg.TrustedProxies, BaseURL: cfg.BaseURL,
		Policy:  a.policy(),
		MaxBody: maxBody, Live: cfg.Livemode(),
		PlainHTTP:    []string{httpserver.HealthPath, httpserver.ReadyPath, "/webhooks/", "/static/"},
		StripeErrors: []string{"/create-customer-session", "/create-confirm-intent"},
		ErrorPage:    a.pages.RenderError,
	})
	if err != nil {
		return nil, err
	}
	call := httpio.Handle
	stripe := httpio.HandleStripe
	page := func(h httpio.Handler) http.HandlerFunc {
		return httpio.HandlePage(oneName(cfg.BaseURL, h), a.pages.RenderError)
	}

	r := chi.NewRouter()
	r.Use(chain...)
	r.NotFound(httpserver.NotFound(a.pages.RenderError))
	r.MethodNotAllowed(httpserver.MethodNotAllowed)

	r.Get("/", page(a.pages.ServeShop))
	r.Get("/checkout/{id}", page(a.pages.ServeCheckout))
	r.Get("/complete", page(a.pages.ServeComplete))
	r.Handle("/static/*", a.pages.Static())

	limited := r.With(httpserver.RateLimit(cfg.RateLimit)) // one limit for the four
	limited.Post("/orders", call(a.orders.ServeCreate))
	limited.Patch("/orders/{id}", call(a.orders.ServeChange))
	r.Get("/orders/{id}", call(a.orders.ServeGet))
	r.Get("/config", call(a.pages.ServeConfig))
	limited.Post("/create-customer-session", stripe(a.sessions.ServeHTTP))
	limited.Post("/create-confirm-intent", stripe(payments.NewHandler(a.payments, a.orders, a.sessions.Ensure).ServeHTTP))

	r.Post("/webhooks/stripe", call(a.webhooks.ServeHTTP))

	r.Get(httpserver.HealthPath, httpserver.Health())
	r.Get(httpserver.ReadyPath, httpserver.Ready(a.ready))
	return r, nil
}

// ready: the database answers and its migrations are current.
func (a *App) ready(ctx context.Context) error {
	return errors.Join(a.store.Ping(ctx), a.store.MigrationsCurrent(ctx))
}

// policy says where a page may load things from: Stripe, and the places of the shop's own
// pictures and fonts.
func (a *App) policy() httpserver.Policy {
	p := httpserver.Policy{ScriptURL: a.Config.StripeJSURL, APIBase: a.Config.StripeAPIBase, Images: a.pictures()}
	if look := a.Config.Appearance; look != nil {
		p.Styles, p.Fonts = look.Origins()
	}
	return p
}

// pictures are the addresses of the shop's pictures that are not our own.
func (a *App) pictures() []string {
	var list []string
	if isHTTPS(a.Config.BrandLogo) {
		list = append(list, a.Config.BrandLogo)
	}
	for _, p := range a.orders.Catalog.Products() {
		if isHTTPS(p.Image) {
			list = append(list, p.Image)
		}
	}
	return list
}

func isHTTPS(url string) bool { return strings.HasPrefix(url, "https://") }
