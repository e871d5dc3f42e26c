package app

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/api"
	"checkoutd/internal/budget"
	"checkoutd/internal/config"
	"checkoutd/internal/connect"
	"checkoutd/internal/connect/dashboard"
	"checkoutd/internal/httpio"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks"
)

// maxBody is the limit of request bodies in bytes, except for webhooks. Each
// call has a lower limit of its own.
const maxBody = 32 << 10

const (
	webhookPath     = "/webhooks/stripe"
	apiPath         = "/v1/" // keys open it, so it has no cookies and any host name
	appleDomainPath = "/.well-known/apple-developer-merchantid-domain-association"
)

func (a *App) routes() (http.Handler, error) {
	cfg := a.cfg
	chain, err := httpserver.Middlewares(httpserver.Options{
		Log:            a.opts.Log,
		Now:            a.opts.Now,
		NewRequestID:   func() string { return orders.NewID("req_") },
		TrustedProxies: cfg.TrustedProxies,
		BaseURL:        cfg.BaseURL,
		Policy:         policyOf(cfg, nil), // see catalogReloader.serve
		MaxBody:        maxBody,
		MaxBodies:      map[string]int64{webhookPath: webhooks.MaxBody, apiPath: api.MaxBody},
		AnyHost:        []string{httpserver.HealthPath, httpserver.ReadyPath, webhookPath, apiPath, appleDomainPath},
		Live:           cfg.Livemode(),
		PlainHTTP:      []string{httpserver.HealthPath, httpserver.ReadyPath, "/webhooks/", "/static/"},
		Sharing: httpserver.Sharing{
			Origins: cfg.AllowedOrigins,
			Paths: []string{
				"/config", "/checkout-form", "/orders/",
				"/create-customer-session", "/create-confirm-intent",
			},
			Headers: []string{orders.ClientTokenHeader},
		},
		StripeErrors: []string{"/create-customer-session", "/create-confirm-intent", "/account_session"},
		Meter:        a.metrics,
		ErrorPage:    a.pages.RenderError,
	})
	if err != nil {
		return nil, err
	}

	call := httpio.Handle
	stripe := httpio.HandleStripe
	name, err := newOneName(cfg.BaseURL, a.opts.Log)
	if err != nil {
		return nil, err
	}

	page := func(h httpio.Handler) http.HandlerFunc {
		return httpio.HandlePage(name.page(h), a.pages.RenderError)
	}

	r := chi.NewRouter()
	r.Use(chain...)
	r.Use(a.catalogs.serve, a.whileOpen)
	r.NotFound(notFound(httpserver.NotFound(a.pages.RenderError)))
	r.MethodNotAllowed(httpserver.MethodNotAllowed)

	r.Get("/", page(a.pages.ServeShop))
	r.Get("/checkout/{id}", page(a.pages.ServeCheckout))
	r.Get("/config", call(a.pages.ServeConfig))
	r.Get("/checkout-form", call(a.pages.ServeForm))
	r.Get("/checkoutd.js", call(a.pages.ServeModule))
	r.Get("/checkoutd.d.ts", call(a.pages.ServeModuleTypes))
	r.Get(appleDomainPath, call(a.pages.ServeAppleDomain))
	r.Handle("/static/*", a.pages.Static())

	limit := httpserver.RateLimit(a.addressLimit()) // the calls and guesses of an address share it
	r.Get("/complete", page(a.complete(limit(page(a.pages.ServeReturned)))))

	r.Get("/find-order", page(a.pages.ServeFind))
	r.With(limit).Post("/find-order", page(a.pages.ServeFound))
	r.With(limit).Get("/receipt/{id}", page(a.pages.ServeReceipt))

	limited := r.With(limit, forBuyer(budget.Buyer))
	limited.Post("/orders", call(a.orders.ServeCreate))
	limited.Patch("/orders/{id}", call(a.orders.ServeChange))
	limited.With(a.sessionLimit()).Post("/create-customer-session", stripe(a.sessions.ServeHTTP))
	confirm := payments.NewHandler(a.payments, a.orders, a.sessions.Ensure, a.notePaid())
	limited.With(forBuyer(budget.Confirm)).Post("/create-confirm-intent", stripe(confirm.ServeHTTP))
	r.Get("/orders/{id}", call(a.orders.ServeGet))

	limited.Get("/connect/{id}", page(a.pages.ServeLink))
	limited.Post("/connect/{id}/start", page(a.connect.ServeStart))
	limited.Get(connect.CallbackPath, page(a.connect.ServeCallback))

	shop := r.With(forBuyer(budget.Buyer)) // its backend: somebody waits there, too
	shop.Get(apiPath+"openapi.json", a.api.ServeDocument)
	shop.Get(apiPath+"orders", a.api.Get(a.api.ServeOrders))
	shop.Post(apiPath+"orders", a.api.Post(api.ScopeWrite, a.api.ServeCreate))
	shop.Patch(apiPath+"orders/{id}", a.api.Patch(api.ScopeWrite, a.api.ServeChange))
	shop.Get(apiPath+"orders/{id}", a.api.Get(a.api.ServeOrder))
	shop.Get(apiPath+"orders/{id}/timeline", a.api.Get(a.api.ServeTimeline))
	shop.Post(apiPath+"orders/{id}/capture", a.api.Post(api.ScopeWrite, a.api.ServeCapture))
	shop.Post(apiPath+"orders/{id}/cancel", a.api.Post(api.ScopeWrite, a.api.ServeCancel))
	shop.Post(apiPath+"orders/{id}/refund", a.api.Post(api.ScopeRefund, a.api.ServeRefund))

	shop.Get(apiPath+"customers/{reference}", a.api.Get(a.api.ServeCustomer))
	shop.Post(apiPath+"customers/export", a.api.Patch(api.ScopeRead, a.api.ServeExportCustomer))
	shop.Post(apiPath+"customers/erase", a.api.Patch(api.ScopeWrite, a.api.ServeEraseWhom))
	shop.Delete(apiPath+"customers/{reference}", a.api.Delete(api.ScopeWrite, a.api.ServeEraseCustomer))
	shop.Post(apiPath+"connect/accounts/{id}/dashboard_links",
		a.api.Post(api.ScopeWrite, dashboardCall(a.dashboard.ServeCreateLink)))
	r.With(limit).Get(dashboard.OpenPath, a.dashboardPage(name.page(a.dashboard.ServeOpen)))
	r.Get(dashboard.Path, a.dashboardPage(name.page(a.pages.ServeDashboard)))
	r.Get(dashboard.MirrorPath, a.dashboardPage(name.page(a.pages.ServeMirror)))
	r.Post(dashboard.SignOutPath, a.dashboardPage(a.dashboard.ServeSignOut))
	limited.Post("/account_session", a.dashboard.ServeSession)

	const endpoints = apiPath + "webhook_endpoints"
	shop.Get(endpoints, a.api.Get(a.api.ServeEndpoints))
	shop.Post(endpoints, a.api.Post(api.ScopeWrite, a.api.ServeCreateEndpoint))
	shop.Get(endpoints+"/{id}", a.api.Get(a.api.ServeEndpoint))
	shop.Patch(endpoints+"/{id}", a.api.Patch(api.ScopeWrite, a.api.ServeChangeEndpoint))
	shop.Delete(endpoints+"/{id}", a.api.Delete(api.ScopeWrite, a.api.ServeRemoveEndpoint))
	shop.Post(endpoints+"/{id}/rotate", a.api.Post(api.ScopeWrite, a.api.ServeRotateEndpoint))
	shop.Post(endpoints+"/{id}/test", a.api.Post(api.ScopeWrite, a.api.ServeTestEndpoint))
	shop.Get(endpoints+"/{id}/deliveries", a.api.Get(a.api.ServeDeliveries))
	shop.Post(endpoints+"/{id}/redeliver", a.api.Post(api.ScopeWrite, a.api.ServeRedeliver))

	shop.Post(apiPath+"connect/links", a.api.Post(api.ScopeWrite, connectCall(a.connect.ServeCreateLink)))
	shop.Get(apiPath+"connect/accounts", a.api.Get(connectCall(a.connect.ServeAccounts)))
	shop.Get(apiPath+"connect/accounts/{id}", a.api.Get(connectCall(a.connect.ServeAccount)))
	shop.Post(apiPath+"connect/accounts/{id}/sync", a.api.Post(api.ScopeWrite, connectCall(a.connect.ServeSync)))
	shop.Post(apiPath+"connect/accounts/{id}/subscribe",
		a.api.Post(api.ScopeWrite, connectCall(a.connect.ServeSubscribe)))
	shop.Post(apiPath+"connect/accounts/{id}/unsubscribe",
		a.api.Post(api.ScopeWrite, connectCall(a.connect.ServeUnsubscribe)))
	shop.Post(apiPath+"connect/accounts/{id}/deauthorize",
		a.api.Post(api.ScopeWrite, connectCall(a.connect.ServeDeauthorize)))
	a.mirrorRoutes(shop)
	a.checklistRoutes(r)

	r.Post(webhookPath, call(a.webhooks.ServeHTTP))

	r.Get(httpserver.HealthPath, httpserver.Health())
	r.Get(httpserver.ReadyPath, httpserver.Ready(a.ready, a.keyState.hindrance))

	return r, nil
}

// mirrorRoutes adds the routes of the payments of connected accounts.
func (a *App) mirrorRoutes(shop chi.Router) {
	m := mirrorReader(a.cfg, a.store, a.opts.Now)
	get := func(h httpio.Handler) http.HandlerFunc {
		return a.api.Get(func(w http.ResponseWriter, r *http.Request, _ api.Call) error { return h(w, r) })
	}
	start := func(w http.ResponseWriter, r *http.Request, _ api.Call) error { return m.ServeStart(w, r) }

	of := apiPath + "connect/accounts/{id}/"
	shop.Get(of+"mirror", get(m.ServeProgress))
	shop.Post(of+"mirror", a.api.Post(api.ScopeWrite, start))
	shop.Get(of+"payments", get(m.ServePayments))
	shop.Get(of+"reports/{report}", get(m.ServeReport))
}

// checklistRoutes adds the routes of the checklist before going live. A run may
// be asked for with the scope read: it changes nothing but the list of runs.
// Its requests to Stripe wait for those of buyers.
func (a *App) checklistRoutes(r chi.Router) {
	last := func(w http.ResponseWriter, r *http.Request, _ api.Call) error { return a.checklist.ServeLast(w, r) }
	run := func(w http.ResponseWriter, r *http.Request, _ api.Call) error { return a.checklist.ServeRun(w, r) }

	r = r.With(forBuyer(budget.Background))
	r.Get(apiPath+"golive", a.api.Get(last))
	r.Post(apiPath+"golive", a.api.Patch(api.ScopeRead, run))
}

// notFound answers the shop's backend below /v1, and others with elsewhere.
func notFound(elsewhere http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, apiPath) || r.URL.Path+"/" == apiPath {
			api.ServeNotFound(w, r)
			return
		}
		elsewhere(w, r)
	}
}

// sessionShare is the part of an address's limit that customer sessions may
// have. Each is two requests at Stripe, and the page works without one, so the
// others get none instead of an error.
const sessionShare = 10

func (a *App) sessionLimit() func(http.Handler) http.Handler {
	limit := a.addressLimit()
	if limit.PerMinute > 0 {
		limit.PerMinute = max(limit.PerMinute/sessionShare, 1)
	}

	limit.Refused = httpio.HandleStripe(a.sessions.ServeNone)
	return httpserver.RateLimit(limit)
}

// addressLimit is the limit of a client's address.
func (a *App) addressLimit() httpserver.Limit {
	return httpserver.Limit{
		PerMinute:    a.cfg.RateLimit,
		FreeLoopback: len(a.cfg.TrustedProxies) == 0,
		Log:          a.opts.Log,
	}
}

// complete returns the handler of GET /complete. A browser that the order's
// cookie does not open gets elsewhere, which is limited: a client secret in the
// address may be a guess.
func (a *App) complete(elsewhere http.Handler) httpio.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := a.pages.ServeComplete(w, r)
		if !errors.Is(err, orders.ErrNotFound) {
			return err
		}

		elsewhere.ServeHTTP(w, r)
		return nil
	}
}

// ready returns an error unless the database is there, answers, can be written
// and has current migrations.
func (a *App) ready(ctx context.Context) error {
	return errors.Join(a.store.Health(ctx), a.store.MigrationsCurrent(ctx))
}

// policyOf returns what a page may load besides our own files: Stripe's
// scripts, and the pictures and fonts that the shop configured. catalog may be
// nil, for pages without products.
func policyOf(cfg *config.Config, catalog *orders.Catalog) httpserver.Policy {
	p := httpserver.Policy{
		ScriptURL: cfg.StripeJSURL,
		APIBase:   cfg.StripeAPIBase,
		Images:    pictures(cfg, catalog),
	}
	if look := cfg.Appearance; look != nil {
		p.Styles, p.Fonts = look.Origins()
	}
	return p
}

// pictures returns the addresses of the shop's pictures on other origins.
func pictures(cfg *config.Config, catalog *orders.Catalog) []string {
	var list []string
	if isHTTPS(cfg.BrandLogo) {
		list = append(list, cfg.BrandLogo)
	}
	if catalog == nil {
		return list
	}

	for _, p := range slices.Concat(catalog.Products(), catalog.Sold()) {
		if isHTTPS(p.Image) {
			list = append(list, p.Image)
		}
	}
	return list
}

func isHTTPS(url string) bool { return strings.HasPrefix(url, "https://") }
