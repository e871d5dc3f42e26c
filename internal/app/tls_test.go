package app_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/catest"
	"checkoutd/internal/testhost"
)

func TestMain(m *testing.M) { os.Exit(catest.Main(m)) }

// A server with TLS_DOMAINS gets its certificate by itself, serves https, and
// over plain http the way to it.
func TestHTTPSByItself(t *testing.T) {
	t.Parallel()
	ca := catest.Start(t)
	roots := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(roots, ca.Roots, 0o600); err != nil {
		t.Fatal(err)
	}

	k := newKeyed(t)
	k.env = append(k.env, "BASE_URL=https://pay.shop.test", "TLS_DOMAINS=pay.shop.test", "TLS_HTTP_ADDR=127.0.0.1:0",
		"TLS_ACME_DIRECTORY="+ca.Directory, "TLS_ACME_CA_FILE="+roots)

	a, err := k.start()
	if err != nil {
		t.Fatal(err)
	}

	ca.Reach(a.PlainAddr().String(), a.Addr().String())

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()

	issuer := x509.NewCertPool()
	issuer.AppendCertsFromPEM(ca.Issuer)
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{RootCAs: issuer, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2: true,
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				to := a.PlainAddr().String()
				if strings.HasSuffix(addr, ":443") {
					to = a.Addr().String()
				}

				return new(net.Dialer).DialContext(ctx, network, to)
			},
		},
	}

	ask := func(method, url, key string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
		if err != nil {
			t.Fatal(err)
		}

		if key != "" {
			req.Header.Set("Authorization", "Bearer "+key)
		}

		res, err := client.Do(req)
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}

		return res, err
	}

	// Its first certificate takes a second or two.
	res, err := ask(http.MethodGet, "https://pay.shop.test/", "") //nolint:bodyclose // ask has closed it
	for deadline := time.Now().Add(testhost.Patience); err != nil && time.Now().Before(deadline); {
		res, err = ask(http.MethodGet, "https://pay.shop.test/", "") //nolint:bodyclose // ask has closed it
	}
	if err != nil {
		t.Fatalf("no https: %v\n%s", err, k.log.String())
	}
	if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
		t.Errorf("the shop over https: %s %s", res.Proto, res.Status)
	}

	for _, tt := range []struct {
		what, method, path, key string
		status                  int
		location                string
	}{
		{"a page", "GET", "/checkout/ord_1?a=b%2Fc", "", 301, "https://pay.shop.test/checkout/ord_1?a=b%2Fc"},
		{"an address that looks like a host", "GET", "//evil.test/x", "", 301, "https://pay.shop.test//evil.test/x"},
		{"what is not safe to repeat", "POST", "/orders", "", 403, ""},
		{"a key in clear", "GET", "/v1/orders", "ck_test_1", 403, ""},
		{"the probe", "GET", "/readyz", "", 200, ""},
		{"no challenge", "GET", "/.well-known/acme-challenge/none", "", 404, ""},
	} {
		res, err := ask(tt.method, "http://pay.shop.test"+tt.path, tt.key) //nolint:bodyclose // ask has closed it
		if err != nil {
			t.Fatal(err)
		}
		if got := res.Header.Get("Location"); res.StatusCode != tt.status || got != tt.location {
			t.Errorf("%s over http: got %d to %q, want %d to %q", tt.what, res.StatusCode, got, tt.status, tt.location)
		}
	}

	client.CloseIdleConnections()
	stop()

	if err := <-ended; err != nil {
		t.Errorf("a clean shutdown returned %v", err)
	}
	if got := ca.Orders(); got != 1 {
		t.Errorf("%d orders at the CA, want 1", got)
	}
}
