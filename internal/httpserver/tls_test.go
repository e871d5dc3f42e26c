package httpserver_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"
	"time"

	"checkoutd/internal/httpserver"
)

// secured starts a server that speaks https for pay.shop.test, and returns it
// with a client that trusts it.
func secured(t *testing.T, c httpserver.Config, h http.Handler) (*running, *http.Client) {
	t.Helper()
	cert := selfSigned(t, "pay.shop.test")
	c.Certificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName != "pay.shop.test" {
			return nil, nil //nolint:nilnil // no certificate, and no error
		}
		return cert, nil
	}

	srv := start(t, c, h)

	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, srv.addr)
		},
	}

	t.Cleanup(transport.CloseIdleConnections)

	return srv, &http.Client{Transport: transport}
}

func selfSigned(t *testing.T, name string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}

	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		DNSNames:     []string{name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
	}

	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}

	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}

	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// get returns the status, the body and whether the connection was used before.
func get(t *testing.T, c *http.Client, method, path string, body io.Reader) (answer string, reused bool) {
	t.Helper()
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused },
	})
	req, err := http.NewRequestWithContext(ctx, method, "https://pay.shop.test"+path, body)
	if err != nil {
		t.Fatal(err)
	}

	res, err := c.Do(req)
	if err != nil {
		return err.Error(), reused
	}
	defer func() { _ = res.Body.Close() }()

	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error(), reused
	}

	return fmt.Sprint(res.Proto, " ", res.StatusCode, " ", string(b)), reused
}

func TestHTTPS(t *testing.T) {
	t.Parallel()
	h, _, _ := crowded(t, 1000)
	srv, client := secured(t, httpserver.Config{}, h)

	if got, _ := get(t, client, http.MethodGet, "/ping", nil); got != "HTTP/2.0 200 pong" {
		t.Errorf("got %q", got)
	}

	// A body without a length closes no connection of HTTP/2.
	got, _ := get(t, client, http.MethodPost, "/body", io.MultiReader(strings.NewReader("{}")))
	if got != "HTTP/2.0 200 2" {
		t.Errorf("a body without a length: got %q", got)
	}
	if got, reused := get(t, client, http.MethodGet, "/ping", nil); got != "HTTP/2.0 200 pong" || !reused {
		t.Errorf("afterwards: got %q, on the same connection %t", got, reused)
	}

	for name, tt := range map[string]struct {
		config *tls.Config
		want   string
	}{
		"a name that is not ours": {&tls.Config{ServerName: "other.test", MinVersion: tls.VersionTLS12}, "unrecognized name"},
		"TLS 1.1": {&tls.Config{
			ServerName: "pay.shop.test",
			MinVersion: tls.VersionTLS10,
			MaxVersion: tls.VersionTLS11,
		}, "protocol version"},
	} {
		conn, err := tls.Dial("tcp", srv.addr, tt.config)
		if err == nil {
			_ = conn.Close()
		}

		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}

	if status, body := srv.exchange(t, ping); status != http.StatusBadRequest || strings.Contains(body, "pong") {
		t.Errorf("plain http: got %d %q, want 400", status, body)
	}

	srv.stop()
	if err := srv.ended(t); err != nil {
		t.Errorf("a clean shutdown returned %v", err)
	}
}

// A connection of HTTP/2 is busy as long as the server works on any request of
// it, and each of them counts as a connection.
func TestRequestsOfHTTP2CountAsConnections(t *testing.T) {
	t.Parallel()
	h, entered, release := crowded(t, 1000)
	srv, client := secured(t, httpserver.Config{MaxConnections: 8}, h)

	answers := make(chan string, 7)
	wait := func() {
		got, _ := get(t, client, http.MethodPost, "/wait", strings.NewReader("{}"))
		answers <- got
	}

	// The first one opens the connection: at once, each would open one of its
	// own.
	go wait()
	<-entered

	for range 6 {
		go wait()
	}
	for range 6 {
		<-entered
	}

	if got, _ := get(t, client, http.MethodGet, "/ping", nil); strings.Contains(got, "pong") {
		t.Errorf("an eighth request: got %q, want its stream to be reset", got)
	}

	for range 20 {
		srv.dial(t) // and no silent client ends the connection
	}

	close(release)
	for range 7 {
		if got := <-answers; got != "HTTP/2.0 200 done" {
			t.Errorf("got %q", got)
		}
	}

	if got, _ := get(t, client, http.MethodGet, "/ping", nil); got != "HTTP/2.0 200 pong" {
		t.Errorf("afterwards: got %q", got)
	}
}

// Bodies of one connection end each for itself.
func TestBodiesOfHTTP2AreBounded(t *testing.T) {
	t.Parallel()
	h, entered, _ := crowded(t, 4<<20)
	_, client := secured(t, httpserver.Config{}, h)

	first, second := make(chan string), make(chan string)
	held, feed := io.Pipe()
	go func() {
		got, _ := get(t, client, http.MethodPost, "/body", held)
		first <- got
	}()

	_, _ = io.WriteString(feed, "{")
	<-entered

	go func() {
		got, _ := get(t, client, http.MethodPost, "/body", strings.NewReader(strings.Repeat(" ", 3<<20)))
		second <- got
	}()

	<-entered

	if got, want := <-second, fmt.Sprint("HTTP/2.0 200 ", 3<<20); got != want {
		t.Errorf("the second body: got %q, want %q", got, want)
	}

	_, _ = io.WriteString(feed, "}")
	_ = feed.Close()

	if got := <-first; got != "HTTP/2.0 200 2" {
		t.Errorf("the first body: got %q", got)
	}

	for range 3 { // what has ended counts no longer
		got, reused := get(t, client, http.MethodPost, "/body", strings.NewReader(strings.Repeat(" ", 3<<20)))
		<-entered

		if want := fmt.Sprint("HTTP/2.0 200 ", 3<<20); got != want || !reused {
			t.Errorf("got %q on the same connection %t, want %q", got, reused, want)
		}
	}
}

func TestListenSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cause syscall.Errno
		want  string
	}{
		{syscall.EACCES, "may not open port 443"},
		{syscall.EADDRINUSE, "in use by another program"},
	} {
		err := httpserver.ExplainListen(":443", &net.OpError{Op: "listen", Err: tt.cause})
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: got %v, want %q", tt.cause, err, tt.want)
		}
	}
}
