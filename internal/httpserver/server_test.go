package httpserver_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/httpio"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
)

// running is a server under test.
type running struct {
	addr string
	stop context.CancelFunc
	done chan error
}

// start runs h on a free port until the test ends.
func start(t *testing.T, c httpserver.Config, h http.Handler) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c.Addr, c.Handler, c.Log = "127.0.0.1:0", h, zerolog.Nop()

	s, err := httpserver.Listen(ctx, c)
	if err != nil {
		t.Fatal(err)
	}

	srv := &running{addr: s.Addr().String(), stop: cancel, done: make(chan error, 1)}
	go func() { srv.done <- s.Run(ctx) }()
	t.Cleanup(cancel)

	return srv
}

// ended waits for Run and returns its error.
func (s *running) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.done:
		return err
	case <-time.After(testhost.Patience):
		t.Fatal("the server did not stop")
		return nil
	}
}

// dial opens a raw connection.
func (s *running) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(testhost.Patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// exchange sends raw bytes and returns the status and body of the response. The
// status is 0 if the server closes the connection without a response.
func (s *running) exchange(t *testing.T, raw string) (status int, body string) {
	t.Helper()
	conn := s.dial(t)

	// The server may close the connection before it has read everything.
	_, _ = io.WriteString(conn, raw)

	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
			t.Fatal("the server neither responded nor closed the connection")
		}
		return 0, ""
	}
	defer func() { _ = resp.Body.Close() }()

	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

func TestRunServesTheRealAddress(t *testing.T) {
	t.Parallel()
	srv := start(t, httpserver.Config{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	}))
	if _, port, _ := net.SplitHostPort(srv.addr); port == "0" {
		t.Errorf("got address %s", srv.addr)
	}
	if status, body := srv.exchange(t, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); status != 200 || body != "hello" {
		t.Errorf("got %d %q", status, body)
	}

	srv.stop()
	if err := srv.ended(t); err != nil {
		t.Errorf("a clean shutdown returned %v", err)
	}

	if conn, err := net.Dial("tcp", srv.addr); err == nil {
		_ = conn.Close()
		t.Error("the address is still open")
	}
}

func TestServerErrorsAreLogged(t *testing.T) {
	t.Parallel()
	var log testkit.LogBook
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	s, err := httpserver.Listen(ctx, httpserver.Config{
		Addr: "127.0.0.1:0",
		Log:  zerolog.New(&log),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.WriteHeader(http.StatusOK)
		}),
	})
	if err != nil {
		t.Fatal(err)
	}

	srv := &running{addr: s.Addr().String(), stop: cancel, done: make(chan error, 1)}
	go func() { srv.done <- s.Run(ctx) }()
	srv.exchange(t, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	cancel()

	if err := srv.ended(t); err != nil {
		t.Fatal(err)
	}

	lines := log.Lines(t)
	if len(lines) != 1 || lines[0]["level"] != "warn" ||
		!strings.Contains(fmt.Sprint(lines[0]["cause"]), "superfluous") {
		t.Errorf("got %v", lines)
	}
}

func TestListenReportsAnAddressInUse(t *testing.T) {
	t.Parallel()
	srv := start(t, httpserver.Config{}, http.NotFoundHandler())
	if err := httpserver.Run(context.Background(), httpserver.Config{Addr: srv.addr}); err == nil ||
		!strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v, want the address to be in use", err)
	}
}

func TestCloseReleasesTheAddress(t *testing.T) {
	t.Parallel()
	s, err := httpserver.Listen(context.Background(), httpserver.Config{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	if conn, err := net.Dial("tcp", s.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("the address is still open")
	}
}

func TestShutdownWaitsForRequestsInFlight(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	srv := start(t, httpserver.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-release

		if err := r.Context().Err(); err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}

		_, _ = io.WriteString(w, "acknowledged")
	}))

	answer := make(chan string, 1)
	go func() {
		status, body := srv.exchange(t, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
		answer <- fmt.Sprint(status, " ", body)
	}()

	<-entered
	srv.stop()
	waitUntilRefused(t, srv.addr)

	select {
	case err := <-srv.done:
		t.Fatalf("stopped with the request in flight: %v", err)
	default:
	}

	close(release)
	if got := <-answer; got != "200 acknowledged" {
		t.Errorf("got %q", got)
	}
	if err := srv.ended(t); err != nil {
		t.Errorf("a clean shutdown returned %v", err)
	}
}

// waitUntilRefused polls until nothing listens on addr.
func waitUntilRefused(t *testing.T, addr string) {
	t.Helper()
	for deadline := time.Now().Add(testhost.Patience); time.Now().Before(deadline); {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
	t.Fatal("the server still accepts connections")
}

func TestShutdownCutsOffRequestsAtTheDeadline(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	canceled := make(chan struct{})
	srv := start(t, httpserver.Config{StopTimeout: 20 * time.Millisecond},
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
			close(canceled)
		}))

	conn := srv.dial(t)
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}

	<-entered
	srv.stop()

	if err := srv.ended(t); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("got %v, want an error about the cut", err)
	}

	select {
	case <-canceled:
	case <-time.After(testhost.Patience):
		t.Error("the handler's context was not canceled")
	}
}

// TestHostileClients checks that no client can hold a connection or memory by
// sending slowly, too much or nonsense. Each gets a response or is
// disconnected.
func TestHostileClients(t *testing.T) {
	t.Parallel()
	patient := httpserver.Config{ReadHeaderTimeout: testhost.Patience, ReadTimeout: testhost.Patience}

	// The clients that never finish meet a server with short timeouts.
	strict := httpserver.Config{
		ReadHeaderTimeout: 500 * time.Millisecond,
		ReadTimeout:       time.Second,
		IdleTimeout:       500 * time.Millisecond,
	}
	slow := map[string]bool{
		"headers that never end":  true,
		"nothing at all":          true,
		"a body that never comes": true,
	}

	post := "POST /orders HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n"
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 900, strings.Repeat(" ", 900))
	giant := strings.Repeat("a", 64<<10)

	tests := []struct {
		name   string
		raw    string
		status int // 0 if disconnected
		code   string
	}{
		{"headers that never end", "GET / HTTP/1.1\r\nHost: shop.example\r\nX: ", 0, ""},
		{"nothing at all", "", 0, ""},
		{"giant headers", "GET / HTTP/1.1\r\nHost: shop.example\r\nX: " + giant + "\r\n\r\n", 431, ""},
		{"a giant request line", "GET /" + giant + " HTTP/1.1\r\nHost: shop.example\r\n\r\n", 431, ""},
		{"a body that never comes", post + "Content-Length: 10\r\n\r\n", 400, "body_unreadable"},
		{"a chunked body over the limit", post + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + "0\r\n\r\n", 413, "body_too_large"},
		{"a malformed chunk", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "body_unreadable"},
		{"chunks take precedence over a length", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 201, ""},
		{"two lengths", post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, ""},
		{"a header name with a space", "GET / HTTP/1.1\r\nHost: shop.example\r\nX y: z\r\n\r\n", 400, ""},
		{"a NUL in a header", "GET / HTTP/1.1\r\nHost: shop.example\r\nX: a\x00b\r\n\r\n", 400, ""},
		{"a request for everything", "OPTIONS * HTTP/1.1\r\nHost: shop.example\r\n\r\n", 404, "not_found"},
		{"a request for another host's address", "GET http://evil.example/orders/a HTTP/1.1\r\nHost: shop.example\r\n\r\n", 200, ""},
		{"an address that is no path", "GET http:.evil.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n", 400, "bad_address"},
		{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, ""},
		{"a NUL in the path", "GET /orders/a%00b HTTP/1.1\r\nHost: shop.example\r\n\r\n", 400, "bad_address"},
		{"a malformed escape", "GET /%zz HTTP/1.1\r\nHost: shop.example\r\n\r\n", 400, ""},
		{"a line break in the path", "GET /orders/a%0d%0aSet-Cookie:x HTTP/1.1\r\nHost: shop.example\r\n\r\n", 400, "bad_address"},
		{"a path that is not UTF-8", "GET /orders/a%ff HTTP/1.1\r\nHost: shop.example\r\n\r\n", 400, "bad_address"},
		{"a NUL in the query", "GET /orders/a?order=%00 HTTP/1.1\r\nHost: shop.example\r\n\r\n", 400, "bad_address"},
		{"a name in the query that is not UTF-8", "GET /orders/a?%ff=1 HTTP/1.1\r\nHost: shop.example\r\n\r\n", 400, "bad_address"},
		{"a query with a malformed escape is ignored",
			"GET /orders/a?x=%zz&y=1 HTTP/1.1\r\nHost: shop.example\r\n\r\n", 200, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log testkit.LogBook
			c := patient
			if slow[tt.name] {
				c = strict
			}

			srv := start(t, c, router(t, &log, nil))
			status, body := srv.exchange(t, tt.raw)
			if status != tt.status || !strings.Contains(body, tt.code) {
				t.Errorf("got %d %s, want %d %s", status, body, tt.status, tt.code)
			}

			srv.stop()
			if err := srv.ended(t); err != nil {
				t.Errorf("stop: %v", err)
			}

			log.Lines(t) // whatever came in, every line is JSON
		})
	}
}

// A handler that waits for a database that hangs gets its context ended, and
// its client a response.
func TestARequestHasADeadline(t *testing.T) {
	t.Parallel()
	srv := start(t, httpserver.Config{RequestTimeout: 10 * time.Millisecond},
		httpio.Handle(func(_ http.ResponseWriter, r *http.Request) error {
			select {
			case <-r.Context().Done():
				return fmt.Errorf("read the order: %w", r.Context().Err())
			case <-time.After(testhost.Patience):
				return errors.New("the context never ended")
			}
		}))

	status, body := srv.exchange(t, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "timed_out") {
		t.Errorf("got %d %q, want 503 timed_out", status, body)
	}
}
