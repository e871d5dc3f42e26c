// Package catest is a CA for tests: Let's Encrypt's own test server, pebble, in
// the test's process. Every name is on this machine for it.
package catest

import (
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// Life is how long its certificates live.
const Life = 90 * 24 * time.Hour

// CA is a running CA.
type CA struct {
	Directory string // its address
	Roots     []byte // PEM: the certificate of its own https
	Issuer    []byte // PEM: the root of the certificates that it issues

	orders    atomic.Int64
	http, tls door

	mu     sync.Mutex
	meddle func(w http.ResponseWriter, r *http.Request, ca http.Handler)
}

// Main prepares the process; call it in TestMain.
func Main(m *testing.M) int {
	for name, value := range map[string]string{
		"PEBBLE_VA_NOSLEEP":      "1", // pebble pauses at random before each challenge
		"PEBBLE_WFE_NONCEREJECT": "0", // and refuses requests at random, which are sent again
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	return m.Run()
}

// Start starts a CA that runs until the test ends. It finds nobody at the names
// before Reach.
func Start(t testing.TB) *CA {
	t.Helper()
	c := &CA{}
	quiet := log.New(io.Discard, "", 0)
	memory := db.NewMemoryStore()
	authority := ca.New(quiet, memory, "", "ecdsa", 0, 1, map[string]ca.Profile{
		"default": {Description: "the only one", ValidityPeriod: uint64(Life.Seconds())},
	})
	looks := va.New(quiet, c.http.open(t), c.tls.open(t), false, startDNS(t), memory)
	front := wfe.New(quiet, memory, looks, authority, []string{"pebble.test"}, false, false, 1, 1)
	c.Issuer = authority.GetRootCert(0).PEM()

	handler := front.Handler()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/order-plz") {
			c.orders.Add(1)
		}

		c.mu.Lock()
		meddle := c.meddle
		c.mu.Unlock()

		if meddle != nil {
			meddle(w, r, handler)
			return
		}

		handler.ServeHTTP(w, r)
	}))

	srv.Config.ErrorLog = quiet
	t.Cleanup(srv.Close)

	c.Directory = srv.URL + "/dir"
	c.Roots = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})

	return c
}

// Reach sets where the CA finds every name: over http, and over https. "" is
// nowhere.
func (c *CA) Reach(httpAddr, tlsAddr string) {
	c.http.target.Store(httpAddr)
	c.tls.target.Store(tlsAddr)
}

// Orders returns how many orders were asked for.
func (c *CA) Orders() int64 { return c.orders.Load() }

// Meddle lets f answer the requests to the CA; nil lets the CA.
func (c *CA) Meddle(f func(w http.ResponseWriter, r *http.Request, ca http.Handler)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.meddle = f
}

// door is a port that passes connections on to a target.
type door struct{ target atomic.Value }

// open starts the door and returns its port.
func (d *door) open(t testing.TB) int {
	t.Helper()
	d.target.Store("")
	listener := listen(t)
	t.Cleanup(func() { _ = listener.Close() })

	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}

			go d.pass(conn)
		}
	}()

	return listener.Addr().(*net.TCPAddr).Port
}

func (d *door) pass(from net.Conn) {
	defer func() { _ = from.Close() }()

	target, _ := d.target.Load().(string)
	if target == "" {
		return
	}

	to, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()

	go func() {
		_, _ = io.Copy(to, from)
		_ = to.(*net.TCPConn).CloseWrite()
	}()

	_, _ = io.Copy(from, to)
}

// startDNS starts a name server for which every name is on this machine, and
// returns its address.
func startDNS(t testing.TB) string {
	t.Helper()
	listener := listen(t) // pebble asks by TCP
	started := make(chan struct{})
	srv := &dns.Server{
		Listener:          listener,
		NotifyStartedFunc: func() { close(started) },
		Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
			answer := new(dns.Msg).SetReply(q)
			if q.Question[0].Qtype == dns.TypeA {
				answer.Answer = append(answer.Answer, &dns.A{
					Hdr: dns.RR_Header{
						Name:   q.Question[0].Name,
						Rrtype: dns.TypeA,
						Class:  dns.ClassINET,
					},
					A: net.IPv4(127, 0, 0, 1),
				})
			}

			_ = w.WriteMsg(answer)
		}),
	}

	go func() { _ = srv.ActivateAndServe() }()
	<-started
	t.Cleanup(func() { _ = srv.Shutdown() })

	return listener.Addr().String()
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}
