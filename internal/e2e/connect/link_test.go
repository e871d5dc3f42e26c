// Package connect_test follows people who connect their Stripe accounts.
package connect_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/connect"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
)

// person connects an account as somebody in a browser does.
type person struct {
	*e2etest.Buyer
	t    *testing.T
	shop *e2etest.Shop
}

// link makes a link and opens it in a new browser.
func link(t *testing.T, s *e2etest.Shop, backend *e2etest.Backend, reference string) (p person, page string) {
	t.Helper()
	l := backend.Want(http.StatusCreated, "POST", "/v1/connect/links",
		`{"reference":"`+reference+`","return_url":"https://platform.example/done","prefill":{"email":"`+e2etest.CanaryEmail+`"}}`)
	p = person{s.Buyer(t), t, s}
	address, _ := l["url"].(string)
	return p, p.open(strings.TrimPrefix(address, s.URL))
}

// open opens an address of a link and returns the page's own.
func (p person) open(path string) string {
	p.t.Helper()
	r := p.Call("GET", path, "")
	if r.Status != http.StatusSeeOther || r.Header.Get("Referrer-Policy") != "no-referrer" {
		p.t.Fatalf("open the link: %d %v", r.Status, r.Header)
	}
	return r.Header.Get("Location")
}

// start presses the button and returns the address of Stripe's page.
func (p person) start(page string) string {
	p.t.Helper()
	r := p.Call("POST", page+"/start", "")
	if r.Status != http.StatusSeeOther {
		p.t.Fatalf("start: %d %s", r.Status, r.Body)
	}
	return r.Header.Get("Location")
}

var (
	hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
	linkState   = regexp.MustCompile(`data-state="(\w+)"`)
)

// decide presses a button of Stripe's page and returns the callback's path.
func (p person) decide(stripe, outcome string) string {
	p.t.Helper()
	r := p.Buyer.Buyer.Call("GET", stripe, "")
	form := url.Values{"outcome": {outcome}}
	for _, m := range hiddenInput.FindAllStringSubmatch(r.Body, -1) {
		form.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}

	r = p.PostForm(stripe, form)
	back := r.Header.Get("Location")
	if r.Status != http.StatusSeeOther || !strings.HasPrefix(back, p.shop.URL+connect.CallbackPath+"?") {
		p.t.Fatalf("Stripe's page: %d to %q: %s", r.Status, back, r.Body)
	}
	return strings.TrimPrefix(back, p.shop.URL)
}

// back follows the callback to the clean address.
func (p person) back(callback, page string) {
	p.t.Helper()
	r := p.Call("GET", callback, "")
	if r.Status != http.StatusSeeOther || r.Header.Get("Location") != page ||
		r.Header.Get("Referrer-Policy") != "no-referrer" || r.Header.Get("Cache-Control") != "no-store" {
		p.t.Fatalf("callback: %d %v %s", r.Status, r.Header, r.Body)
	}
}

// want checks what the link's page says.
func (p person) want(page, state, text string) {
	p.t.Helper()
	r := p.Call("GET", page, "")
	m := linkState.FindStringSubmatch(r.Body)
	if r.Status != http.StatusOK || m == nil || m[1] != state || !strings.Contains(html.UnescapeString(r.Body), text) {
		p.t.Fatalf("the page: %d %v, want %s with %q: %s", r.Status, m, state, text, r.Body)
	}
}

// account returns the one account with the reference.
func account(t *testing.T, b *e2etest.Backend, reference string) map[string]any {
	t.Helper()
	list, _ := b.Want(http.StatusOK, "GET", "/v1/connect/accounts?reference="+reference, "")["data"].([]any)
	if len(list) != 1 {
		t.Fatalf("got %d accounts of %s, want 1: %v", len(list), reference, list)
	}
	return list[0].(map[string]any)
}

// isRead reports whether Stripe was asked about an account.
func isRead(s *e2etest.Shop, id any) bool {
	a, err := s.Store().ConnectAccount(s.T.Context(), id.(string))
	return err == nil && a.ChargesEnabled
}

// exchanges returns how often a code was exchanged.
func exchanges(s *e2etest.Shop) (n int) {
	for _, r := range s.App.Sandbox().Requests() {
		if strings.HasPrefix(r.Path, "/oauth/token") {
			n++
		}
	}
	return n
}

func TestLink(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	backend := s.Backend(t, api.ScopeWrite)

	t.Run("connects an account", func(t *testing.T) {
		p, page := link(t, s, backend, "c-1")
		p.want(page, "open", "can take and refund payments for you")
		stripe := p.start(page)
		q, err := url.Parse(stripe)
		if err != nil || q.Query().Get("client_id") != s.Config.ConnectClientID || q.Query().Get("scope") != "read_write" ||
			q.Query().Get("redirect_uri") != s.URL+connect.CallbackPath || len(q.Query().Get("state")) < 26 ||
			q.Query().Get("stripe_user[email]") != e2etest.CanaryEmail {
			t.Errorf("Stripe's page is at %s, %v", stripe, err)
		}

		callback := p.decide(stripe, "pass")
		p.back(callback, page)
		p.want(page, "connected", "https://platform.example/done")
		p.back(callback, page) // again
		p.want(page, "connected", "Tea & Mugs has access")

		a := account(t, backend, "c-1")
		if a["state"] != "connected" || a["scope"] != "read_write" || a["livemode"] != false {
			t.Errorf("got %v", a)
		}
		s.Eventually("the account is read", func() bool { return isRead(s, a["id"]) })
	})

	t.Run("shows the page again after a refusal", func(t *testing.T) {
		p, page := link(t, s, backend, "c-2")
		p.back(p.decide(p.start(page), "fail"), page)
		p.want(page, "open", "You did not give access")
		p.back(p.decide(p.start(page), "pass"), page)
		p.want(page, "connected", "Continue")
		account(t, backend, "c-2")
	})

	t.Run("connects one account from two tabs", func(t *testing.T) {
		p, page := link(t, s, backend, "c-3")
		first, second := p.start(page), p.start(page)
		one, two := p.decide(first, "pass"), p.decide(second, "pass")
		p.back(two, page)
		id := account(t, backend, "c-3")["id"]
		p.back(one, page)
		p.want(page, "connected", "")
		if got := account(t, backend, "c-3")["id"]; got != id {
			t.Errorf("got the account %v, want that of the first callback, %v", got, id)
		}
	})

	t.Run("belongs to its browser", func(t *testing.T) {
		p, page := link(t, s, backend, "c-4")
		callback := p.decide(p.start(page), "pass")
		thief := s.Buyer(t)
		for _, path := range []string{callback, page, "/connect/callback?code=ac_1&state=x", "/connect/lnk_none", page + "?token=wrong"} {
			if r := thief.Call("GET", path, ""); r.Status != http.StatusNotFound {
				t.Errorf("%s in another browser: %d", path, r.Status)
			}
		}
		if r := thief.Call("POST", page+"/start", ""); r.Status != http.StatusNotFound {
			t.Errorf("start in another browser: %d", r.Status)
		}
		p.back(callback, page) // is not used up
		p.want(page, "connected", "")
	})

	t.Run("speaks French", func(t *testing.T) {
		p, page := link(t, s, backend, "c-5")
		if r := p.Call("GET", page, "", "Accept-Language: fr"); !strings.Contains(r.Body, "Se connecter avec Stripe") ||
			!strings.Contains(r.Header.Get("Content-Security-Policy"), "form-action 'self' "+s.Config.ConnectBase+";") {
			t.Errorf("got %v %s", r.Header, r.Body)
		}
	})

	if n := exchanges(s); n > 4 {
		t.Errorf("%d codes were exchanged", n)
	}

	logs := s.Logs.String()
	for _, secret := range []string{"ac_", "state=", e2etest.CanaryEmail, "token="} {
		if strings.Contains(logs, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// The link's owner ends the connection at Stripe, the platform ends another.
func TestDisconnect(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	backend := s.Backend(t, api.ScopeWrite)

	connected := func(reference string) string {
		p, page := link(t, s, backend, reference)
		p.back(p.decide(p.start(page), "pass"), page)
		return account(t, backend, reference)["id"].(string)
	}

	id := connected("c-1")
	a := backend.Want(http.StatusOK, "POST", "/v1/connect/accounts/"+id+"/deauthorize", "")
	if a["state"] != "disconnected" || a["disconnect_reason"] != "platform" || a["disconnected_at"] == nil {
		t.Errorf("got %v", a)
	}
	backend.Want(http.StatusOK, "POST", "/v1/connect/accounts/"+id+"/deauthorize", "")
	backend.Want(http.StatusOK, "POST", "/v1/connect/accounts/"+id+"/sync", "")
	backend.Want(http.StatusNotFound, "POST", "/v1/connect/accounts/acct_none/sync", "")

	id = connected("c-2")
	form := url.Values{"client_id": {s.Config.ConnectClientID}, "stripe_user_id": {id}, "client_secret": {s.Config.StripeSecretKey.Reveal()}}
	if r := s.Buyer(t).PostForm(s.Config.StripeAPIBase+"/oauth/deauthorize", form); r.Status != http.StatusOK {
		t.Fatalf("deauthorize at Stripe: %d %s", r.Status, r.Body)
	}
	s.Eventually("the account is disconnected", func() bool {
		a, err := s.Store().ConnectAccount(t.Context(), id)
		return err == nil && a.State == connect.Disconnected && a.Reason == connect.ByOwner
	})
}

// Without the webhook, the next reading shows that the account is gone.
func TestDisconnectedWithoutAnEvent(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	backend := s.Backend(t, api.ScopeWrite)
	p, page := link(t, s, backend, "c-1")
	p.back(p.decide(p.start(page), "pass"), page)
	id := account(t, backend, "c-1")["id"].(string)
	s.Eventually("the account is read", func() bool { return isRead(s, id) })

	s.Fault("WEBHOOK account.application.deauthorized", sandbox.FaultDrop, 1)
	form := url.Values{"client_id": {s.Config.ConnectClientID}, "stripe_user_id": {id}, "client_secret": {s.Config.StripeSecretKey.Reveal()}}
	s.Buyer(t).PostForm(s.Config.StripeAPIBase+"/oauth/deauthorize", form)

	a := backend.Want(http.StatusOK, "POST", "/v1/connect/accounts/"+id+"/sync", "")
	if a["state"] != "disconnected" || a["disconnect_reason"] != "no_access" {
		t.Errorf("got %v", a)
	}
}
