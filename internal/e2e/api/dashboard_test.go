package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/connect"
	"checkoutd/internal/connect/dashboard"
	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
)

// connected returns a new account of the offline Stripe that is connected with
// a scope.
func connected(s *e2etest.Shop, scope connect.Scope) string {
	s.T.Helper()
	account, _ := s.Stripe("POST", "/v1/accounts", "type", "standard")["id"].(string)
	setConnected(s, account, connect.Connected)

	_, err := s.Store().ChangeConnectAccount(s.T.Context(), account, func(a *connect.Account) error {
		a.Scope = scope
		return nil
	})
	if err != nil {
		s.T.Fatal(err)
	}

	return account
}

// dashboardLink creates a link and returns its address without the origin.
func dashboardLink(b *e2etest.Backend, account, body string) string {
	link := b.Want(http.StatusCreated, "POST", "/v1/connect/accounts/"+account+"/dashboard_links", body)
	u, err := url.Parse(link["url"].(string))
	if err != nil {
		panic(err) // the address is ours
	}
	return u.RequestURI()
}

// ours makes a request look like one of our own page.
const ours = "Sec-Fetch-Site: same-origin"

func TestDashboardCallers(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeWrite)
	account, other := connected(s, connect.ReadWrite), connected(s, connect.ReadWrite)

	person, stranger := s.Buyer(t), s.Buyer(t)

	if r := person.Call("GET", dashboardLink(b, account, ""), ""); r.Status != http.StatusSeeOther ||
		r.Header.Get("Location") != dashboard.Path || r.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Fatalf("the link leads to %d %v", r.Status, r.Header)
	}

	cookie := person.Cookies()["checkoutd_dashboard"]
	if r := stranger.Call("GET", dashboardLink(b, other, ""), ""); r.Status != http.StatusSeeOther {
		t.Fatalf("the other link leads to %d", r.Status)
	}

	// The session is for the link's account, and for no other.
	for buyer, want := range map[*e2etest.Buyer]string{person: account, stranger: other} {
		r := buyer.Call("POST", "/account_session", "", ours)
		secret, _ := buyer.Object(r)["client_secret"].(string)

		if r.Status != http.StatusOK || r.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("got %d %s, want a session", r.Status, r.Body)
		}
		if got := claimed(s, secret)["account"]; got != want {
			t.Errorf("the session is for %v, want %s", got, want)
		}
	}

	secret := s.Config.StripeSecretKey.Reveal()
	for what, c := range map[string]struct {
		buyer   *e2etest.Buyer
		headers []string
		want    int
	}{
		"nobody":                  {s.Buyer(t), []string{ours}, 401},
		"a made-up cookie":        {s.Buyer(t), []string{ours, "Cookie: checkoutd_dashboard=" + strings.Repeat("A", 52)}, 401},
		"a wrong key":             {s.Buyer(t), []string{ours, "Authorization: Bearer sk_test_wrongwrongwrong"}, 401},
		"Stripe's key":            {s.Buyer(t), []string{ours, "Authorization: Bearer " + secret}, 401},
		"the backend's key":       {s.Buyer(t), []string{ours, "Authorization: Bearer " + b.Secret}, 401},
		"the person, no browser":  {person, nil, 403},
		"the person, other site":  {person, []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, 403},
		"the person, same domain": {person, []string{"Sec-Fetch-Site: same-site", "Origin: https://evil.example"}, 403},
		"the person, old browser": {person, []string{"Origin: " + s.Config.BaseURL}, 200},
		"the person":              {person, []string{ours}, 200},
	} {
		r := c.buyer.Call("POST", "/account_session", "", c.headers...)
		if r.Status != c.want {
			t.Errorf("%s: %d %s, want %d", what, r.Status, r.Body, c.want)
		}
		if strings.Contains(r.Body, account) || r.Status != 200 && strings.Contains(r.Body, "secret") {
			t.Errorf("%s is told %s", what, r.Body)
		}
	}

	page := person.Call("GET", dashboard.Path, "", "Accept: text/html")
	if page.Status != 200 || page.Header.Get("Cross-Origin-Opener-Policy") != "unsafe-none" ||
		!strings.Contains(page.Header.Get("Content-Security-Policy"), "sha256-0hAheEzaMe6uXIKV4EehS9pu1am1lj") ||
		page.Header.Get("Cache-Control") != "no-store" || strings.Contains(page.Body, account) {
		t.Errorf("the page is %d %v", page.Status, page.Header)
	}

	// Signing out ends the session, wherever the cookie is.
	if r := person.Call("POST", dashboard.SignOutPath, ""); r.Status != 403 {
		t.Errorf("another site signs the person out: %d", r.Status)
	}
	if r := person.Call("POST", dashboard.SignOutPath, "", ours); r.Status != http.StatusSeeOther {
		t.Errorf("sign-out: %d %s", r.Status, r.Body)
	}
	if r := s.Buyer(t).Call("POST", "/account_session", "", ours, "Cookie: checkoutd_dashboard="+cookie); r.Status != 401 {
		t.Errorf("the session goes on after the sign-out: %d", r.Status)
	}
}

// claimed claims an account session as a browser does.
func claimed(s *e2etest.Shop, secret string) map[string]any {
	s.T.Helper()
	return s.Stripe("POST", "/v1/account_sessions/claim", "client_secret", secret)
}

func TestDashboardLinks(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeWrite)
	account := connected(s, connect.ReadWrite)
	path := "/v1/connect/accounts/" + account + "/dashboard_links"

	for body, want := range map[string][2]string{
		`{"components":["wallet"]}`:                                      {"component_unknown", "components"},
		`{"components":[]}`:                                              {"components_missing", "components"},
		`{"features":{"payouts":{"standard_payouts":true}}}`:             {"component_missing", "features"},
		`{"features":{"payments":{"standard_payouts":true}}}`:            {"feature_unknown", "features.payments"},
		`{"expires_in":59}`:                                              {"lifetime_out_of_range", "expires_in"},
		`{"expires_in":90000}`:                                           {"lifetime_out_of_range", "expires_in"},
		`{"components":["payments"],"features":{"payments":{"x":true}}}`: {"feature_unknown", "features.payments"},
	} {
		b.WantProblem(body, b.Call("POST", path, body), 422, want[0], want[1])
	}

	reader := s.Backend(t, api.ScopeRead)
	if got := reader.Object(reader.Call("POST", path, ""))["code"]; got != "scope_insufficient" {
		t.Errorf("a key that reads gets %v", got)
	}

	// A repetition gets the same link.
	first, again := b.Once("once", path, ""), b.Once("once", path, "")
	if first.Status != 201 || b.Object(first)["url"] != b.Object(again)["url"] {
		t.Errorf("got %s and %s, want one link", first.Body, again.Body)
	}

	// It works once, and looking ahead does not use it up.
	link, person := dashboardLink(b, account, ""), s.Buyer(t)
	if r := person.Call("GET", link, "", "Sec-Purpose: prefetch"); r.Status != 401 {
		t.Errorf("a prefetch opens the link: %d", r.Status)
	}
	if r := person.Call("HEAD", link, ""); r.Status != 401 {
		t.Errorf("a HEAD opens the link: %d", r.Status)
	}

	for _, want := range []int{303, 401} {
		if r := person.Call("GET", link, "", "Accept: text/html"); r.Status != want {
			t.Errorf("the link gives %d, want %d", r.Status, want)
		}
	}

	// What Stripe was asked for is what the link names, each feature as on or
	// off: payouts are off unless asked for.
	features := func(scope connect.Scope, body string) map[string]any {
		t.Helper()
		account, person := connected(s, scope), s.Buyer(t)
		person.Call("GET", dashboardLink(b, account, body), "")
		secret, _ := person.Object(person.Call("POST", "/account_session", "", ours))["client_secret"].(string)
		return claimed(s, secret)["components"].(map[string]any)
	}

	on := func(components map[string]any, component, feature string) any {
		of := components[component].(map[string]any)
		if feature == "" {
			return of["enabled"]
		}
		return of["features"].(map[string]any)[feature]
	}

	plain := features(connect.ReadWrite, `{"components":["payments","payouts"],"features":{"payments":{"refund_management":false}}}`)
	readOnly := features(connect.ReadOnly, `{"components":["payments","payouts"],"features":{"payouts":{"standard_payouts":true}}}`)

	asked := features(connect.ReadWrite, `{"components":["balances"],"features":{"balances":{"standard_payouts":true}}}`)
	for _, c := range []struct {
		what               string
		of                 map[string]any
		component, feature string
		want               bool
	}{
		{"asked for", plain, "payments", "", true},
		{"not asked for", plain, "balances", "", false},
		{"switched off", plain, "payments", "refund_management", false},
		{"usual", plain, "payments", "capture_payments", true},
		{"payouts", plain, "payouts", "standard_payouts", false},
		{"instant payouts", plain, "payouts", "instant_payouts", false},
		{"payouts asked for", asked, "balances", "standard_payouts", true},
		{"read-only refunds", readOnly, "payments", "refund_management", false},
		{"read-only payouts", readOnly, "payouts", "standard_payouts", false},
	} {
		if got := on(c.of, c.component, c.feature); got != c.want {
			t.Errorf("%s: %s.%s is %v, want %v", c.what, c.component, c.feature, got, c.want)
		}
	}
}

func TestDashboardEndsWithItsAccount(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeWrite)
	account, person := connected(s, connect.ReadWrite), s.Buyer(t)
	unopened := dashboardLink(b, account, "")
	person.Call("GET", dashboardLink(b, account, ""), "")

	s.Fault("POST /v1/account_sessions", sandbox.FaultStatus500, 9)

	if r := person.Call("POST", "/account_session", "", ours); r.Status != 500 || person.Object(r)["error"] == nil {
		t.Errorf("Stripe is unwell: %d %s, want 500 and an error", r.Status, r.Body)
	}

	s.App.Sandbox().ClearFaults()

	for _, state := range []connect.State{connect.Disconnected, connect.Connected} { // again, which gives no session back
		setConnected(s, account, state)
		if r := person.Call("POST", "/account_session", "", ours); r.Status != 401 {
			t.Errorf("%s: the session gives %d", state, r.Status)
		}
		if r := person.Call("GET", dashboard.Path, "", "Accept: text/html"); r.Status != 401 {
			t.Errorf("%s: the page gives %d", state, r.Status)
		}
	}

	if r := s.Buyer(t).Call("GET", unopened, "", "Accept: text/html"); r.Status != 401 {
		t.Errorf("a link of the former connection gives %d", r.Status)
	}

	setConnected(s, account, connect.Disconnected)
	path := "/v1/connect/accounts/" + account + "/dashboard_links"
	b.WantProblem(account, b.Call("POST", path, ""), 409, "account_disconnected", "")
	b.WantProblem(account, b.Call("POST", "/v1/connect/accounts/acct_none/dashboard_links", ""), 404, "account_not_found", "")
}

// openCanaryDashboard opens a dashboard, passes private words wherever a caller
// can put them, and returns the secrets that were made.
func openCanaryDashboard(s *e2etest.Shop, keep func(e2etest.Reply), words []string) []string {
	b, person := s.Backend(s.T, api.ScopeWrite), s.Buyer(s.T)
	account := connected(s, connect.ReadWrite)
	link := dashboardLink(b, account, "")
	person.Call("GET", link, "")
	secret, _ := person.Object(person.Call("POST", "/account_session", "", ours))["client_secret"].(string)

	for _, word := range words {
		in, quoted := url.QueryEscape(word), fmt.Sprintf("%q", word)
		keep(person.Call("GET", dashboard.OpenPath+"?token="+in, "", "Accept: text/html"))
		keep(person.Call("POST", "/account_session", quoted, ours, "Cookie: checkoutd_dashboard="+in))
		for _, body := range []string{`{"components":[` + quoted + `]}`, `{"features":{` + quoted + `:{}}}`,
			`{"features":{"payments":{` + quoted + `:true}}}`, quoted} {
			keep(b.Call("POST", "/v1/connect/accounts/"+account+"/dashboard_links", body))
			keep(b.Call("POST", "/v1/connect/accounts/"+in+"/dashboard_links", ""))
		}
	}

	_, token, _ := strings.Cut(link, "token=")
	return []string{b.Secret, secret, token, person.Cookies()["checkoutd_dashboard"]}
}

// The owner of an account sees how far the copy of its payments has come, and
// nobody else does.
func TestMirrorPage(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeWrite)
	account, other := connected(s, connect.ReadOnly), connected(s, connect.ReadOnly)
	person, neighbour := s.Buyer(t), s.Buyer(t)
	person.Call("GET", dashboardLink(b, account, ""), "")
	neighbour.Call("GET", dashboardLink(b, other, ""), "")

	page := func(who *e2etest.Buyer, language string) e2etest.Reply {
		return who.Call("GET", dashboard.MirrorPath, "", "Accept: text/html", "Accept-Language: "+language)
	}
	if r := page(s.Buyer(t), "en"); r.Status != http.StatusUnauthorized {
		t.Errorf("a stranger gets %d", r.Status)
	}
	if r := page(person, "en"); r.Status != http.StatusOK || !strings.Contains(r.Body, `data-state="none"`) {
		t.Errorf("without a mirror the page is %d %s", r.Status, r.Body)
	}

	// Half of the time between its first payment and the beginning is read.
	now := time.Now()
	_, err := s.Store().ChangeMirror(t.Context(), account, func(m *mirror.Mirror) {
		m.NextAt = now.Add(24 * time.Hour) // nobody works on it
		m.Pass, m.Objects, m.Calls = 1, 1234, 13
		m.StartedAt, m.FirstAt = now.Add(-10*time.Minute), now.Add(-10*time.Minute).AddDate(0, 0, -100)
		m.Lists = []mirror.List{{Kind: mirror.PaymentIntents, Reached: m.StartedAt.Add(-1212 * time.Hour)}}
	})
	if err != nil {
		t.Fatal(err)
	}

	for language, want := range map[string][]string{
		"en": {`data-state="backfilling"`, `value="50"`, "50%", "1,234", "about 9 min", `http-equiv="refresh" content="5"`},
		"fr": {`data-state="backfilling"`, "50 %", "environ 9 min", "Lus jusqu’au"},
	} {
		r := page(person, language)
		for _, text := range want {
			if !strings.Contains(r.Body, text) {
				t.Errorf("in %s the page has no %q:\n%s", language, text, r.Body)
			}
		}
		if strings.Contains(r.Body, account) || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("the page tells the account's ID, or may be stored: %v", r.Header)
		}
	}

	if r := page(neighbour, "en"); !strings.Contains(r.Body, `data-state="none"`) {
		t.Errorf("the owner of another account sees %s", r.Body)
	}
	setConnected(s, account, connect.Disconnected)
	if r := page(person, "en"); r.Status != http.StatusUnauthorized {
		t.Errorf("after the account was disconnected the page is %d", r.Status)
	}
}
