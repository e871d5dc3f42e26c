package sandbox_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"checkoutd/internal/sandbox"
)

// counted is a server that counts its requests.
func counted(t *testing.T) (address string, hits *atomic.Int64) {
	t.Helper()
	hits = &atomic.Int64{}
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(web.Close)
	return web.URL, hits
}

// ended waits for the only delivery to an address and returns its state and the
// error of its last attempt.
func (b *box) ended(address string) (state, message string) {
	b.t.Helper()
	eventually(b.t, "a delivery to "+address, func() bool {
		for _, d := range b.s.Deliveries() {
			if d.URL == address && d.State != "pending" {
				state = d.State
				if n := len(d.Attempts); n > 0 {
					message = d.Attempts[n-1].Error
				}
			}
		}
		return state != ""
	})
	return state, message
}

func TestWebhooksStayOnThisMachine(t *testing.T) {
	t.Parallel()
	own, ownHits := counted(t)
	other, otherHits := counted(t)
	told, toldHits := counted(t)
	_, otherPort, _ := net.SplitHostPort(strings.TrimPrefix(other, "http://"))
	toldURL, err := url.Parse(told)
	if err != nil {
		t.Fatal(err)
	}

	b := newBox(t, func(c *sandbox.Config) {
		c.Endpoints = []sandbox.Endpoint{{URL: own + "/hook"}}
		c.DeliverTo = []string{toldURL.Port()}
	})
	refused := []string{
		other + "/hook",
		"http://localhost:" + otherPort + "/hook",
		"http://[::ffff:127.0.0.1]:" + otherPort + "/hook",
		"http://rebind.test:" + toldURL.Port() + "/hook",
		"http://localhost.rebind.test:" + toldURL.Port() + "/hook",
		"http://169.254.169.254/latest/meta-data",
		"http://10.0.0.1:" + toldURL.Port() + "/",
		"http://2130706433:" + toldURL.Port() + "/", // 127.0.0.1 as a number
		"https://shop.test/hook",
	}
	allowed := "http://localhost:" + toldURL.Port() + "/hook"
	for _, address := range append(refused, allowed) {
		b.ok("/v1/webhook_endpoints", "url="+address, "enabled_events[]=customer.created")
	}

	b.ok("/v1/customers")

	for _, address := range refused {
		if state, message := b.ended(address); state != "failed" || !strings.HasPrefix(message, "not sent: ") {
			t.Errorf("%s: %s, %q; want it refused with a reason", address, state, message)
		}
	}
	for _, address := range []string{own + "/hook", allowed} {
		if state, message := b.ended(address); state != "delivered" {
			t.Errorf("%s: %s, %q; want it delivered", address, state, message)
		}
	}

	want(t, "requests at the configured endpoint", ownHits.Load(), 1)
	want(t, "requests at the port it was told", toldHits.Load(), 1)
	want(t, "requests at a port of others", otherHits.Load(), 0)
}

func TestWebhooksFollowNoRedirect(t *testing.T) {
	t.Parallel()
	other, hits := counted(t)
	web := httptest.NewServer(http.RedirectHandler(other, http.StatusTemporaryRedirect))
	t.Cleanup(web.Close)

	b := newBox(t, func(c *sandbox.Config) { c.Endpoints, c.DeliverTo = []sandbox.Endpoint{{URL: web.URL}}, nil })
	b.ok("/v1/customers")

	if state, _ := b.ended(web.URL); state != "failed" {
		t.Errorf("the delivery is %s, want failed", state)
	}
	want(t, "requests behind the redirect", hits.Load(), 0)
}
