package httpserver_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"checkoutd/internal/httpio"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/testkit"
)

const ping = "GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"

// crowded returns the chain with a few routes: /ping responds, /body reads its
// body, and /wait is worked on until release is closed.
func crowded(t *testing.T, maxBody int64) (h http.Handler, entered chan struct{}, release chan struct{}) {
	t.Helper()
	chain, err := httpserver.Middlewares(httpserver.Options{
		Log:          zerolog.Nop(),
		Now:          time.Now,
		NewRequestID: func() string { return "req_1" },
		BaseURL:      baseURL,
		Policy:       httpserver.Policy{ScriptURL: offlineHost + "/v3/", APIBase: offlineHost},
		MaxBody:      maxBody,
	})
	if err != nil {
		t.Fatal(err)
	}

	entered, release = make(chan struct{}, 100), make(chan struct{})
	r := chi.NewRouter()
	r.Use(chain...)
	r.Get("/ping", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "pong") })
	r.Post("/body", httpio.Handle(func(w http.ResponseWriter, r *http.Request) error {
		began, err := io.ReadFull(r.Body, make([]byte, 1)) // so that the body counts
		entered <- struct{}{}
		if err != nil {
			return err
		}

		rest, err := io.Copy(io.Discard, r.Body)
		if err == nil {
			_, err = fmt.Fprint(w, int64(began)+rest)
		}
		return err
	}))
	r.Post("/wait", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		entered <- struct{}{}
		<-release
		_, _ = io.WriteString(w, "done")
	})

	return r, entered, release
}

// send opens a connection and sends raw.
func (s *running) send(t *testing.T, raw string) net.Conn {
	t.Helper()
	conn := s.dial(t)
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	return conn
}

// response returns the status and body that arrive on conn, 0 if the server
// closes it.
func response(t *testing.T, conn net.Conn) (status int, body string) {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("the server neither responded nor closed the connection")
	}
	if err != nil {
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()

	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

func wantResponse(t *testing.T, conn net.Conn, what string, status int, body string) {
	t.Helper()
	if gotStatus, gotBody := response(t, conn); gotStatus != status || gotBody != body {
		t.Errorf("%s: got %d %q, want %d %q", what, gotStatus, gotBody, status, body)
	}
}

func TestClientsThatHoldBackBytesAreClosedForOthers(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"nothing sent":             "",
		"headers without an end":   "GET /ping HTTP/1.1\r\nHost: x\r\nX: ",
		"a body without its end":   "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123456789",
		"a chunk without its end":  "POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
		"responses never followed": ping,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _, _ := crowded(t, 1000)
			srv := start(t, httpserver.Config{MaxConnections: 8}, h)

			var slow []net.Conn
			for range 40 {
				slow = append(slow, srv.send(t, raw))
			}

			for i := range 20 {
				wantResponse(t, srv.send(t, ping), fmt.Sprintf("buyer %d", i), http.StatusOK, "pong")
			}

			// Each buyer took the place of a client that waited longer.
			if raw != ping {
				wantResponse(t, slow[0], "the first slow client", 0, "")
			}
		})
	}
}

func TestRequestsBeingWorkedOnAreNeverClosedForOthers(t *testing.T) {
	t.Parallel()
	h, entered, release := crowded(t, 1000)
	srv := start(t, httpserver.Config{MaxConnections: 8}, h)

	var working []net.Conn
	for range 8 {
		working = append(working, srv.send(t, "POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"))
	}
	for range 8 {
		<-entered
	}

	refused := srv.dial(t)
	wantResponse(t, refused, "a ninth connection", 0, "")
	close(release)

	for i, conn := range working {
		wantResponse(t, conn, fmt.Sprintf("request %d", i), http.StatusOK, "done")
	}

	wantResponse(t, srv.send(t, ping), "afterwards", http.StatusOK, "pong")
}

func TestOneAddressMayHaveAnEighthOfTheConnections(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		proxies []netip.Prefix
		closed  bool
	}{
		"a client behind no proxy of ours": {[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, true},
		"a trusted proxy":                  {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, false},
		"this machine, without proxies":    {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _, _ := crowded(t, 1000)
			srv := start(t, httpserver.Config{MaxConnections: 64, TrustedProxies: tt.proxies}, h)

			first := srv.send(t, ping[:20])
			var rest []net.Conn
			for range 8 {
				rest = append(rest, srv.send(t, ping))
			}
			wantResponse(t, rest[7], "the ninth connection", http.StatusOK, "pong")

			_, _ = io.WriteString(first, ping[20:])
			status, body := 0, ""
			if !tt.closed {
				status, body = http.StatusOK, "pong"
			}
			wantResponse(t, first, "the first connection", status, body)
		})
	}
}

func TestBodiesInFlightAreBounded(t *testing.T) {
	t.Parallel()
	h, entered, _ := crowded(t, 4<<20)
	srv := start(t, httpserver.Config{}, h)

	// The third body does not fit into 8 MiB with the other two.
	var bodies []net.Conn
	for range 3 {
		bodies = append(bodies, srv.send(t, fmt.Sprintf("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n12", 3<<20)))
		<-entered
	}

	wantResponse(t, bodies[0], "the oldest body", 0, "")
	wantResponse(t, srv.send(t, "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"), "a buyer", http.StatusOK, "2")

	rest := strings.Repeat(" ", 3<<20-2)
	if _, err := io.WriteString(bodies[2], rest); err != nil {
		t.Fatal(err)
	}
	wantResponse(t, bodies[2], "the newest body", http.StatusOK, fmt.Sprint(3<<20))
}

// net/http would wait for the rest of a body before it responds.
func TestRefusalsDoNotWaitForTheBody(t *testing.T) {
	t.Parallel()
	var log testkit.LogBook
	for name, tt := range map[string]struct {
		head   string
		status int
	}{
		"no such address":        {"POST /nowhere HTTP/1.1\r\nHost: shop.example\r\n", 404},
		"another method":         {"PUT /orders HTTP/1.1\r\nHost: shop.example\r\n", 405},
		"another website":        {"POST /orders HTTP/1.1\r\nHost: shop.example\r\nSec-Fetch-Site: cross-site\r\n", 403},
		"another type":           {"POST /orders HTTP/1.1\r\nHost: shop.example\r\nContent-Type: text/html\r\n", 415},
		"a page with a body":     {"GET /checkout/ord_1 HTTP/1.1\r\nHost: shop.example\r\n", 200},
		"a response without one": {"POST /webhooks/stripe HTTP/1.1\r\nHost: shop.example\r\n", 204},
		"a panic":                {"POST /create-confirm-intent HTTP/1.1\r\nHost: shop.example\r\n", 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := start(t, httpserver.Config{ReadTimeout: time.Hour}, router(t, &log, nil))
			conn := srv.send(t, tt.head+"Content-Length: 500\r\n\r\n1")

			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()

			if res.StatusCode != tt.status || !res.Close {
				t.Errorf("got %d, close %t, want %d and the connection closed", res.StatusCode, res.Close, tt.status)
			}
		})
	}
}

// A proxy that reads the length of such a request and not its chunks takes what
// follows for another request.
func TestNothingIsReadAfterAChunkedRequest(t *testing.T) {
	t.Parallel()
	h, _, _ := crowded(t, 1000)
	srv := start(t, httpserver.Config{}, h)
	conn := srv.send(t, "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n"+
		"2\r\n{}\r\n0\r\n\r\n"+ping)

	all, err := io.ReadAll(conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("the connection stays open")
	}
	if got := string(all); strings.Count(got, "HTTP/1.1") != 1 || strings.Contains(got, "pong") {
		t.Errorf("got %q, want one response", got)
	}
}
