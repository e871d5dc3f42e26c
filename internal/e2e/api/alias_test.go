package api_test

import (
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

// visit gets a page under a host name, and returns the status and the address
// of a redirect.
func visit(t *testing.T, s *e2etest.Shop, host, target string, header ...string) (status int, location string, cookies []*http.Cookie) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.App.Addr().String()+target, nil)
	if err != nil {
		t.Fatal(err)
	}

	r.Host = host
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}

	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}

	_ = res.Body.Close()
	return res.StatusCode, res.Header.Get("Location"), res.Cookies()
}

// An order belongs to the host name under which its cookie was set, so the shop
// uses one name of this machine.
func TestOneName(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	base := strings.TrimPrefix(s.URL, "http://")
	_, port, _ := strings.Cut(base, ":")
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
		{alias, "//evil.example/%2e%2e/a?x=1", "", http.StatusNotFound},
		{"shop.example:" + port, "/", "", http.StatusForbidden}, // a website may point its name here
		{"shop.example:" + port, "/healthz", "", http.StatusOK},
		{"192.168.1.5:" + port, "/", "", http.StatusOK},
		{alias, "/healthz", "", http.StatusOK},
		{strings.Split(alias, ":")[0] + ":1", "/", "", http.StatusOK}, // a forwarded port
	} {
		status, location, _ := visit(t, s, tt.host, tt.path)
		if status != tt.status || location != tt.location {
			t.Errorf("%s%s: %d to %q, want %d to %q", tt.host, tt.path, status, location, tt.status, tt.location)
		}
	}
}

// A shop under www.shop.example sends its visitors to shop.example.
func TestSecondHostName(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("BASE_URL", "https://shop.example"))
	for _, tt := range []struct {
		host, path, cookie, location string
		status                       int
	}{
		{"shop.example", "/", "", "", http.StatusOK},
		{"SHOP.example:443", "/", "", "", http.StatusOK},
		{"www.shop.example", "/?a=1&b=%2F", "", "https://shop.example/?a=1&b=%2F", http.StatusTemporaryRedirect},
		{"www.shop.example:443", "/checkout/ord_1", "", "https://shop.example/checkout/ord_1", http.StatusTemporaryRedirect},
		{"www.shop.example", "/complete?order=ord_1", "", "https://shop.example/complete?order=ord_1", http.StatusTemporaryRedirect},
		{"www.shop.example", "/checkout/%2f%2fevil.example", "", "https://shop.example/checkout/%2f%2fevil.example", http.StatusTemporaryRedirect},
		{"www.shop.example", "/checkout/ord_1", "__Host-checkoutd_order=ord_1:token", "", http.StatusNotFound}, // asked under its own name
		{"www.shop.example", "/", "__Host-checkoutd_order=ord_1:token", "https://shop.example/", http.StatusTemporaryRedirect},
		{"www.shop.example", "/", "checkoutd_moved=1", "", http.StatusOK}, // a loop
		{"www.shop.example", "/healthz", "", "", http.StatusOK},
		{"www.shop.example", "/config", "", "", http.StatusNotFound}, // a call, with no order
		{"www.shop.example", "/nowhere", "", "", http.StatusNotFound},
		{"checkoutd:4242", "/", "", "", http.StatusOK}, // a proxy that does not pass on Host
		{"10.0.0.7:4242", "/", "", "", http.StatusOK},
	} {
		var header []string
		if tt.cookie != "" {
			header = []string{"Cookie", tt.cookie}
		}

		status, location, cookies := visit(t, s, tt.host, tt.path, header...)
		if status != tt.status || location != tt.location {
			t.Errorf("%s%s: %d to %q, want %d to %q", tt.host, tt.path, status, location, tt.status, tt.location)
		}
		if location != "" && (len(cookies) != 1 || !cookies[0].HttpOnly || !cookies[0].Secure || cookies[0].MaxAge > 60) {
			t.Errorf("%s%s: cookies %v", tt.host, tt.path, cookies)
		}
	}

	if n := strings.Count(s.Logs.String(), "must pass on the Host header"); n != 1 {
		t.Errorf("the log mentions Host %d times, want once", n)
	}
}
