package connect_test

import (
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/browsertest"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
)

// Somebody opens a link in a browser, refuses at first, begins in two tabs, and
// connects an account in the second.
func TestLinkInABrowser(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	backend := s.Backend(t, api.ScopeWrite)
	l := backend.Want(http.StatusCreated, "POST", "/v1/connect/links",
		`{"reference":"c-1","return_url":"https://platform.example/done"}`)
	path := "/connect/" + l["id"].(string)

	v := e2etest.Visit(t, s)
	v.Do(browsertest.Viewport(320, 640))
	v.Open(strings.TrimPrefix(l["url"].(string), s.URL))
	e2etest.Want(v, "location.pathname + location.search", path)
	e2etest.Want(v, "document.querySelector('#link').dataset.state", "open")
	if got := e2etest.Eval[int](v, "document.documentElement.scrollWidth"); got > 320 {
		t.Errorf("the page is %d pixels wide on a screen of 320", got)
	}
	v.Axe()
	v.Screenshot("320-connect")

	v.Click("#connect")
	v.Click("#fail") // on the page of the offline Stripe
	v.WaitText("link-problem", "You did not give access")
	v.Axe()
	v.Screenshot("320-connect-refused")

	other := v.Tab()
	other.Open(path)
	other.Click("#connect")
	other.Until("document.querySelector('#pass') !== null")

	v.Click("#connect")
	v.Click("#pass")
	v.Until("document.querySelector('#link')?.dataset.state === 'connected'")
	e2etest.Want(v, "location.pathname + location.search", path)
	e2etest.Want(v, "document.querySelector('#continue-link').href", "https://platform.example/done")
	v.Axe()
	v.Screenshot("320-connect-done")
	id := account(t, backend, "c-1")["id"]

	other.Click("#pass")
	other.Until("document.querySelector('#link')?.dataset.state === 'connected'")
	if got := account(t, backend, "c-1")["id"]; got != id {
		t.Errorf("the second tab connected %v instead of %v", got, id)
	}
}

// Stripe's answer is lost. The page waits for it, and no second request is
// sent, which would revoke the first.
func TestLostAnswerOfTheExchange(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	backend := s.Backend(t, api.ScopeWrite)
	s.Fault("POST /oauth/token", sandbox.FaultChargeThenCut, 1)

	p, page := link(t, s, backend, "c-1")
	callback := p.decide(p.start(page), "pass")
	p.back(callback, page)
	p.want(page, "checking", "waiting for Stripe")
	p.back(callback, page)
	if n := exchanges(s); n != 1 {
		t.Errorf("the code was sent %d times", n)
	}
	if got := p.start(page); got != page {
		t.Errorf("the button leads to %s beside an exchange", got)
	}
}
