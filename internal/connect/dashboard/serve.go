package dashboard

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/idempotency"
)

// The addresses of the page.
const (
	Path        = "/connect/dashboard"
	OpenPath    = Path + "/open"
	SignOutPath = Path + "/sign-out"
	MirrorPath  = Path + "/progress"
)

// sessionTimeout bounds the call to Stripe for one session.
const sessionTimeout = 15 * time.Second

// ServeOpen is GET /connect/dashboard/open: it turns the link into a session of
// the browser and goes on to an address without the token. A link works once,
// so a browser that only prefetches must not use it up.
func (s *Service) ServeOpen(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Referrer-Policy", "no-referrer") // the address holds the token
	h.Set("Cache-Control", "no-store")

	if strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") || r.Method != http.MethodGet {
		return ErrClosed
	}

	token := rand.Text() + rand.Text()
	now := s.cfg.Now()
	d, err := s.cfg.Store.OpenDashboard(r.Context(), hash(r.URL.Query().Get("token")), hash(token), now, now.Add(Lifetime))
	if err != nil {
		return err
	}
	if _, err := s.account(r.Context(), d); err != nil {
		return err
	}

	// The browser has one session at a time.
	if old, ok := s.cookie(r); ok {
		if err := s.cfg.Store.CloseDashboard(r.Context(), hash(old)); err != nil {
			return err
		}
	}

	httpio.LogFields(r.Context()).Set("account_id", d.AccountID)
	s.setCookie(w, token, int(Lifetime.Seconds()))
	http.Redirect(w, r, Path, http.StatusSeeOther)

	return nil
}

// Components returns the components of the browser's session, or ErrClosed.
func (s *Service) Components(r *http.Request) ([]string, error) {
	d, err := s.connected(r)
	return slices.Sorted(maps.Keys(d.Components)), err
}

// Account returns the ID of the account of the browser's session, or ErrClosed.
func (s *Service) Account(r *http.Request) (string, error) {
	d, err := s.connected(r)
	return d.AccountID, err
}

// connected returns the dashboard of the browser's session whose account is
// connected, or ErrClosed.
func (s *Service) connected(r *http.Request) (Dashboard, error) {
	d, err := s.opened(r)
	if err != nil {
		return Dashboard{}, err
	}
	if _, err := s.account(r.Context(), d); err != nil {
		return Dashboard{}, err
	}

	httpio.LogFields(r.Context()).Set("account_id", d.AccountID)
	return d, nil
}

// ServeSession is POST /account_session. It answers {client_secret}, and a
// failure with {error}, as the client code of Stripe's quickstart expects:
// https://docs.stripe.com/connect/connect-embedded-components/quickstart.
func (s *Service) ServeSession(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")

	secret, err := s.session(r)
	if err == nil {
		err = httpio.WriteJSON(w, http.StatusOK, map[string]string{"client_secret": secret})
	}
	if err == nil {
		return
	}

	// The client code knows no other failure than 500, and takes every status
	// of 400 and above for one.
	httpio.ExchangeOf(r.Context()).SetError(err)
	status, text := http.StatusInternalServerError, "Stripe did not open the dashboard. Please try again."
	switch {
	case errors.Is(err, ErrClosed):
		status, text = http.StatusUnauthorized, ErrClosed.Message
	case errors.Is(err, errForeign):
		status, text = http.StatusForbidden, errForeign.Message
	}

	_ = httpio.WriteJSON(w, status, map[string]string{"error": text}) // the browser has left: nobody to tell
}

var errForeign = fault.New(fault.Forbidden, "cross_origin", "Only our own page may ask for this.")

// session returns the client secret of a new session at Stripe.
func (s *Service) session(r *http.Request) (string, error) {
	if !s.ownPage(r) {
		return "", errForeign
	}

	d, err := s.opened(r)
	if err != nil {
		return "", err
	}

	a, err := s.account(r.Context(), d)
	if err != nil {
		return "", err
	}

	httpio.LogFields(r.Context()).Set("account_id", d.AccountID)
	ctx, cancel := context.WithTimeout(r.Context(), sessionTimeout)
	defer cancel()

	return s.cfg.Stripe.CreateAccountSession(ctx, d.AccountID, sent(d.Components, a), idempotency.AccountSession())
}

// ownPage reports whether a page of ours made the request. The middleware has
// refused those of other sites already; here a browser has to say that it is
// ours.
func (s *Service) ownPage(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	return r.Header.Get("Origin") == s.cfg.BaseURL
}

// ServeSignOut is POST /connect/dashboard/sign-out.
func (s *Service) ServeSignOut(w http.ResponseWriter, r *http.Request) error {
	if !s.ownPage(r) {
		return errForeign
	}

	w.Header().Set("Cache-Control", "no-store")
	if token, ok := s.cookie(r); ok {
		if err := s.cfg.Store.CloseDashboard(r.Context(), hash(token)); err != nil {
			return err
		}
	}

	s.setCookie(w, "", -1)
	http.Redirect(w, r, Path+"?signed_out=1", http.StatusSeeOther)
	return nil
}

// opened returns the dashboard of the browser's session.
func (s *Service) opened(r *http.Request) (Dashboard, error) {
	token, ok := s.cookie(r)
	if !ok {
		return Dashboard{}, ErrClosed
	}
	return s.cfg.Store.Dashboard(r.Context(), hash(token), s.cfg.Now())
}

// cookieName returns the cookie's name. On https the __Host- prefix keeps other
// hosts of the same domain from setting it.
func (s *Service) cookieName() string {
	if s.cfg.Secure {
		return "__Host-checkoutd_dashboard"
	}
	return "checkoutd_dashboard"
}

func (s *Service) cookie(r *http.Request) (token string, ok bool) {
	found, err := r.Cookie(s.cookieName())
	if err != nil || found.Value == "" {
		return "", false
	}
	return found.Value, true
}

// setCookie sets the cookie for maxAge seconds; a negative maxAge removes it.
// It is Lax and not Strict: the platform's site leads here.
func (s *Service) setCookie(w http.ResponseWriter, token string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name:     s.cookieName(),
		Value:    token,
		Path:     "/",
		MaxAge:   maxAge,
		Secure:   s.cfg.Secure,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
}

func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
