package app

import (
	"net/http"
	"net/url"

	"checkoutd/internal/api"
	"checkoutd/internal/config"
	"checkoutd/internal/connect/dashboard"
	"checkoutd/internal/httpio"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/pages"
	"checkoutd/internal/stripeapi"
)

// newDashboard returns the service of the dashboards of connected accounts.
func (a *App) newDashboard(stripe *stripeapi.Client) *dashboard.Service {
	return dashboard.New(dashboard.Config{
		Store:   a.store,
		Stripe:  stripe,
		Now:     a.opts.Now,
		BaseURL: a.cfg.BaseURL,
		Secure:  isHTTPS(a.cfg.BaseURL),
	})
}

// dashboardPage returns the handler of a page whose errors are shown to the
// owner of a connected account.
func (a *App) dashboardPage(h httpio.Handler) http.HandlerFunc {
	return httpio.HandlePage(h, a.pages.RenderDashboardError)
}

// dashboardOptions returns what the page of a connected account needs.
func (a *App) dashboardOptions() (pages.Dashboard, error) {
	policy, err := httpserver.DashboardCSP(policyOf(a.cfg, nil))
	return pages.Dashboard{
		Sessions:  a.dashboard,
		Policy:    policy,
		ScriptURL: connectScript(a.cfg),
		SignOut:   dashboard.SignOutPath,
		Path:      dashboard.Path,
		Mirrors:   mirrorReader(a.cfg, a.store, a.opts.Now),
		Progress:  dashboard.MirrorPath,
	}, err
}

// connectScript returns the address of Connect.js: Stripe's, or beside the
// stand-in for Stripe.js.
func connectScript(cfg *config.Config) string {
	u, err := url.Parse(cfg.StripeJSURL)
	if err != nil || u.Host == "js.stripe.com" {
		return "https://connect-js.stripe.com/v1.0/connect.js"
	}
	return u.Scheme + "://" + u.Host + "/v1.0/connect.js"
}

// dashboardCall adapts a call of package dashboard to package api.
func dashboardCall(h func(http.ResponseWriter, *http.Request, dashboard.Call) error) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Call) error { return h(w, r, c) }
}
