package connect

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// authorization is what a platform asks an account's owner for:
// https://docs.stripe.com/connect/oauth-reference#get-authorize.
type authorization struct {
	redirect *url.URL
	state    string
	hasState bool
	scope    string
	express  bool
	register bool // the owner is expected to open a new account
	always   bool // ask even if the account is connected
	prefill  prefill
}

const expressPath = "/express/oauth/authorize"

// readAuthorization reads the request for authorization. A problem is for the
// person: the platform hears nothing, since the address may not be its own.
func (s *Pages) readAuthorization(r *http.Request) (a *authorization, problem string) {
	q := r.URL.Query()
	if q.Get("client_id") != api.Application {
		return nil, "No application matches the supplied client identifier"
	}

	to, problem := s.redirectOf(q)
	if problem != "" {
		return nil, problem
	}

	a = &authorization{
		redirect: to,
		state:    q.Get("state"),
		hasState: q.Has("state"),
		scope:    cmp.Or(q.Get("scope"), api.ScopeReadOnly),
		express:  r.URL.Path == expressPath,
		always:   wire.IsTrue(q.Get("always_prompt")),
		prefill:  readPrefill(q),
	}

	landing := q.Get("stripe_landing")
	a.register = landing == "register" || landing != "login" && a.scope == api.ScopeReadWrite
	if a.express {
		a.scope, a.register = "express", true
	}

	return a, ""
}

// redirectOf returns where the browser goes afterwards. It must be one of the
// configured addresses, to the letter.
func (s *Pages) redirectOf(q url.Values) (to *url.URL, problem string) {
	allowed, raw := s.srv.Config.ConnectRedirects, q.Get("redirect_uri")
	if raw == "" && len(allowed) > 0 {
		raw = allowed[0]
	}

	to, err := url.Parse(raw)
	known := slices.Contains(allowed, raw) || len(allowed) == 0 && err == nil && isThisMachine(to)
	if !known || err != nil || !isWebAddress(raw) {
		return nil, "Invalid redirect URI '" + raw +
			"'. Ensure this uri exactly matches one of the uris specified in your application settings"
	}

	return to, ""
}

func isThisMachine(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback()
}

// refusal returns the error with which the platform's request is answered
// before anybody is asked: https://docs.stripe.com/connect/oauth-reference.
func (s *Pages) refusal(r *http.Request, a *authorization) (code, text string) {
	q := r.URL.Query()
	allowed := []string{api.ScopeReadOnly, api.ScopeReadWrite}
	if s.srv.Config.ConnectPlatform {
		allowed = allowed[1:] // https://docs.stripe.com/connect/oauth-changes-for-standard-platforms
	}

	switch {
	case q.Get("response_type") == "":
		return "invalid_request", "response_type is required"
	case q.Get("response_type") != "code":
		return "unsupported_response_type", "The only response_type is code"
	case !a.express && !slices.Contains(allowed, a.scope):
		return "invalid_scope", "The scope is invalid for this application: " + a.scope
	}

	return "", ""
}

// back redirects the browser to the platform with what came of it.
func (a *authorization) back(w http.ResponseWriter, r *http.Request, answer url.Values) {
	to := *a.redirect
	q := to.Query()
	for name := range answer {
		q.Set(name, answer.Get(name))
	}

	if a.hasState {
		q.Set("state", a.state)
	}

	to.RawQuery = q.Encode()
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

func (a *authorization) fail(w http.ResponseWriter, r *http.Request, code, text string) {
	a.back(w, r, url.Values{"error": {code}, "error_description": {text}})
}

// open reads the request of the page. If it cannot be authorized, open writes
// the response and returns nil.
func (s *Pages) open(w http.ResponseWriter, r *http.Request) *authorization {
	a, problem := s.readAuthorization(r)
	if problem != "" {
		renderPage(w, http.StatusBadRequest, connectPage{Title: "This link cannot be used", Text: problem})
		return nil
	}

	if code, text := s.refusal(r, a); code != "" {
		a.fail(w, r, code, text)
		return nil
	}

	return a
}

// oauthPage shows the page on which the owner of an account authorizes the
// platform.
func (s *Pages) oauthPage(w http.ResponseWriter, r *http.Request) {
	a := s.open(w, r)
	if a == nil {
		return
	}

	// Who connected this account before is not asked again.
	if known, err := r.Cookie(accountCookie); err == nil && !a.always {
		if code := s.codeAgain(known.Value, a.scope); code != "" {
			a.back(w, r, url.Values{"code": {code}, "scope": {a.scope}})
			return
		}
	}

	s.askOwner(w, a, "", "")
}

// askOwner shows the choice. notice says what was wrong with the last one, and
// typed is the ID in it that the owner typed in.
func (s *Pages) askOwner(w http.ResponseWriter, a *authorization, notice, typed string) {
	access := "read and change"
	if a.scope == api.ScopeReadOnly {
		access = "read, but not change,"
	}

	renderPage(w, http.StatusOK, connectPage{
		Title: "Connect an account with " + s.srv.Config.BusinessName,
		Text: s.srv.Config.BusinessName + " asks to " + access +
			" the payments, customers and payouts of an account of yours (" + a.scope + ").",
		Notice:  notice,
		Choices: s.choices(a, typed),
		Facts:   a.prefill.facts(),
		Yes:     "Connect",
		No:      "Refuse",
	})
}

// accountCookie remembers the account that the person at this browser chose, as
// Stripe's login does.
const accountCookie = "sandbox_stripe_account"

// oauthDecision handles the buttons of the authorize page.
func (s *Pages) oauthDecision(w http.ResponseWriter, r *http.Request) {
	if !fromOwnPage(w, r) {
		return
	}

	a := s.open(w, r)
	if a == nil {
		return
	}

	if r.PostFormValue("outcome") != "pass" {
		a.fail(w, r, "access_denied", "The user denied your request")
		return
	}

	id, typed := r.PostFormValue("account"), ""
	if id == choiceTyped {
		typed = strings.TrimSpace(r.PostFormValue("typed"))
		id = typed
	}

	account, code, notice := s.grant(a, id)
	if notice != "" {
		s.askOwner(w, a, notice, typed)
		return
	}

	http.SetCookie(w, &http.Cookie{
		Name:     accountCookie,
		Value:    account,
		Path:     "/oauth",
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})

	a.back(w, r, url.Values{"code": {code}, "scope": {a.scope}})
}

// codeAgain returns a new code for an account that is connected with a scope
// already, "" for any other.
func (s *Pages) codeAgain(account, scope string) (code string) {
	_ = s.update(func(c *call) error { // never fails
		if acct, ok := c.connected(account); ok && acct.Private.Link.Scope == scope {
			code = c.newCode(account, scope)
		}
		return nil
	})

	return code
}

// grant returns the account that the owner chose, "" for a new one, and a code
// that gives access to it; or a notice why that account cannot be connected.
func (s *Pages) grant(a *authorization, id string) (account, code, notice string) {
	_ = s.update(func(c *call) error { // never fails
		acct, ok := c.existing(id)
		switch {
		case id == "" || id == choiceNew:
			acct = c.openAccount(a)
		case id == otherPlatformAccount && !ok:
			acct = c.openControlled()
		case !ok:
			notice = "There is no account '" + id + "' in this sandbox."
			return nil
		}

		// Extensions only may connect such an account:
		// https://docs.stripe.com/connect/oauth-changes-for-standard-platforms.
		if acct.Private.Link.Controller != "" && c.Server.Config.ConnectPlatform {
			notice = "Another platform controls this account. Open a separate account, which will be connected."
			return nil
		}

		account, code = acct.ID, c.newCode(acct.ID, a.scope)
		return nil
	})

	return account, code, notice
}

// openAccount stores an account that its owner has just opened and that is not
// connected yet.
func (c *call) openAccount(a *authorization) *api.Record {
	kind := "standard"
	if a.express {
		kind = "express"
	}

	acct := c.newOwned(wire.NewID("acct"), kind, a.prefill.country())
	a.prefill.fill(acct.Fields)
	c.Tx.Put(acct)

	return acct
}

// openControlled stores the account that another platform controls.
func (c *call) openControlled() *api.Record {
	acct := c.newOwned(otherPlatformAccount, "standard", "")
	acct.Fields["email"] = "controlled@example.com"
	acct.Private.Link.Controller = "Another platform"
	c.Tx.Put(acct)
	return acct
}

// newOwned returns a complete account whose owner has not connected it.
func (c *call) newOwned(id, kind, country string) *api.Record {
	fields := newAccount(id, kind, cmp.Or(country, c.Server.Config.Country))
	fields["metadata"] = map[string]string{}
	fields["created"] = c.Now.Unix()
	fields["capabilities"] = map[string]any{"card_payments": "active", "transfers": "active"}

	for _, name := range []string{"charges_enabled", "payouts_enabled", "details_submitted"} {
		fields[name] = true
	}

	acct := api.NewRecord(api.KindAccount, id, fields)
	acct.Private.Link.Apart = true
	return acct
}
