package connect

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// Pages serves what connect.stripe.com serves: OAuth and onboarding.
type Pages struct {
	srv     *api.Server
	service *Service
}

// Pages returns the pages.
func (s *Service) Pages() *Pages { return &Pages{s.srv, s} }

// Mount adds the pages to a router.
func (s *Pages) Mount(mux *chi.Mux) {
	mux.Post("/oauth/token", s.oauthToken)
	mux.Post("/oauth/deauthorize", s.oauthDeauthorize)
	for _, page := range []string{"/oauth/authorize", "/express/oauth/authorize"} {
		mux.Get(page, s.oauthPage)
		mux.Post(page, s.oauthDecision)
	}
	mux.Get("/connect/onboarding", s.onboardingPage)
	mux.Post("/connect/onboarding", s.onboardingDone)
}

// update runs a change of the platform's account.
func (s *Pages) update(run func(c *call) error) error {
	return s.service.update(api.PlatformAccount, run)
}

// oauthToken exchanges a code for access to an account. The requests and pages
// are those of connect.stripe.com:
// https://docs.stripe.com/connect/oauth-reference.
func (s *Pages) oauthToken(w http.ResponseWriter, r *http.Request) {
	if !s.checkSecret(w, r) {
		return
	}

	var grant *oauthGrant
	switch code, refresh := r.PostFormValue("code"), r.PostFormValue("refresh_token"); r.PostFormValue("grant_type") {
	case "authorization_code":
		if grant = s.redeemCode(code); grant == nil {
			oauthError(w, "invalid_grant", "Authorization code does not exist: "+code)
			return
		}

	case "refresh_token":
		if grant = s.refreshGrant(refresh); grant == nil {
			oauthError(w, "invalid_grant", "Refresh token does not exist: "+refresh)
			return
		}

	default:
		oauthError(w, "unsupported_grant_type",
			"The sandbox supports the grant types authorization_code and refresh_token.")
		return
	}

	oauthReply(w, http.StatusOK, map[string]any{
		"access_token":           "sk_test_" + wire.RandomText(24),
		"livemode":               false,
		"refresh_token":          grant.refresh,
		"token_type":             "bearer",
		"stripe_publishable_key": "pk_test_" + wire.RandomText(24),
		"stripe_user_id":         grant.account,
		"scope":                  grant.scope,
	})
}

// oauthGrant is what a code or a refresh token gives access to.
type oauthGrant struct{ account, scope, refresh string }

const (
	kindCode    = "oauth_code"
	kindRefresh = "oauth_refresh"
)

// redeemCode redeems an authorization code and announces the account. It
// returns nil if the code is unknown, used or expired.
func (s *Pages) redeemCode(code string) *oauthGrant {
	var grant *oauthGrant
	_ = s.update(func(c *call) error { // never fails
		rec, ok := memory.Find[*api.Record](c.Tx, code)
		if !ok || rec.Kind != kindCode || c.Now.Unix() > api.WholeNumber(rec.Fields["expires_at"]) {
			return nil
		}

		grant = &oauthGrant{rec.Text("account"), rec.Text("scope"), "rt_" + wire.RandomText(32)}
		c.Tx.Remove(code)
		c.Tx.Put(api.NewRecord(kindRefresh, grant.refresh,
			map[string]any{"account": grant.account, "scope": grant.scope}))

		if acct, ok := accounts.Find(c.API(), grant.account); ok {
			c.connectEvent("account.application.authorized",
				api.NewRecord("application", api.Application, map[string]any{"name": s.srv.Config.BusinessName}),
				nil, acct.ID)
		}

		return nil
	})

	return grant
}

// refreshGrant returns the grant of a refresh token, or nil if its account is
// not connected any more.
func (s *Pages) refreshGrant(token string) *oauthGrant {
	obj, _ := s.srv.Lookup(api.PlatformAccount, token)
	rec, ok := obj.(*api.Record)
	if !ok || rec.Kind != kindRefresh || !s.srv.KnowsAccount(rec.Text("account")) {
		return nil
	}
	return &oauthGrant{rec.Text("account"), rec.Text("scope"), token}
}

// oauthDeauthorize disconnects an account from the platform.
func (s *Pages) oauthDeauthorize(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, api.MaxBody)
	if id := r.PostFormValue("client_id"); !strings.HasPrefix(id, "ca_") {
		oauthReply(w, http.StatusUnauthorized, map[string]string{
			"error":             "invalid_client",
			"error_description": fmt.Sprintf("No such application: '%s'", id),
		})
		return
	}

	if !s.checkSecret(w, r) {
		return
	}

	id, found := r.PostFormValue("stripe_user_id"), false
	_ = s.update(func(c *call) error { // never fails
		if _, ok := accounts.Find(c.API(), id); ok {
			found = true
			c.Tx.Remove(id)
			c.deauthorized(id)
		}

		return nil
	})

	if !found {
		oauthError(w, "invalid_client",
			"This application is not connected to stripe account "+id+", or that account does not exist.")
		return
	}

	oauthReply(w, http.StatusOK, map[string]string{"stripe_user_id": id})
}

// checkSecret reports whether the request carries the platform's secret, as
// client_secret or as the API key. If not, it writes the error response.
func (s *Pages) checkSecret(w http.ResponseWriter, r *http.Request) bool {
	if api.FromForeignPage(r) {
		oauthReply(w, http.StatusForbidden, map[string]string{
			"error":             "invalid_client",
			"error_description": fmt.Sprintf(api.ForeignKeySentence, r.Header.Get("Origin")),
		})

		return false
	}

	r.Body = http.MaxBytesReader(w, r.Body, api.MaxBody)
	key := cmp.Or(api.KeyOf(r), r.PostFormValue("client_secret"))

	form := api.KeyForm.FindStringSubmatch(key)
	if form == nil || form[1] == "pk" || form[2] == "live" || len(key) < api.MinKeyLength {
		oauthReply(w, http.StatusUnauthorized, map[string]string{
			"error":             "invalid_client",
			"error_description": "No such API key: " + api.RedactKey(key),
		})

		return false
	}

	return true
}

func oauthError(w http.ResponseWriter, code, text string) {
	oauthReply(w, http.StatusBadRequest, map[string]string{"error": code, "error_description": text})
}

func oauthReply(w http.ResponseWriter, status int, v any) {
	body, _ := wire.Encode(v)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

var authorizePage = template.Must(template.New("authorize").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Connect — offline sandbox</title><link rel="stylesheet" href="/v3/page.css"></head>
<body><main><p class="tag">Offline sandbox</p><h1>{{.Title}}</h1><p>{{.Text}}</p>
<form method="post">{{range $name, $value := .Hidden}}<input type="hidden" name="{{$name}}" value="{{$value}}">{{end}}
<button class="go" id="pass" type="submit" name="outcome" value="pass">{{.Yes}}</button>
{{if .No}}<button id="fail" type="submit" name="outcome" value="fail">{{.No}}</button>{{end}}</form></main></body></html>
`))

type connectPage struct {
	Title, Text, Yes, No string
	Hidden               map[string]string
}

func renderPage(w http.ResponseWriter, p connectPage) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = authorizePage.Execute(w, p) // the client may be gone
}

// oauthPage shows the page on which the owner of an account authorizes the
// platform.
func (s *Pages) oauthPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || q.Get("redirect_uri") == "" || q.Get("client_id") == "" {
		http.Error(w, "Sandbox: response_type=code, client_id and redirect_uri are required.", http.StatusBadRequest)
		return
	}

	hidden := map[string]string{
		"redirect_uri": q.Get("redirect_uri"),
		"state":        q.Get("state"),
		"scope":        cmp.Or(q.Get("scope"), "read_only"),
	}

	renderPage(w, connectPage{
		Title:  "Connect a test account",
		Text:   s.srv.Config.BusinessName + " asks for access to a new test account.",
		Yes:    "Connect",
		No:     "Refuse",
		Hidden: hidden,
	})
}

// oauthDecision handles the buttons of the authorize page.
func (s *Pages) oauthDecision(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, api.MaxBody)
	redirect, err := url.Parse(r.PostFormValue("redirect_uri"))
	if err != nil || !strings.HasPrefix(redirect.Scheme, "http") {
		http.Error(w, "Sandbox: redirect_uri is not an http or https URL.", http.StatusBadRequest)
		return
	}

	q := redirect.Query()
	if state := r.PostFormValue("state"); state != "" {
		q.Set("state", state)
	}

	if r.PostFormValue("outcome") == "pass" {
		q.Set("code", s.grantCode(r.PostFormValue("scope")))
		q.Set("scope", r.PostFormValue("scope"))
	} else {
		q.Set("error", "access_denied")
		q.Set("error_description", "The user denied your request")
	}

	redirect.RawQuery = q.Encode()
	http.Redirect(w, r, redirect.String(), http.StatusSeeOther)
}

// grantCode creates a test account and the code that gives access to it.
func (s *Pages) grantCode(scope string) string {
	code := wire.NewShortID("ac")
	_ = s.update(func(c *call) error { // never fails
		id := wire.NewID("acct")
		fields := newAccount(id, "standard", s.srv.Config.Country)
		fields["metadata"] = map[string]string{}
		fields["created"] = c.Now.Unix()
		fields["charges_enabled"] = true
		fields["payouts_enabled"] = true
		fields["details_submitted"] = true

		acct := api.NewRecord(api.KindAccount, id, fields)
		c.Tx.Put(acct)
		c.Tx.Put(api.NewRecord(kindCode, code, map[string]any{
			"account":    acct.ID,
			"scope":      scope,
			"expires_at": c.Now.Add(linkLifetime).Unix(),
		}))

		return nil
	})

	return code
}

// onboardingPage stands in for Stripe's onboarding.
func (s *Pages) onboardingPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	expiry, err := strconv.ParseInt(q.Get("expires_at"), 10, 64)
	refresh := q.Get("refresh_url")

	// As at Stripe, an expired link leads to the page that makes a new one.
	if err == nil && s.srv.Now().Unix() >= expiry && isWebAddress(refresh) {
		http.Redirect(w, r, refresh, http.StatusSeeOther)
		return
	}

	title := "Onboarding"
	if q.Get("type") == "account_update" {
		title = "Update of the account"
	}

	text := "This stands in for Stripe's onboarding of " + q.Get("account") + "."
	if asked := q.Get("collect"); asked != "" {
		text += " Stripe would ask for: " + asked + "."
	}

	renderPage(w, connectPage{
		Title:  title,
		Text:   text,
		Yes:    "Complete onboarding",
		Hidden: map[string]string{"account": q.Get("account"), "return_url": q.Get("return_url")},
	})
}

// onboardingDone completes an account and redirects its owner back to the
// platform.
func (s *Pages) onboardingDone(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, api.MaxBody)
	id := r.PostFormValue("account")
	_ = s.update(func(c *call) error { // never fails
		prev, ok := accounts.Find(c.API(), id)
		if !ok {
			return nil
		}

		caps, _ := prev.Fields["capabilities"].(map[string]any)
		active := map[string]any{}
		for name := range caps {
			active[name] = "active"
		}

		next := prev.With(map[string]any{
			"charges_enabled":   true,
			"payouts_enabled":   true,
			"details_submitted": true,
			"capabilities":      active,
		})

		c.Tx.Put(next)
		c.connectEvent("account.updated", next, prev, id)
		return nil
	})

	returnURL := r.PostFormValue("return_url")
	if !isWebAddress(returnURL) {
		http.Error(w, "Sandbox: return_url is not an http or https URL.", http.StatusBadRequest)
		return
	}

	http.Redirect(w, r, returnURL, http.StatusSeeOther)
}

func isWebAddress(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}
