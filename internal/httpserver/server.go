package httpserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// Config is what a Server is made of. Zero durations and sizes get the
// defaults.
type Config struct {
	Addr    string // host:port; port 0 lets the system choose
	Handler http.Handler
	Log     zerolog.Logger // net/http's own complaints

	ReadHeaderTimeout time.Duration // 5s: the headers must have arrived
	ReadTimeout       time.Duration // 20s: the whole request must have arrived
	WriteTimeout      time.Duration // 90s: from the end of the headers to the end of the answer; longer than a body and a confirm (40s) take
	IdleTimeout       time.Duration // 2m: between requests of one connection
	StopTimeout       time.Duration // 45s: for requests in flight when stopping; longer than a confirm (40s)
	MaxHeaderBytes    int           // 32 KiB
}

// Server is a listening HTTP server.
type Server struct {
	http        *http.Server
	listener    net.Listener
	stopTimeout time.Duration
	cancel      context.CancelFunc
}

// Listen opens the address, so that Addr is known when the handler is built,
// and callers can connect before Run begins to answer. ctx bounds the opening only.
func Listen(ctx context.Context, c Config) (*Server, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	// Requests do not end with the signal that stops the server: they get
	// until the deadline to finish.
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &Server{
		listener:    listener,
		cancel:      cancel,
		stopTimeout: cmp.Or(c.StopTimeout, 45*time.Second),
		http: &http.Server{
			Handler: c.Handler,
			// "OPTIONS *" goes through the chain like all others.
			DisableGeneralOptionsHandler: true,
			BaseContext:                  func(net.Listener) context.Context { return base },
			ReadHeaderTimeout:            cmp.Or(c.ReadHeaderTimeout, 5*time.Second),
			ReadTimeout:                  cmp.Or(c.ReadTimeout, 20*time.Second),
			WriteTimeout:                 cmp.Or(c.WriteTimeout, 90*time.Second),
			IdleTimeout:                  cmp.Or(c.IdleTimeout, 2*time.Minute),
			MaxHeaderBytes:               cmp.Or(c.MaxHeaderBytes, 32<<10),
			ErrorLog:                     log.New(errorLog{c.Log}, "", 0),
		},
	}, nil
}

// Addr is the address that is listened on, with the real port.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close gives up the address of a Server that was never Run.
func (s *Server) Close() error {
	s.cancel()
	return s.listener.Close()
}

// Run serves until ctx ends, then accepts nothing new and waits for the
// requests in flight, at most StopTimeout; those that are still not done are
// cut off, and Run says so in its error. It returns nil after a clean stop.
func (s *Server) Run(ctx context.Context) error {
	defer s.cancel()
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
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

// Run is Listen and Server.Run in one, for callers that know the address.
func Run(ctx context.Context, c Config) error {
	s, err := Listen(ctx, c)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

// errorLog takes net/http's own complaints, mostly about broken clients.
type errorLog struct{ log zerolog.Logger }

func (l errorLog) Write(p []byte) (int, error) {
	l.log.Warn().Str("cause", strings.TrimSpace(string(p))).Msg("http server")
	return len(p), nil
}
