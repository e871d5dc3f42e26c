package pages

import (
	"net/http"
	"strings"

	"checkoutd/internal/connect"
	"checkoutd/internal/texts"
)

// Links opens the links by which the owners of accounts connect them.
// *connect.Service implements it.
type Links interface {
	// Opened returns the link if the request's cookie opens it.
	Opened(r *http.Request, id string) (connect.Link, error)
	// OpenByToken gives the browser the link's cookie if the token opens it.
	OpenByToken(w http.ResponseWriter, r *http.Request, id, token string) error
	// Startable reports whether the person may be sent to Stripe now.
	Startable(l *connect.Link) bool
	// InFlight reports whether the link waits for Stripe's answer.
	InFlight(l *connect.Link) bool
	// Expired reports whether the link can no longer be used.
	Expired(l *connect.Link) bool
	// StripeOrigin returns the origin of Stripe's page.
	StripeOrigin() string
}

// linkPage is the view of connect.html.
type linkPage struct {
	State    string // the key of its texts
	Mark     string // the sign above the title, as for payments; "" for none
	Texts    texts.State
	May      string // what is asked for, "" where nothing is
	Problem  string // why the last try connected nothing
	Start    string // where the button leads, "" for no button
	Continue string // where the person goes on, "" for nowhere
}

// ServeLink is GET /connect/{id}: it asks the owner of an account to connect
// it, and shows what became of that.
func (p *Pages) ServeLink(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if token := r.URL.Query().Get("token"); token != "" {
		return p.openLink(w, r, id, token)
	}

	l, err := p.cfg.Links.Opened(r, id)
	if err != nil {
		return err
	}

	loc := p.localeOf(r)
	t := loc.texts.Connect
	v := linkPage{State: p.linkState(&l)}
	refresh := 0

	switch v.State {
	case "connected":
		v.Mark, v.Continue = "paid", l.ReturnURL
	case "checking":
		v.Mark, refresh = "checking", refreshSeconds
	case "unknown":
		v.Mark, refresh = "checking", slowRefreshSeconds
	case "expired":
		v.Mark = "expired"
	}

	v.Texts = t.States[v.State]
	v.Texts.Text = fill(v.Texts.Text, "brand", p.cfg.BrandName)
	if p.cfg.Links.Startable(&l) {
		v.Start = connect.LinkPath(l.ID) + "/start"
		v.May = fill(t.May[string(l.Scope)], "brand", p.cfg.BrandName)
		v.Problem = fill(t.Problems[string(l.Problem)], "brand", p.cfg.BrandName)
		allowForm(w.Header(), p.cfg.Links.StripeOrigin())
	}

	w.Header().Set("Referrer-Policy", "no-referrer")
	pg := p.page(loc, "connect", v.Texts.Title)
	pg.Refresh, pg.View = refresh, v
	return p.render(w, http.StatusOK, pg)
}

// slowRefreshSeconds is how often a page looks for news that may take minutes.
const slowRefreshSeconds = 20

// openLink opens a link for whoever has its address. The page itself has an
// address without the token, as that of an order has.
func (p *Pages) openLink(w http.ResponseWriter, r *http.Request, id, token string) error {
	if err := p.cfg.Links.OpenByToken(w, r, id, token); err != nil {
		return err
	}

	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, connect.LinkPath(id), http.StatusSeeOther)

	return nil
}

// linkState returns the key of a link's texts.
func (p *Pages) linkState(l *connect.Link) string {
	switch {
	case l.State == connect.LinkConnected:
		return "connected"
	case p.cfg.Links.InFlight(l):
		return "checking"
	case l.State == connect.Exchanging:
		return "unknown"
	case p.cfg.Links.Expired(l):
		return "expired"
	case !p.cfg.Links.Startable(l):
		return "closed"
	}
	return "open"
}

// allowForm lets the page's form lead to an origin: browsers apply the policy
// to the redirects that follow a form, too.
func allowForm(h http.Header, origin string) {
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"),
		"form-action 'self'", "form-action 'self' "+origin, 1))
}
