package pages

import (
	"net/http"
	"slices"
	"strings"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/texts"
)

// Dashboard is what the page of a connected account needs besides the rest.
type Dashboard struct {
	Sessions  Dashboards
	Policy    string // its Content-Security-Policy
	ScriptURL string // Connect.js
	SignOut   string // the path of the sign-out
	Path      string // of the page
	Mirrors   Mirrors
	Progress  string // the path of the page about the mirror
}

// dashboardOrder is the order of the tabs. The banner stands above them.
var dashboardOrder = []string{
	"payments", "balances", "payouts", "payouts_list", "documents", "account_management", "account_onboarding",
}

const dashboardBanner = "notification_banner"

type dashboardView struct {
	Tabs    []dashboardTab
	Banner  bool
	SignOut string
	Mirror  string // the path of the page about the mirror
}

// dashboardTab is a tab with the component that it shows.
type dashboardTab struct {
	Component string // as Connect.js names it
	Label     string
}

// dashboardData is what the page's script needs.
type dashboardData struct {
	Lang           string                `json:"lang"`
	Locale         string                `json:"locale"`
	ScriptURL      string                `json:"scriptUrl"`
	PublishableKey string                `json:"publishableKey"`
	Light          map[string]string     `json:"light"` // variables of Connect's appearance
	Dark           map[string]string     `json:"dark"`
	Texts          texts.DashboardScript `json:"texts"`
}

// ServeDashboard is GET /connect/dashboard: the page with the components that
// the browser's session has.
func (p *Pages) ServeDashboard(w http.ResponseWriter, r *http.Request) error {
	names, err := p.cfg.Dashboard.Sessions.Components(r)
	if err != nil {
		return err
	}

	loc := p.localeOf(r)
	t := loc.texts.Dashboard
	view := dashboardView{
		Banner:  slices.Contains(names, dashboardBanner),
		SignOut: p.cfg.Dashboard.SignOut,
		Mirror:  p.cfg.Dashboard.Progress,
	}

	for _, name := range dashboardOrder {
		if slices.Contains(names, name) {
			tab := dashboardTab{strings.ReplaceAll(name, "_", "-"), t.Tabs[name]}
			view.Tabs = append(view.Tabs, tab)
		}
	}

	light, dark, err := connectLooks(p.cfg.Theme)
	if err != nil {
		return err
	}

	pg := p.page(loc, "dashboard", t.Title)
	pg.Script = "dashboard.js"
	pg.View = view
	pg.Data = dashboardData{
		Lang:           loc.lang,
		Locale:         connectLocale(loc),
		ScriptURL:      p.cfg.Dashboard.ScriptURL,
		PublishableKey: p.cfg.PublishableKey(),
		Light:          light,
		Dark:           dark,
		Texts:          t.DashboardScript,
	}

	// The login at Stripe opens in a window that has to report back, which any
	// other opener policy prevents.
	h := w.Header()
	h.Set("Content-Security-Policy", p.cfg.Dashboard.Policy)
	h.Set("Cross-Origin-Opener-Policy", "unsafe-none")

	return p.render(w, http.StatusOK, pg)
}

// closedCode is the error of a browser without a session.
const closedCode = "dashboard_closed"

// RenderDashboardError writes the page for an error of the dashboard; it is an
// httpio.PageErrorFunc. Nothing has gone wrong if the session has ended, and
// whoever had it has no business in the shop.
func (p *Pages) RenderDashboardError(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) {
	if f.Code != closedCode {
		p.RenderError(w, r, status, f)
		return
	}

	loc := p.localeOf(r)
	t := loc.texts.Dashboard
	state := texts.State{Title: t.ClosedTitle, Text: t.OpenAgain}
	if r.URL.Query().Has("signed_out") {
		state.Title = t.SignedOut
	}

	pg := p.page(loc, "error", state.Title)
	pg.View = errorPage{Texts: state, NoShop: true}
	if err := p.render(w, status, pg); err != nil {
		httpio.ExchangeOf(r.Context()).SetError(err)
		http.Error(w, state.Title, status)
	}
}

// connectLocale returns the locale as Connect.js knows it: with a region.
func connectLocale(l locale) string {
	switch {
	case strings.Contains(l.tag, "-"):
		return l.tag
	case l.lang == "fr":
		return "fr-FR"
	}
	return "en-US"
}

// connectLooks returns the variables of Connect's appearance for light and for
// dark screens, which are not those of Stripe's Elements
// (https://docs.stripe.com/connect/embedded-appearance-options).
func connectLooks(t Theme) (light, dark map[string]string, err error) {
	bright, err := schemeOf(t.Light, defaultAccent, false)
	if err != nil {
		return nil, nil, err
	}
	dim, err := schemeOf(t.Dark, defaultAccentDark, true)
	if err != nil {
		return nil, nil, err
	}
	return bright.connectLook(t), dim.connectLook(t), nil
}

func (s scheme) connectLook(t Theme) map[string]string {
	out := map[string]string{
		"colorPrimary":                 s.accent.String(),
		"colorBackground":              s.panel.String(),
		"colorText":                    s.ink.String(),
		"colorSecondaryText":           s.inkSoft.String(),
		"colorBorder":                  s.hairline.String(),
		"colorDanger":                  s.danger.String(),
		"buttonPrimaryColorBackground": s.accent.String(),
		"buttonPrimaryColorBorder":     s.accent.String(),
		"buttonPrimaryColorText":       s.accent.textOn().String(),
		"actionPrimaryColorText":       s.accent.String(),
		"formHighlightColorBorder":     s.accent.String(),
		"formAccentColor":              s.accent.String(),
	}

	if t.Font != "" {
		out["fontFamily"] = t.Font
	}

	if strings.HasSuffix(t.Radius, "px") { // Connect takes no other unit
		out["borderRadius"] = t.Radius
	}

	return out
}
