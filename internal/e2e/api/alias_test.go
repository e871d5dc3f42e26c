package api_test

import (
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

// An order belongs to the host name under which its cookie was set, so the shop
// uses one name of this machine.
func TestOneName(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	base := strings.TrimPrefix(s.URL, "http://")
	_, port, _ := strings.Cut(base, ":")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	alias := "127.0.0.1:" + port
	if strings.HasPrefix(base, "127.0.0.1") {
		alias = "localhost:" + port
	}

	for _, tt := range []struct {
		host, path, location string
		status               int
	}{
		{base, "/", "", http.StatusOK},
		{alias, "/?x=1", s.URL + "/?x=1", http.StatusTemporaryRedirect},
		{"shop.example:" + port, "/", "", http.StatusOK}, // a proxy may keep its own name
		{alias, "/healthz", "", http.StatusOK},
		{strings.Split(alias, ":")[0] + ":1", "/", "", http.StatusOK}, // a forwarded port
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}

		r.Host = tt.host

		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}

		_ = res.Body.Close()
		if res.StatusCode != tt.status || res.Header.Get("Location") != tt.location {
			t.Errorf("%s%s: %d to %q, want %d to %q", tt.host, tt.path, res.StatusCode, res.Header.Get("Location"), tt.status, tt.location)
		}
	}
}
