package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/certificates"
	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/orders"
	"checkoutd/internal/telemetry"
)

// servesTLS reports whether the server speaks https itself.
func (a *App) servesTLS() bool { return len(a.cfg.TLSDomains) > 0 }

// listenForPlain opens the address of plain http beside https.
func (a *App) listenForPlain(ctx context.Context) (err error) {
	if !a.servesTLS() {
		return nil
	}

	a.plain, err = httpserver.Listen(ctx, httpserver.Config{
		Addr:           a.cfg.TLSHTTPAddr,
		Log:            a.opts.Log,
		Handler:        http.HandlerFunc(a.servePlain),
		MaxConnections: a.cfg.MaxConnections,
		TrustedProxies: a.cfg.TrustedProxies,
	})
	if err != nil {
		return fmt.Errorf("TLS_HTTP_ADDR: %w", err)
	}

	return nil
}

// PlainAddr returns the address of plain http beside https, nil if there is
// none.
func (a *App) PlainAddr() net.Addr {
	if a.plain == nil {
		return nil
	}
	return a.plain.Addr()
}

// certificate returns what answers handshakes, nil for plain http. The server
// listens before there is a database, and serves after it.
func (a *App) certificate() func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if !a.servesTLS() {
		return nil
	}
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) { return a.certs.GetCertificate(hello) }
}

// newCertificates returns what gets the certificates, nil for plain http.
func (a *App) newCertificates(ctx context.Context) (*certificates.Service, error) {
	if !a.servesTLS() {
		return nil, nil //nolint:nilnil // plain http
	}

	// Accounts at different CAs have different keys.
	seed, err := a.store.Key(ctx, "account at "+a.cfg.ACMEDirectory)
	if err != nil {
		return nil, err
	}

	var roots *x509.CertPool
	if a.cfg.ACMERoots != "" {
		if roots, err = x509.SystemCertPool(); err != nil {
			return nil, fmt.Errorf("read the system's certificates: %w", err)
		}

		roots.AppendCertsFromPEM([]byte(a.cfg.ACMERoots))
	}

	return certificates.New(certificates.Config{
		Store:     a.store,
		Domains:   a.cfg.TLSDomains,
		Directory: a.cfg.ACMEDirectory,
		Roots:     roots,
		Email:     a.cfg.ACMEEmail,
		UserAgent: "checkoutd/" + a.opts.Version,
		Seed:      seed,
		Now:       a.opts.Now,
		Log:       a.opts.Log,
	})
}

// runPlain serves plain http until ctx ends.
func (a *App) runPlain(ctx context.Context) {
	if err := a.plain.Run(ctx); err != nil {
		a.opts.Log.Error().Err(err).Msg("plain http is not served any more: the CA cannot look there")
	}
}

// servePlain lets the server listen before the routes are built.
func (a *App) servePlain(w http.ResponseWriter, r *http.Request) { a.plainHandler.ServeHTTP(w, r) }

// plainRoutes returns what is served over plain http beside https: the answers
// to the CA, the probes, which then need no certificate, and the way to https.
func (a *App) plainRoutes() (http.Handler, error) {
	chain, err := httpserver.Middlewares(httpserver.Options{
		Log:            a.opts.Log,
		Now:            a.opts.Now,
		NewRequestID:   func() string { return orders.NewID("req_") },
		TrustedProxies: a.cfg.TrustedProxies,
		BaseURL:        a.cfg.BaseURL,
		Policy:         policyOf(a.cfg, nil),
		MaxBody:        maxBody,
		Meter:          a.metrics,
		ErrorPage:      a.pages.RenderError,
	})
	if err != nil {
		return nil, err
	}

	r := chi.NewRouter()
	r.Use(chain...)
	r.Get(certificates.ChallengePath+"{token}", httpio.Handle(a.serveChallenge))
	r.Get(httpserver.HealthPath, httpserver.Health())
	r.Get(httpserver.ReadyPath, httpserver.Ready(a.ready, a.keyState.hindrance))

	elsewhere := httpserver.ToHTTPS(a.cfg.BaseURL, a.pages.RenderError)
	r.NotFound(elsewhere)
	r.MethodNotAllowed(elsewhere)

	return r, nil
}

// serveChallenge answers the CA.
func (a *App) serveChallenge(w http.ResponseWriter, r *http.Request) error {
	answer, err := a.certs.Answer(r.Context(), chi.URLParam(r, "token"))
	if errors.Is(err, certificates.ErrNotFound) {
		return fault.Wrap(err, fault.NotFound, "not_found", "There is nothing at this address.")
	}
	if err != nil {
		return err
	}

	w.Header().Set("Content-Type", "application/octet-stream")
	_, err = io.WriteString(w, answer)
	return err
}

// certificateFigures returns what reads the state of the certificates for the
// metrics, nil for plain http.
func (a *App) certificateFigures() func() telemetry.Certificates {
	if !a.servesTLS() {
		return nil
	}
	return func() telemetry.Certificates { return telemetry.Certificates(a.certs.Figures()) }
}
