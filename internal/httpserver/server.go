package httpserver

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/rs/zerolog"
)

// The time that each part of a request may take. They are nested: a response
// may be written until every handler has ended, and a shutdown waits for the
// last of them.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 20 * time.Second
	idleTimeout       = 2 * time.Minute

	// RequestTimeout is how long a handler may work, its body included. It is
	// longer than a confirmation takes.
	RequestTimeout = time.Minute

	stopTimeout  = RequestTimeout + 5*time.Second
	writeTimeout = RequestTimeout + 30*time.Second
)

// Config configures a Server. Zero durations and sizes take their defaults.
type Config struct {
	Addr    string // host:port; port 0 lets the system choose
	Handler http.Handler
	Log     zerolog.Logger // for the errors of net/http

	// Certificate returns the certificate for a handshake. Nil serves plain
	// http; otherwise the server speaks https alone, HTTP/2 included. Without
	// a certificate for the name the client gets the alert unrecognized_name.
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)

	ReadHeaderTimeout time.Duration // until the headers have arrived; 5s
	ReadTimeout       time.Duration // until the whole request has arrived; 20s
	IdleTimeout       time.Duration // between requests of one connection; 2m
	MaxHeaderBytes    int           // 16 KiB

	// MaxConnections is how many connections may be open; 1024. It is lowered
	// to three quarters of the file descriptors that the process may open.
	// One address may have an eighth of them.
	MaxConnections int

	// TrustedProxies may have any number of them. Without proxies, loopback
	// addresses may.
	TrustedProxies []netip.Prefix

	// WriteTimeout lasts from the end of the headers to the end of the
	// response; 90s.
	WriteTimeout time.Duration

	// RequestTimeout is how long a handler may work; 60s. The context of the
	// request then ends, and with it every wait for the database or Stripe.
	RequestTimeout time.Duration

	// StopTimeout is for requests in flight during a shutdown; 65s.
	StopTimeout time.Duration
}

// Server is a listening HTTP server.
type Server struct {
	tls         bool
	http        *http.Server
	listener    net.Listener
	stopTimeout time.Duration
	cancel      context.CancelFunc
}

// Listen opens the address, so that Addr is known when the handler is built and
// clients can connect before Run serves them. ctx bounds the opening only.
func Listen(ctx context.Context, c Config) (*Server, error) {
	var lc net.ListenConfig
	listening, err := lc.Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return nil, ExplainListen(c.Addr, err)
	}

	conns := newConnections(maxConnections(c.MaxConnections), c.isExempt, c.Log)

	// Requests do not end with the signal that stops the server: they have
	// until the deadline to finish.
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &Server{
		tls:         c.Certificate != nil,
		listener:    &listener{listening.(*net.TCPListener), conns},
		cancel:      cancel,
		stopTimeout: cmp.Or(c.StopTimeout, stopTimeout),
		http: &http.Server{
			Handler: withDeadline(c.Handler, cmp.Or(c.RequestTimeout, RequestTimeout)),
			// "OPTIONS *" goes through the chain like any other request.
			DisableGeneralOptionsHandler: true,
			BaseContext:                  func(net.Listener) context.Context { return base },
			ConnContext:                  withConn,
			ReadHeaderTimeout:            cmp.Or(c.ReadHeaderTimeout, readHeaderTimeout),
			ReadTimeout:                  cmp.Or(c.ReadTimeout, readTimeout),
			WriteTimeout:                 cmp.Or(c.WriteTimeout, writeTimeout),
			IdleTimeout:                  cmp.Or(c.IdleTimeout, idleTimeout),
			MaxHeaderBytes:               cmp.Or(c.MaxHeaderBytes, 16<<10),
			ErrorLog:                     log.New(errorLog{c.Log}, "", 0),
			TLSConfig:                    c.tlsConfig(),
			HTTP2:                        http2Config(),
		},
	}, nil
}

// isExempt reports whether an address may have any number of connections.
func (c Config) isExempt(addr netip.Addr) bool {
	if len(c.TrustedProxies) == 0 {
		return addr.IsLoopback()
	}
	return slices.ContainsFunc(c.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// maxConnections returns the limit for all connections. The rest of the file
// descriptors is for the database and for calls to Stripe.
func maxConnections(configured int) int {
	limit := cmp.Or(configured, 1024)
	if files := openFiles(); files > 0 {
		limit = int(min(uint64(limit), files*3/4))
	}
	return max(limit, 8)
}

// withDeadline ends the context of each request after timeout.
func withDeadline(next http.Handler, timeout time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Addr returns the address that the server listens on, with the real port.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close stops listening. It is for a Server that was never run.
func (s *Server) Close() error {
	s.cancel()
	return s.listener.Close()
}

// Run serves until ctx ends. Then it accepts no new requests and waits for
// those in flight, at most StopTimeout. It cuts off the ones that are still
// running and returns an error that says so. It returns nil after a clean
// shutdown.
func (s *Server) Run(ctx context.Context) error {
	defer s.cancel()

	failed := make(chan error, 1)
	go func() { failed <- s.serve() }()

	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}

	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.stopTimeout)
	defer cancel()

	err := s.http.Shutdown(deadline)
	if err == nil {
		return nil
	}

	s.cancel()
	return fmt.Errorf("stop: requests still running after %s were cut off: %w", s.stopTimeout,
		errors.Join(err, s.http.Close()))
}

func (s *Server) serve() error {
	if s.tls {
		return s.http.ServeTLS(s.listener, "", "")
	}
	return s.http.Serve(s.listener)
}

// Run calls Listen and Server.Run, for callers that know the address.
func Run(ctx context.Context, c Config) error {
	s, err := Listen(ctx, c)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}
