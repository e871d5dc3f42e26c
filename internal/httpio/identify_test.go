package httpio_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"checkoutd/internal/httpio"
)

var trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}

func TestIdentify(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		remote string
		header http.Header
		wantIP string
		https  bool
		wantID string
	}{
		{
			name:   "no proxy",
			remote: "203.0.113.9:5000",
			wantIP: "203.0.113.9",
			wantID: "made",
		},
		{
			name:   "the headers of an untrusted client are ignored",
			remote: "203.0.113.9:5000",
			header: http.Header{
				"X-Forwarded-For":   {"1.2.3.4"},
				"X-Forwarded-Proto": {"https"},
				"X-Request-Id":      {"mine"},
			},
			wantIP: "203.0.113.9",
			wantID: "made",
		},
		{
			name:   "the headers of a trusted proxy are used",
			remote: "10.0.0.2:5000",
			header: http.Header{
				"X-Forwarded-For":   {"203.0.113.9"},
				"X-Forwarded-Proto": {"HTTPS"},
				"X-Request-Id":      {"Abc-1_2"},
			},
			wantIP: "203.0.113.9",
			https:  true,
			wantID: "Abc-1_2",
		},
		{
			name:   "a trusted proxy over IPv6",
			remote: "[fd00::1]:5000",
			header: http.Header{"X-Forwarded-For": {"2001:db8::7"}},
			wantIP: "2001:db8::7",
			wantID: "made",
		},
		{
			name:   "a trusted proxy over mapped IPv4",
			remote: "[::ffff:10.0.0.2]:5000",
			header: http.Header{"X-Forwarded-For": {"203.0.113.9"}},
			wantIP: "203.0.113.9",
			wantID: "made",
		},
		{
			name:   "what the client wrote in front is ignored",
			remote: "10.0.0.2:5000",
			header: http.Header{"X-Forwarded-For": {"1.2.3.4, 10.9.9.9", "203.0.113.9, 10.0.0.3"}},
			wantIP: "203.0.113.9",
			wantID: "made",
		},
		{
			name:   "one http among the schemes is not https",
			remote: "10.0.0.2:5000",
			header: http.Header{"X-Forwarded-Proto": {"https, http"}},
			wantIP: "10.0.0.2",
			wantID: "made",
		},
		{
			name:   "an empty scheme is not https",
			remote: "10.0.0.2:5000",
			header: http.Header{"X-Forwarded-Proto": {""}},
			wantIP: "10.0.0.2",
			wantID: "made",
		},
		{
			name:   "a request ID with other characters is replaced",
			remote: "10.0.0.2:5000",
			header: http.Header{"X-Request-Id": {"a b"}},
			wantIP: "10.0.0.2",
			wantID: "made",
		},
		{
			name:   "a request ID with a line break is replaced",
			remote: "10.0.0.2:5000",
			header: http.Header{"X-Request-Id": {"a\r\nSet-Cookie: x=1"}},
			wantIP: "10.0.0.2",
			wantID: "made",
		},
		{
			name:   "a request ID that is too long is replaced",
			remote: "10.0.0.2:5000",
			header: http.Header{"X-Request-Id": {strings.Repeat("a", 65)}},
			wantIP: "10.0.0.2",
			wantID: "made",
		},
		{
			name:   "one of two request IDs may be the client's",
			remote: "10.0.0.2:5000",
			header: http.Header{"X-Request-Id": {"clients", "proxys"}},
			wantIP: "10.0.0.2",
			wantID: "made",
		},
		{
			name:   "the header Forwarded is ignored",
			remote: "10.0.0.2:5000",
			header: http.Header{"Forwarded": {"for=1.2.3.4;proto=https"}},
			wantIP: "10.0.0.2",
			wantID: "made",
		},
		{
			name:   "a peer without an address",
			remote: "@",
			header: http.Header{"X-Forwarded-For": {"1.2.3.4"}},
			wantIP: "invalid IP",
			wantID: "made",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var ip, id string
			var https bool
			h := httpio.Identify(trusted, func() string { return "made" })(http.HandlerFunc(
				func(_ http.ResponseWriter, r *http.Request) {
					ip, id, https = httpio.ClientIP(r.Context()).String(), httpio.RequestID(r.Context()),
						httpio.IsHTTPS(r)
				}))

			r := httptest.NewRequest(http.MethodGet, "http://shop.example/", nil)
			r.RemoteAddr = tt.remote

			if tt.header != nil {
				r.Header = tt.header
			}

			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)

			if ip != tt.wantIP || https != tt.https || id != tt.wantID {
				t.Errorf("got ip %s https %v id %q, want %s %v %q", ip, https, id, tt.wantIP, tt.https, tt.wantID)
			}
			if got := w.Header().Get("Request-Id"); got != tt.wantID {
				t.Errorf("Request-Id: got %q, want %q", got, tt.wantID)
			}
		})
	}
}

func TestIsHTTPSOverTLS(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "https://shop.example/", nil)
	if !httpio.IsHTTPS(r) {
		t.Error("a TLS connection does not count as https")
	}
}

func TestForwardedFor(t *testing.T) {
	t.Parallel()
	proxy := netip.MustParseAddr("10.0.0.2")
	tests := []struct {
		name   string
		values []string
		want   string // with " (proxy)" if the client is not known
	}{
		{"no header: the proxy itself", nil, "10.0.0.2 (proxy)"},
		{"empty header", []string{""}, "10.0.0.2 (proxy)"},
		{"one address", []string{"203.0.113.9"}, "203.0.113.9"},
		{"with a port", []string{"203.0.113.9:1234"}, "203.0.113.9"},
		{"IPv6 in brackets with a port", []string{"[2001:db8::7]:443"}, "2001:db8::7"},
		{"IPv6 in brackets", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"IPv4 mapped into IPv6", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"a zone is dropped", []string{"fe80::1%eth0"}, "fe80::1"},
		{"all proxies: the left-most", []string{"10.0.0.5, 10.0.0.4"}, "10.0.0.5"},
		{"several headers are one list", []string{"1.1.1.1", "2.2.2.2"}, "2.2.2.2"},
		{"garbage ends the walk at the last known proxy", []string{"1.1.1.1, unknown, 10.0.0.4"}, "10.0.0.4 (proxy)"},
		{"garbage at the end", []string{"1.1.1.1, _hidden"}, "10.0.0.2 (proxy)"},
		{"an empty entry ends the walk", []string{"1.1.1.1,,10.0.0.4"}, "10.0.0.4 (proxy)"},
		{"the walk is bounded", []string{"1.1.1.1" + strings.Repeat(",10.0.0.4", 1000)}, "10.0.0.4 (proxy)"},
		{"a comma at the end", []string{"203.0.113.9,"}, "10.0.0.2 (proxy)"},
		{"white space only", []string{" ", " "}, "10.0.0.2 (proxy)"},
		{"unknown", []string{"unknown"}, "10.0.0.2 (proxy)"},
		{"a header line without an entry at the end", []string{"203.0.113.9", ""}, "10.0.0.2 (proxy)"},
		{"an entry of the header Forwarded", []string{"for=203.0.113.9"}, "10.0.0.2 (proxy)"},
		{"an address in quotes", []string{`"203.0.113.9"`}, "10.0.0.2 (proxy)"},
		{"a port without a number", []string{"203.0.113.9:http"}, "10.0.0.2 (proxy)"},
		{"IPv6 with a zone, in brackets, with a port", []string{"[fe80::1%eth0]:443"}, "fe80::1"},
		{"a mapped address is compared as IPv4", []string{"203.0.113.9, ::ffff:10.0.0.4"}, "203.0.113.9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			addr, isProxy := httpio.ForwardedFor(tt.values, proxy, trusted)
			got := addr.String()
			if isProxy {
				got += " (proxy)"
			}

			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// FuzzForwardedFor checks that the header can be trusted: whatever a client
// puts in front, the result is the address that the trusted proxy saw.
func FuzzForwardedFor(f *testing.F) {
	for _, seed := range []string{"", ",", "1.2.3.4", "10.0.0.1", "[::1]:99999", "a%b", "::ffff:10.0.0.1%x",
		strings.Repeat("1.1.1.1,", 50)} {
		f.Add(seed)
	}

	proxy, seen := netip.MustParseAddr("10.0.0.2"), "203.0.113.9"
	f.Fuzz(func(t *testing.T, claim string) {
		if got, isProxy := httpio.ForwardedFor([]string{claim + ", " + seen}, proxy, trusted); got.String() != seen || isProxy {
			t.Errorf("claim %q: got %s, want %s", claim, got, seen)
		}
		if got, isProxy := httpio.ForwardedFor([]string{claim, seen}, proxy, trusted); got.String() != seen || isProxy {
			t.Errorf("claim %q in a header of its own: got %s, want %s", claim, got, seen)
		}

		got, _ := httpio.ForwardedFor([]string{claim}, proxy, trusted)
		if !got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Errorf("claim %q: got %v, want one plain address", claim, got)
		}
	})
}
