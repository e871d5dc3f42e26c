package sandbox

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// accounts are connected accounts: https://docs.stripe.com/api/accounts.
var accounts = recordAPI{
	kind: kindAccount, prefix: "acct",
	defaults: func(c *call) (map[string]any, error) {
		return newAccount(c.srv, orDefault(c.p.str("type"), "standard")), nil
	},
	finish: func(_ *call, fields map[string]any) error {
		if caps, ok := fields["capabilities"].(map[string]any); ok {
			fields["capabilities"] = requestedCapabilities(caps)
		}
		for _, name := range []string{"external_account", "company", "account_token", "livemode"} {
			delete(fields, name)
		}
		return nil
	},
}

// requestedCapabilities turns {requested: true} into the status that a test account gets.
func requestedCapabilities(caps map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range caps {
		switch ask := v.(type) {
		case map[string]any:
			if on, _ := ask["requested"].(bool); on {
				out[name] = "inactive"
			}
		case string:
			out[name] = ask
		}
	}
	return out
}

func newAccount(s *Server, kind string) map[string]any {
	empty := func() map[string]any {
		return map[string]any{
			"alternatives": []any{}, "current_deadline": nil, "currently_due": []any{}, "disabled_reason": nil, "errors": []any{},
			"eventually_due": []any{}, "past_due": []any{}, "pending_verification": []any{},
		}
	}
	return map[string]any{
		"business_profile": map[string]any{"annual_revenue": nil, "estimated_worker_count": nil, "mcc": nil, "name": nil, "product_description": nil, "support_address": nil, "support_email": nil, "support_phone": nil, "support_url": nil, "url": nil},
		"business_type":    nil, "capabilities": map[string]any{}, "charges_enabled": false, "controller": map[string]any{"type": "account"},
		"country": s.cfg.Country, "default_currency": "usd", "details_submitted": false, "email": nil,
		"external_accounts":   listOf([]any{}, "/v1/accounts/external_accounts"),
		"future_requirements": empty(), "payouts_enabled": false, "requirements": empty(),
		"settings":       map[string]any{"branding": map[string]any{"icon": nil, "logo": nil, "primary_color": nil, "secondary_color": nil}, "card_payments": map[string]any{"statement_descriptor_prefix": nil, "statement_descriptor_prefix_kana": nil, "statement_descriptor_prefix_kanji": nil}, "payments": map[string]any{"statement_descriptor": nil, "statement_descriptor_kana": nil, "statement_descriptor_kanji": nil}, "dashboard": map[string]any{"display_name": nil, "timezone": "Etc/UTC"}, "payouts": map[string]any{"debit_negative_balances": false, "schedule": map[string]any{"delay_days": 2, "interval": "daily"}, "statement_descriptor": nil}},
		"tos_acceptance": map[string]any{"date": nil}, "type": kind,
	}
}

// updateAccount tells the platform through account.updated, which carries the account's id.
func updateAccount(c *call) (any, error) {
	old, err := accounts.inPath(c)
	if err != nil {
		return nil, err
	}
	next := old.with(map[string]any{"metadata": mergeMetadata(old.metadata(), c.p)})
	c.overlay(next.fields)
	if err := accounts.finish(c, next.fields); err != nil {
		return nil, err
	}
	c.tx.put(next)
	c.connectEvent("account.updated", next, old, old.id)
	return next, nil
}

// connectEvent emits an event that belongs to a connected account.
func (c *call) connectEvent(kind string, obj, was object, account string) {
	c.tx.emit(kind, obj, was)
	c.tx.events[len(c.tx.events)-1].Account = account
}

func retrieveAccount(c *call) (any, error) {
	if c.id == PlatformAccount {
		return c.srv.platform(c), nil
	}
	rec, ok := accounts.find(c, c.id)
	if !ok {
		return nil, accountDenied(c.key, c.id)
	}
	return rec, nil
}

func deleteAccount(c *call) (any, error) {
	rec, err := accounts.inPath(c)
	if err != nil {
		return nil, err
	}
	c.tx.remove(rec.id)
	c.deauthorized(rec.id)
	return &DeletedObject{ID: rec.id, Object: kindAccount, Deleted: true}, nil
}

// application is the platform's Connect application.
const application = "ca_SandboxApplication"

// deauthorized announces that an account has left the platform.
func (c *call) deauthorized(account string) {
	app := newRecord("application", application, map[string]any{"name": c.srv.cfg.BusinessName})
	c.connectEvent("account.application.deauthorized", app, nil, account)
}

const linkLife = 5 * time.Minute

func createAccountLink(c *call) (any, error) {
	if _, ok := accounts.find(c, c.p.str("account")); !ok {
		return nil, noSuch(kindAccount, "account", c.p.str("account"))
	}
	query := url.Values{"account": {c.p.str("account")}, "return_url": {c.p.str("return_url")}}
	return map[string]any{
		"object": "account_link", "created": c.now.Unix(), "expires_at": c.now.Add(linkLife).Unix(),
		"url": c.base() + "/connect/onboarding?" + query.Encode(),
	}, nil
}

func createAccountSession(c *call) (any, error) {
	acct := c.p.str("account")
	if _, ok := accounts.find(c, acct); !ok && acct != PlatformAccount {
		return nil, noSuch(kindAccount, "account", acct)
	}
	components := map[string]any{}
	for name, features := range accountComponents {
		components[name] = map[string]any{
			"enabled": c.p.flag("components", name, "enabled"), "features": featuresOf(features, c.p.at("components", name, "features")),
		}
	}
	return map[string]any{
		"object": "account_session", "account": acct, "client_secret": "accs_secret__" + randomText(48), "components": components,
		"expires_at": c.now.Add(30 * time.Minute).Unix(), "livemode": false,
	}, nil
}

// accountComponents are the embedded components of 2025-02-24.acacia with their features; a feature with ! is on by default.
var accountComponents = map[string]string{
	"account_management": "disable_stripe_user_authentication external_account_collection!",
	"account_onboarding": "disable_stripe_user_authentication external_account_collection!",
	"balances":           "disable_stripe_user_authentication edit_payout_schedule external_account_collection! instant_payouts standard_payouts",
	"documents":          "", "financial_account": "disable_stripe_user_authentication external_account_collection! send_money transfer_balance",
	"financial_account_transactions": "card_spend_dispute_management",
	"issuing_card":                   "card_management card_spend_dispute_management cardholder_management spend_control_management",
	"issuing_cards_list":             "card_management card_spend_dispute_management cardholder_management disable_stripe_user_authentication spend_control_management",
	"notification_banner":            "disable_stripe_user_authentication external_account_collection!",
	"payment_details":                "capture_payments! destination_on_behalf_of_charge_management dispute_management! refund_management!",
	"payments":                       "capture_payments! destination_on_behalf_of_charge_management dispute_management! refund_management!",
	"payouts":                        "disable_stripe_user_authentication edit_payout_schedule external_account_collection! instant_payouts standard_payouts",
	"payouts_list":                   "", "tax_registrations": "", "tax_settings": "",
}

// featuresOf lays what was sent over a component's defaults.
func featuresOf(known string, p *params) map[string]any {
	out := map[string]any{}
	for _, f := range strings.Fields(known) {
		name, on := strings.CutSuffix(f, "!")
		if p.has(name) {
			on = p.flag(name)
		}
		out[name] = on
	}
	return out
}

// oauthToken swaps a code for an account. The calls and the page are those of connect.stripe.com:
// https://docs.stripe.com/connect/oauth-reference.
func (s *Server) oauthToken(w http.ResponseWriter, r *http.Request) {
	if !s.oauthKey(w, r) {
		return
	}
	if kind := r.PostFormValue("grant_type"); kind != "authorization_code" {
		oauthError(w, "unsupported_grant_type", "The sandbox takes the grant type authorization_code only.")
		return
	}
	var account, scope string
	var found bool
	code := r.PostFormValue("code")
	_ = s.change(&call{srv: s, account: PlatformAccount, now: s.now(), p: &params{}}, func(c *call) error { // does not fail
		rec, ok := find[*Record](c.tx, code)
		if !ok || rec.kind != "oauth_code" || c.now.Unix() > wholeNumber(rec.fields["expires_at"]) {
			return nil
		}
		account, scope, found = rec.text("account"), rec.text("scope"), true
		c.tx.remove(code)
		if acct, ok := accounts.find(c, account); ok {
			c.connectEvent("account.application.authorized", newRecord("application", application, map[string]any{"name": s.cfg.BusinessName}), nil, acct.id)
		}
		return nil
	})
	if !found {
		oauthError(w, "invalid_grant", "Authorization code does not exist: "+code)
		return
	}
	oauthReply(w, http.StatusOK, map[string]any{
		"access_token": "sk_test_" + randomText(24), "livemode": false, "refresh_token": "rt_" + randomText(32), "token_type": "bearer",
		"stripe_publishable_key": "pk_test_" + randomText(24), "stripe_user_id": account, "scope": scope,
	})
}

func (s *Server) oauthDeauthorize(w http.ResponseWriter, r *http.Request) {
	if !s.oauthKey(w, r) {
		return
	}
	id, found := r.PostFormValue("stripe_user_id"), false
	_ = s.change(&call{srv: s, account: PlatformAccount, now: s.now(), p: &params{}}, func(c *call) error { // does not fail
		if _, ok := accounts.find(c, id); ok {
			found = true
			c.tx.remove(id)
			c.deauthorized(id)
		}
		return nil
	})
	if !found {
		oauthError(w, "invalid_client", "This application is not connected to stripe account "+id+", or that account does not exist.")
		return
	}
	oauthReply(w, http.StatusOK, map[string]string{"stripe_user_id": id})
}

// oauthKey checks the platform's secret, sent as client_secret or as the key of the call.
func (s *Server) oauthKey(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	key := orDefault(presentedKey(r), r.PostFormValue("client_secret"))
	form := keyForm.FindStringSubmatch(key)
	if form == nil || form[1] == "pk" || form[2] == "live" || len(key) < minKeyLength {
		oauthReply(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client", "error_description": "No such API key: " + redactKey(key)})
		return false
	}
	return true
}

func oauthError(w http.ResponseWriter, code, text string) {
	oauthReply(w, http.StatusBadRequest, map[string]string{"error": code, "error_description": text})
}

func oauthReply(w http.ResponseWriter, status int, v any) {
	body, _ := encode(v)
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

func showConnect(w http.ResponseWriter, p connectPage) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = authorizePage.Execute(w, p) // the reader may have gone
}

func (s *Server) oauthPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || q.Get("redirect_uri") == "" || q.Get("client_id") == "" {
		http.Error(w, "Sandbox: response_type=code, client_id and redirect_uri are needed.", http.StatusBadRequest)
		return
	}
	hidden := map[string]string{"redirect_uri": q.Get("redirect_uri"), "state": q.Get("state"), "scope": orDefault(q.Get("scope"), "read_only")}
	showConnect(w, connectPage{"Connect a test account", s.cfg.BusinessName + " asks for access to a new test account.", "Connect", "Refuse", hidden})
}

// oauthDecide is the button on the authorize page.
func (s *Server) oauthDecide(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	back, err := url.Parse(r.PostFormValue("redirect_uri"))
	if err != nil || !strings.HasPrefix(back.Scheme, "http") {
		http.Error(w, "Sandbox: redirect_uri is not a web address.", http.StatusBadRequest)
		return
	}
	q := back.Query()
	if state := r.PostFormValue("state"); state != "" {
		q.Set("state", state)
	}
	if r.PostFormValue("outcome") == "pass" {
		q.Set("code", s.oauthGrant(r.PostFormValue("scope")))
		q.Set("scope", r.PostFormValue("scope"))
	} else {
		q.Set("error", "access_denied")
		q.Set("error_description", "The user denied your request")
	}
	back.RawQuery = q.Encode()
	http.Redirect(w, r, back.String(), http.StatusSeeOther)
}

// oauthGrant makes a test account and the code that opens it, good for five minutes.
func (s *Server) oauthGrant(scope string) string {
	code := newShortID("ac")
	_ = s.change(&call{srv: s, account: PlatformAccount, now: s.now(), p: &params{}}, func(c *call) error { // does not fail
		fields := newAccount(s, "standard")
		fields["metadata"], fields["created"] = map[string]string{}, c.now.Unix()
		fields["charges_enabled"], fields["payouts_enabled"], fields["details_submitted"] = true, true, true
		acct := newRecord(kindAccount, newID("acct"), fields)
		c.tx.put(acct)
		c.tx.put(newRecord("oauth_code", code, map[string]any{"account": acct.id, "scope": scope, "expires_at": c.now.Add(linkLife).Unix()}))
		return nil
	})
	return code
}

func (s *Server) onboardingPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	showConnect(w, connectPage{Title: "Onboarding", Text: "This stands in for Stripe's onboarding of " + q.Get("account") + ".", Yes: "Complete onboarding",
		Hidden: map[string]string{"account": q.Get("account"), "return_url": q.Get("return_url")}})
}

// onboardingDone completes an account and sends its owner back.
func (s *Server) onboardingDone(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	id := r.PostFormValue("account")
	_ = s.change(&call{srv: s, account: PlatformAccount, now: s.now(), p: &params{}}, func(c *call) error { // does not fail
		old, ok := accounts.find(c, id)
		if !ok {
			return nil
		}
		caps, _ := old.fields["capabilities"].(map[string]any)
		active := map[string]any{}
		for name := range caps {
			active[name] = "active"
		}
		next := old.with(map[string]any{"charges_enabled": true, "payouts_enabled": true, "details_submitted": true, "capabilities": active})
		c.tx.put(next)
		c.connectEvent("account.updated", next, old, id)
		return nil
	})
	back := r.PostFormValue("return_url")
	if !strings.HasPrefix(back, "http://") && !strings.HasPrefix(back, "https://") {
		http.Error(w, "Sandbox: return_url is not a web address.", http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}
