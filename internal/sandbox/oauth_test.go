package sandbox_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"
	"github.com/stripe/stripe-go/v81/oauth"

	"checkoutd/internal/sandbox"
)

// oauth returns Stripe's own OAuth client. It uses no connection twice:
// stripe-go sends an idempotency key, for which Go repeats a request by itself
// if a used connection breaks, and a code that comes twice is revoked.
func (b *box) oauth() oauth.Client {
	return oauth.Client{Key: secretKey, B: stripe.GetBackendWithConfig(stripe.ConnectBackend, &stripe.BackendConfig{
		URL:               &b.url,
		HTTPClient:        &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
		MaxNetworkRetries: stripe.Int64(0),
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
	})}
}

// authorizePath returns the address of the page. extra replaces parameters; one
// without a value is left out.
func authorizePath(extra ...string) string {
	q := url.Values{
		"response_type": {"code"},
		"client_id":     {connectClient},
		"scope":         {"read_write"},
		"state":         {"s 1&"},
		"redirect_uri":  {shopCallback},
	}

	for _, pair := range extra {
		name, value, _ := strings.Cut(pair, "=")
		q.Del(name)

		if value != "" {
			q.Set(name, value)
		}
	}

	return "/oauth/authorize?" + q.Encode()
}

// approve presses Connect and returns the parameters of the callback.
func (b *box) approve(account string, extra ...string) url.Values {
	b.t.Helper()
	return b.browse(authorizePath(extra...), form("outcome=pass", "account="+account)).Query()
}

func (b *box) exchange(code string) (*stripe.OAuthToken, error) {
	b.t.Helper()
	return b.oauth().New(&stripe.OAuthTokenParams{
		ClientSecret: stripe.String(secretKey),
		GrantType:    stripe.String("authorization_code"),
		Code:         &code,
	})
}

// connected connects an account, "" for a new one, and returns its tokens.
func (b *box) connected(account, scope string) *stripe.OAuthToken {
	b.t.Helper()
	return must(b.exchange(b.approve(account, "scope="+scope).Get("code")))(b.t)
}

// reachable returns the status with which an account is read for the platform.
func (b *box) reachable(account string) int {
	b.t.Helper()
	return b.do("GET", "/v1/charges", "", header("Stripe-Account", account)).status
}

// told returns how many events of a type about an account there were.
func (b *box) told(kind, account string) (n int) {
	for _, ev := range b.s.Events() {
		if ev.Type == kind && ev.Account == account {
			n++
		}
	}
	return n
}

func TestOAuthConnectsAnAccountOnce(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	back := b.approve("new")
	want(t, "state", back.Get("state"), "s 1&")
	want(t, "scope", back.Get("scope"), "read_write")
	want(t, "no account before the exchange", b.get("/v1/accounts").size("data"), 0)

	tok := must(b.exchange(back.Get("code")))(t)
	want(t, "scope granted", string(tok.Scope), "read_write")
	want(t, "mode", tok.Livemode, false)
	want(t, "listed", b.get("/v1/accounts").str("data.0.id"), tok.StripeUserID)
	want(t, "reachable", b.reachable(tok.StripeUserID), http.StatusOK)
	want(t, "authorized", b.told("account.application.authorized", tok.StripeUserID), 1)

	ev := b.get("/v1/events?type=account.application.authorized")
	want(t, "its object", ev.str("data.0.data.object.object"), "application")
	want(t, "its ID", ev.str("data.0.data.object.id"), connectClient)

	own := client.New(tok.AccessToken, &stripe.Backends{API: b.sdk().Accounts.B})
	want(t, "the token's account", must(own.Accounts.Get())(t).ID, tok.StripeUserID)
	_, err := own.Customers.New(&stripe.CustomerParams{Params: stripe.Params{
		StripeAccount: stripe.String("acct_other"),
	}})
	want(t, "another one with the token", refusal(t, err).Code, stripe.ErrorCodeAccountInvalid)

	// The second exchange takes back what the first one gave.
	_, err = b.exchange(back.Get("code"))
	again := refusal(t, err)
	want(t, "status", again.HTTPStatusCode, http.StatusBadRequest)
	want(t, "code", again.OAuthError, "invalid_grant")
	want(t, "sentence", again.OAuthErrorDescription,
		"This authorization code has already been used. All tokens issued with this code have been revoked.")
	want(t, "not reachable", b.reachable(tok.StripeUserID), http.StatusForbidden)
	want(t, "deauthorized", b.told("account.application.deauthorized", tok.StripeUserID), 1)
	_, err = own.Accounts.Get()
	want(t, "token", refusal(t, err).HTTPStatusCode, http.StatusUnauthorized)
	_, err = b.oauth().New(&stripe.OAuthTokenParams{
		ClientSecret: stripe.String(secretKey),
		GrantType:    stripe.String("refresh_token"),
		RefreshToken: &tok.RefreshToken,
	})

	want(t, "refresh token", refusal(t, err).OAuthError, "invalid_grant")

	_, _ = b.exchange(back.Get("code"))
	want(t, "nothing is left to revoke", b.told("account.application.deauthorized", tok.StripeUserID), 1)
}

func TestOAuthTokenRefusals(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	_, err := b.exchange("ac_none")
	want(t, "unknown code", refusal(t, err).OAuthErrorDescription, "Authorization code does not exist: ac_none")

	late := b.approve("new").Get("code")
	b.s.Advance(5 * time.Minute)
	_, err = b.exchange(late)
	want(t, "after five minutes", refusal(t, err).OAuthError, "invalid_grant")
	want(t, "no account", b.get("/v1/accounts").size("data"), 0)

	for _, c := range []struct {
		name, form, code string
		status           int
	}{
		{"no grant type", "code=x", "invalid_request", http.StatusBadRequest},
		{"another grant type", "grant_type=password", "unsupported_grant_type", http.StatusBadRequest},
		{"another application", "grant_type=authorization_code&client_id=ca_x", "invalid_client", http.StatusUnauthorized},
		{"no key", "grant_type=authorization_code&client_secret=", "invalid_client", http.StatusUnauthorized},
		{"a restricted key", "grant_type=authorization_code&client_secret=rk_test_sandbox123", "invalid_client", http.StatusUnauthorized},
		{"a live key", "grant_type=authorization_code&client_secret=sk_live_sandbox123", "invalid_grant", http.StatusBadRequest},
		{"unknown refresh token", "grant_type=refresh_token&refresh_token=rt_none", "invalid_grant", http.StatusBadRequest},
	} {
		body := c.form
		if !strings.Contains(body, "client_secret") {
			body += "&client_secret=" + secretKey
		}

		r := b.do("POST", "/oauth/token", body, withKey(""))
		want(t, c.name, r.str("error"), c.code)
		want(t, c.name+": status", r.status, c.status)
	}
}

func TestOAuthRefreshesTokensWithinTheirScope(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	tok := b.connected("new", "read_write")
	refresh := func(token, scope string) (*stripe.OAuthToken, error) {
		p := &stripe.OAuthTokenParams{
			ClientSecret: stripe.String(secretKey),
			GrantType:    stripe.String("refresh_token"),
			RefreshToken: &token,
		}

		if scope != "" {
			p.Scope = &scope
		}

		return b.oauth().New(p)
	}

	less := must(refresh(tok.RefreshToken, "read_only"))(t)
	want(t, "account", less.StripeUserID, tok.StripeUserID)
	own := client.New(less.AccessToken, &stripe.Backends{API: b.sdk().Accounts.B})
	must(own.Balance.Get(nil))(t)
	_, err := own.Customers.New(nil)
	want(t, "less than granted", refusal(t, err).HTTPStatusCode, http.StatusForbidden)

	reader := b.connected("new", "read_only")
	_, err = refresh(reader.RefreshToken, "read_write")
	want(t, "more than granted", refusal(t, err).OAuthError, "invalid_scope")
}

func TestOAuthAuthorizeChecksTheRequest(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for name, extra := range map[string]string{
		"another application":           "client_id=ca_x",
		"no application":                "client_id=",
		"another address":               "redirect_uri=https://shop.test/back/",
		"an address with a query":       "redirect_uri=https://shop.test/back?x=1",
		"an address of this machine":    "redirect_uri=http://127.0.0.1:4242/back",
		"an address that is no website": "redirect_uri=javascript:alert(1)",
	} {
		for _, method := range []string{"GET", "POST"} {
			r := b.do(method, authorizePath(extra), form("outcome=pass"), func(r *http.Request) {
				if method == "GET" {
					r.Body = http.NoBody
				}
			})

			want(t, name, r.status, http.StatusBadRequest)
			want(t, name+": an error page", strings.Contains(string(r.raw), "This link cannot be used"), true)
		}
	}

	page := b.get(authorizePath("redirect_uri="))
	want(t, "without an address it is the first one", page.status, http.StatusOK)

	for name, c := range map[string]struct{ extra, code string }{
		"unknown scope":    {"scope=everything", "invalid_scope"},
		"another response": {"response_type=token", "unsupported_response_type"},
		"no response type": {"response_type=", "invalid_request"},
	} {
		to := b.redirected("GET", authorizePath(c.extra), "")
		want(t, name, to.Query().Get("error"), c.code)
		want(t, name+": state", to.Query().Get("state"), "s 1&")
	}

	refused := b.browse(authorizePath(), form("outcome=fail"))
	want(t, "refused", refused.Query().Get("error"), "access_denied")
	want(t, "refused: state", refused.Query().Get("state"), "s 1&")
	want(t, "no state, none returned", b.browse(authorizePath("state="), form("outcome=fail")).Query().Has("state"), false)

	foreign := b.do("POST", authorizePath(), form("outcome=pass"), header("Origin", "https://evil.test"))
	want(t, "a form of another origin", foreign.status, http.StatusForbidden)
}

// redirected sends a request as a browser does and returns the redirect.
func (b *box) redirected(method, path, body string, opts ...option) *url.URL {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}

	for _, o := range opts {
		o(req)
	}

	resp, err := (&http.Transport{}).RoundTrip(req)
	if err != nil {
		b.t.Fatal(err)
	}

	_ = resp.Body.Close()

	to, err := resp.Location()
	if err != nil {
		b.t.Fatalf("%s %s: status %d: %v", method, path, resp.StatusCode, err)
	}

	return to
}

func TestOAuthConnectsAnExistingAccountAgain(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	tok := b.connected("new", "read_only")
	acct := tok.StripeUserID
	page := string(b.get(authorizePath()).raw)
	want(t, "the page offers it", strings.Contains(page, acct), true)
	want(t, "and what it is", strings.Contains(page, "connected, read_only"), true)

	wider := b.connected(acct, "read_write")
	want(t, "the same account", wider.StripeUserID, acct)
	want(t, "with more access", b.do("POST", "/v1/customers", "", header("Stripe-Account", acct)).status, http.StatusOK)

	// A code that is used twice takes back what it gave: the account was
	// connected before.
	code := b.approve(acct).Get("code")
	must(b.exchange(code))(t)
	_, err := b.exchange(code)
	want(t, "used twice", refusal(t, err).OAuthError, "invalid_grant")
	want(t, "still connected", b.reachable(acct), http.StatusOK)

	want(t, "disconnected", b.s.Disconnect(acct), true)
	want(t, "connected once more", b.connected(acct, "read_write").StripeUserID, acct)
	want(t, "its objects are still there", b.do("GET", "/v1/customers", "", header("Stripe-Account", acct)).size("data"), 1)
	want(t, "one account", b.get("/v1/accounts").size("data"), 1)

	unknown := b.do("POST", authorizePath(), form("outcome=pass", "account=typed", "typed=acct_none"))
	for what, text := range map[string]string{
		"an unknown one":     "There is no account",
		"its choice is kept": `value="typed" checked`,
		"and what was typed": `value="acct_none"`,
	} {
		want(t, what, strings.Contains(string(unknown.raw), text), true)
	}
	want(t, "one choice", strings.Count(string(unknown.raw), " checked"), 1)
}

func TestOAuthAsksAConnectedPersonOnlyIfWanted(t *testing.T) {
	t.Parallel()
	b := newBox(t, func(c *sandbox.Config) { c.ConnectRedirects = nil })
	jar := must(cookiejar.New(nil))(t)
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	send := func(resp *http.Response, err error) (status int, code string) {
		resp = must(resp, err)(t)
		defer func() { _ = resp.Body.Close() }()
		if to, err := resp.Location(); err == nil {
			code = to.Query().Get("code")
		}
		return resp.StatusCode, code
	}
	address := func(extra ...string) string {
		return b.url + authorizePath(append(extra, "redirect_uri=http://127.0.0.1:1/back")...)
	}
	visit := func(extra ...string) int {
		status, _ := send(browser.Get(address(extra...))) //nolint:bodyclose // send closes it
		return status
	}

	want(t, "at first", visit(), http.StatusOK)
	_, code := send(browser.PostForm(address(), url.Values{"outcome": {"pass"}})) //nolint:bodyclose // send closes it
	first := must(b.exchange(code))(t)

	status, code := send(browser.Get(address())) //nolint:bodyclose // send closes it
	want(t, "connected already", status, http.StatusSeeOther)
	want(t, "the same account", must(b.exchange(code))(t).StripeUserID, first.StripeUserID)

	want(t, "asked always", visit("always_prompt=true"), http.StatusOK)
	want(t, "asked for another scope", visit("scope=read_only"), http.StatusOK)
	b.s.Disconnect(first.StripeUserID)
	want(t, "asked when disconnected", visit(), http.StatusOK)
}
