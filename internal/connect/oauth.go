package connect

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// CallbackPath is where Stripe sends people back to. Its address must be listed
// in the platform's settings at Stripe.
const CallbackPath = "/connect/callback"

func (s *Service) callbackURL() string { return s.cfg.BaseURL + CallbackPath }

// authorizeURL returns the address of Stripe's page
// (https://docs.stripe.com/connect/oauth-reference).
func (s *Service) authorizeURL(l *Link, state string) string {
	q := url.Values{
		"response_type": {"code"},
		"client_id":     {s.cfg.ClientID},
		"scope":         {string(l.Scope)},
		"redirect_uri":  {s.callbackURL()},
		"state":         {state},
	}
	if l.Terms.Landing != "" {
		q.Set("stripe_landing", l.Terms.Landing)
	}
	if l.Terms.AlwaysPrompt {
		q.Set("always_prompt", "true")
	}
	for name, value := range l.Terms.Prefill {
		q.Set("stripe_user["+name+"]", value)
	}
	return s.cfg.Origin + "/oauth/authorize?" + q.Encode()
}

// ServeStart is POST /connect/{id}/start: it sends the person to Stripe.
func (s *Service) ServeStart(w http.ResponseWriter, r *http.Request) error {
	quiet(w)
	l, err := s.Opened(r, r.PathValue("id"))
	if err != nil {
		return err
	}

	now := s.cfg.Now()
	if !l.Startable(now) || s.cfg.ClientID == "" {
		http.Redirect(w, r, LinkPath(l.ID), http.StatusSeeOther) // which says why
		return nil
	}

	browser, _ := s.cookie().read(r)
	state := newSecret()
	err = s.cfg.Store.AddConnectState(r.Context(), AuthState{
		Hash:        hash(state),
		LinkID:      l.ID,
		BrowserHash: hash(browser.nonce),
		CreatedAt:   now,
		ExpiresAt:   now.Add(authorizeTime),
	})
	if err != nil {
		return err
	}

	http.Redirect(w, r, s.authorizeURL(&l, state), http.StatusSeeOther)
	return nil
}

// errCallback is the answer to a callback that belongs to nothing, or not to
// this browser.
var errCallback = fault.New(fault.NotFound, "connect_callback_unknown",
	"This address was used already, or was opened in another browser. Please open your link again.")

// ServeCallback is GET /connect/callback, to which Stripe sends people back.
// Its address holds a code, so it is left at once for one that holds nothing.
func (s *Service) ServeCallback(w http.ResponseWriter, r *http.Request) error {
	quiet(w)
	q := r.URL.Query()
	browser, ok := s.cookie().read(r)
	if state := q.Get("state"); state == "" || !ok {
		return errCallback
	}

	linkID, err := s.callback(r.Context(), browser, hash(q.Get("state")), q.Get("code"), q.Get("error"))
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("link_id", linkID)
	http.Redirect(w, r, LinkPath(linkID), http.StatusSeeOther)

	return nil
}

// callback takes the state and, if Stripe gave a code, exchanges it. It returns
// the link whose page shows the outcome.
func (s *Service) callback(
	ctx context.Context, browser browserCookie, state []byte, code, problem string,
) (linkID string, err error) {
	exchange := false
	l, taken, err := s.cfg.Store.TakeConnectState(ctx, state, hash(browser.nonce), s.cfg.Now(), func(l *Link) error {
		exchange = s.takeUp(l, state, code, problem)
		return nil
	})
	switch {
	case errors.Is(err, ErrNoLink):
		return "", errCallback
	case err != nil:
		return "", err
	case !taken && !(l.took(state) && l.OpenedBy(browser.token(l.ID))):
		return "", errCallback
	case !taken || !exchange:
		return l.ID, nil // a repetition, a refusal, or another tab was first
	}

	// Whoever closes the tab now must not lose the answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.ExchangeTime)
	defer cancel()
	return l.ID, s.exchange(ctx, &l, code)
}

// takeUp changes a link when its callback arrives, and reports whether the code
// is to be exchanged. Another tab may have connected an account before; its
// own code is not used then, so that a link connects one account.
func (s *Service) takeUp(l *Link, state []byte, code, problem string) (exchange bool) {
	now := s.cfg.Now()
	if l.State == LinkConnected || l.InFlight(now) {
		return false
	}

	l.TakenState = state
	if code == "" || problem != "" {
		l.State, l.Problem = Open, problemOf(problem)
		return false
	}

	l.State, l.Problem, l.ExchangeAt = Exchanging, "", now
	return true
}

// problemOf returns the problem of an error in Stripe's callback
// (https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1).
func problemOf(code string) Problem {
	switch code {
	case "access_denied":
		return Denied
	case "invalid_scope", "invalid_redirect_uri", "invalid_request", "unsupported_response_type":
		return Misset
	}
	return Refused
}

// exchange redeems the code, once, and connects its account. Only an error of
// ours is returned: what Stripe says is stored with the link.
func (s *Service) exchange(ctx context.Context, l *Link, code string) error {
	grant, err := s.cfg.Stripe.Exchange(ctx, code)

	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		return s.refused(ctx, l, refusal)
	case err != nil:
		// The link stays exchanging until Stripe's event or another try.
		s.cfg.Log.Warn().Err(err).Str("link_id", l.ID).Msg("the exchange of a link has no answer")
		return nil
	}

	if problem := s.unfit(ctx, grant); problem != "" {
		return s.fail(ctx, l, problem, "")
	}

	at := At{AccountID: grant.AccountID, LinkID: l.ID}
	c, err := s.cfg.Store.UpdateConnection(ctx, at, func(c *Connection) error {
		s.connected(c, grant, false)
		return nil
	})
	if err != nil {
		return err
	}

	s.logConnected(&c)
	s.readSoon(grant.AccountID)
	return nil
}

// unfit returns why an account must not be connected, "" if it may.
func (s *Service) unfit(ctx context.Context, g Grant) Problem {
	switch {
	case g.Livemode != s.cfg.Livemode:
		return WrongMode
	case g.AccountID == s.cfg.Own(ctx):
		return OwnAccount
	}
	return ""
}

// refused notes Stripe's answer that the code gives nothing.
func (s *Service) refused(ctx context.Context, l *Link, refusal *Refusal) error {
	if refusal.Misset {
		return s.fail(ctx, l, Misset, refusal.Code)
	}
	return s.fail(ctx, l, Refused, refusal.Code)
}

// fail opens a link again after an exchange that connected nothing.
func (s *Service) fail(ctx context.Context, l *Link, problem Problem, code string) error {
	line := s.cfg.Log.Warn()
	if problem == Misset {
		line = s.cfg.Log.Error()
	}
	line.
		Str("link_id", l.ID).
		Str("problem", string(problem)).
		Str("stripe_code", code).
		Msg("a link connected nothing")

	_, err := s.cfg.Store.UpdateConnection(ctx, At{LinkID: l.ID}, func(c *Connection) error {
		if c.Link.State == Exchanging && c.Link.ExchangeAt.Equal(l.ExchangeAt) {
			c.Link.State, c.Link.Problem = Open, problem
		}
		return nil
	})
	return err
}

// quiet keeps an address from the caches, and from other sites.
func quiet(w http.ResponseWriter) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
}

// Opened returns the link if the request's cookie opens it.
func (s *Service) Opened(r *http.Request, id string) (Link, error) {
	browser, ok := s.cookie().read(r)
	token := browser.token(id)
	if !ok || token == "" {
		return Link{}, ErrNoLink
	}

	l, err := s.cfg.Store.ConnectLink(r.Context(), id)
	if err == nil && !l.OpenedBy(token) {
		err = ErrNoLink
	}
	if err != nil {
		return Link{}, err
	}

	httpio.LogFields(r.Context()).Set("link_id", l.ID)
	return l, nil
}

// OpenByToken gives the browser the link's cookie if the token opens the link.
func (s *Service) OpenByToken(w http.ResponseWriter, r *http.Request, id, token string) error {
	l, err := s.cfg.Store.ConnectLink(r.Context(), id)
	if err == nil && !l.OpenedBy(token) {
		err = ErrNoLink
	}
	if err != nil {
		return err
	}

	s.cookie().add(w, r, id, token)
	return nil
}

// Startable reports whether the person of a link may be sent to Stripe.
func (s *Service) Startable(l *Link) bool { return s.cfg.ClientID != "" && l.Startable(s.cfg.Now()) }

// InFlight reports whether a link waits for Stripe's answer.
func (s *Service) InFlight(l *Link) bool { return l.InFlight(s.cfg.Now()) }

// Expired reports whether a link can no longer be used.
func (s *Service) Expired(l *Link) bool { return !s.cfg.Now().Before(l.ExpiresAt) }

// StripeOrigin returns the origin of Stripe's page.
func (s *Service) StripeOrigin() string { return s.cfg.Origin }

func (s *Service) cookie() cookie {
	return cookie{secure: s.cfg.Secure, maxAge: MaxLifetime + time.Hour}
}
