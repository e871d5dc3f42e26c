package httpserver_test

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"checkoutd/internal/httpserver"
	"checkoutd/internal/testkit"
)

func TestDevelopmentRefusesForeignHostNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		base, host, path string
		status           int
	}{
		{"http://localhost:4242", "localhost:4242", "/orders/a", 200},
		{"http://localhost:4242", "LOCALHOST.:4242", "/orders/a", 200},
		{"http://localhost:4242", "shop.localhost:4242", "/orders/a", 200},
		{"http://localhost:4242", "127.0.0.1:4242", "/orders/a", 200},
		{"http://localhost:4242", "[::1]:4242", "/orders/a", 200},
		{"http://localhost:4242", "[::1]", "/orders/a", 200},
		{"http://localhost:4242", "192.168.1.5:4242", "/orders/a", 200}, // a phone in the same network
		{"http://127.0.0.1:4242", "localhost:4242", "/orders/a", 200},
		{"http://localhost:4242", "rebound.evil.example:4242", "/orders/a", 403},
		{"http://localhost:4242", "localhost.evil.example", "/orders/a", 403},
		{"http://localhost:4242", "127.0.0.1.evil.example", "/nowhere", 403},
		{"http://localhost:4242", "", "/orders/a", 403},
		{"http://localhost:4242", "10.0.0.7.nip.example", "/healthz", 200},
		{"https://shop.example", "other.example", "/orders/a", 200},
	}
	for _, tt := range tests {
		t.Run(tt.base+" as "+tt.host+tt.path, func(t *testing.T) {
			t.Parallel()
			r := request("GET", tt.path, "")
			r.Host = tt.host
			w := httptest.NewRecorder()
			router(t, io.Discard, func(o *httpserver.Options) {
				o.BaseURL, o.AnyHost = tt.base, []string{httpserver.HealthPath}
			}).ServeHTTP(w, r)

			if w.Code != tt.status || tt.status == 403 && !strings.Contains(w.Body.String(), "unknown_host") {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, tt.status)
			}
		})
	}
}

func TestMixedSchemesAreReportedOnce(t *testing.T) {
	t.Parallel()
	var log testkit.LogBook
	h := router(t, &log, nil)
	for _, proto := range []string{"https", "http", "https, http", "http,https", "https,https"} {
		r := request("GET", "/healthz", "", "X-Forwarded-Proto", proto)
		r.RemoteAddr = "10.0.0.2:1"
		h.ServeHTTP(httptest.NewRecorder(), r)
	}

	if got := strings.Count(log.String(), "X-Forwarded-Proto says both"); got != 1 {
		t.Errorf("the log says it %d times, want once:\n%s", got, &log)
	}
}
