package certificates_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/catest"
	"checkoutd/internal/certificates"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/testkit"
)

const domain = "pay.shop.test"

func TestMain(m *testing.M) { os.Exit(catest.Main(m)) }

// site is what is behind the domain: two ports that the CA looks at, answered
// by one of the replicas.
type site struct {
	*catest.CA
	url         string // of the database
	clock       *testkit.Clock
	log         testkit.LogBook
	plain, tls  string // addresses
	roots, mine *x509.CertPool
	answer      atomic.Pointer[certificates.Service]
}

// newSite starts a site and its CA.
func newSite(t *testing.T, url string) *site {
	t.Helper()
	s := &site{CA: catest.Start(t), url: url, clock: testkit.NewClockAt(time.Now())}
	s.roots, s.mine = x509.NewCertPool(), x509.NewCertPool()
	s.roots.AppendCertsFromPEM(s.Roots)
	s.mine.AppendCertsFromPEM(s.Issuer)

	listen := func(c httpserver.Config) string {
		c.Addr, c.Log = "127.0.0.1:0", zerolog.Nop()
		srv, err := httpserver.Listen(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}

		go func() { _ = srv.Run(t.Context()) }()
		return srv.Addr().String()
	}

	s.tls = listen(httpserver.Config{
		Handler: http.NotFoundHandler(),
		Certificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return s.answer.Load().GetCertificate(hello)
		},
	})

	s.plain = listen(httpserver.Config{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, err := s.answer.Load().Answer(r.Context(), strings.TrimPrefix(r.URL.Path, certificates.ChallengePath))
			if err != nil {
				w.WriteHeader(http.StatusNotFound)
			}

			_, _ = io.WriteString(w, text)
		}),
	})

	s.Reach(s.plain, s.tls)

	return s
}

func (s *site) open(t *testing.T) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), s.url, store.Options{Now: s.clock.Now, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// replica returns a server of the site, which answers the CA from now on.
func (s *site) replica(t *testing.T, wrap func(certificates.Store) certificates.Store) *certificates.Service {
	t.Helper()
	db := s.open(t)
	seed, err := db.Key(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}

	var kept certificates.Store = db
	if wrap != nil {
		kept = wrap(db)
	}

	service, err := certificates.New(certificates.Config{
		Store:     kept,
		Domains:   []string{domain},
		Directory: s.Directory,
		Roots:     s.roots,
		Email:     "ops@shop.test",
		UserAgent: "checkoutd-test",
		Seed:      seed,
		Now:       s.clock.Now,
		Log:       zerolog.New(&s.log),
	})
	if err != nil {
		t.Fatal(err)
	}

	s.answer.Store(service)
	return service
}

func run(t *testing.T, s *certificates.Service) {
	t.Helper()
	if err := s.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// serial returns the number of the certificate that the site serves, after a
// client has verified it; "" if there is none.
func (s *site) serial(t *testing.T) string {
	t.Helper()
	conn, err := (&tls.Dialer{Config: &tls.Config{
		ServerName: domain,
		RootCAs:    s.mine,
		MinVersion: tls.VersionTLS12,
	}}).DialContext(t.Context(), "tcp", s.tls)
	if err != nil {
		if !strings.Contains(err.Error(), "unrecognized name") {
			t.Errorf("a handshake: %v", err)
		}
		return ""
	}
	defer func() { _ = conn.Close() }()

	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.String()
}

func (s *site) wantOrders(t *testing.T, want int64) {
	t.Helper()
	if got := s.Orders(); got != want {
		t.Errorf("%d orders at the CA, want %d", got, want)
	}
}

func TestTheFirstCertificate(t *testing.T) {
	t.Parallel()
	t.Run("by a handshake", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, storetest.SQLiteURL(t))
		s.Reach("", s.tls)

		service := s.replica(t, nil)
		if got := s.serial(t); got != "" || service.Figures().Left != 0 {
			t.Errorf("before: certificate %q, %+v", got, service.Figures())
		}

		run(t, service)

		f := service.Figures()
		if s.serial(t) == "" || f.Left < 0.99 || f.Tries != 0 || f.End.Before(s.clock.Now().AddDate(0, 0, 89)) {
			t.Errorf("no certificate of 90 days: %+v\n%s", f, s.log.String())
		}

		again := s.replica(t, nil) // a restart
		run(t, again)

		if s.serial(t) == "" {
			t.Error("no certificate after a restart")
		}

		s.wantOrders(t, 1)
	})

	t.Run("by a file, where the handshake fails", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, storetest.SQLiteURL(t))
		s.Reach(s.plain, "")
		service := s.replica(t, nil)
		run(t, service)

		failedAt := s.clock.Now().Truncate(time.Microsecond)
		if f := service.Figures(); s.serial(t) != "" || f.Tries != 1 || !f.FailedAt.Equal(failedAt) {
			t.Errorf("the CA did not look at the closed port: %+v", f)
		}

		run(t, service)
		s.wantOrders(t, 1) // not at once

		s.clock.Advance(time.Minute)
		run(t, service)

		if f := service.Figures(); s.serial(t) == "" || f.Tries != 0 {
			t.Errorf("no certificate: %+v\n%s", f, s.log.String())
		}

		s.wantOrders(t, 2)
	})
}

func TestNoNameButTheConfiguredIsAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t, storetest.SQLiteURL(t))
	service := s.replica(t, nil)

	for _, protocols := range [][]string{{"h2", "http/1.1"}, {"acme-tls/1"}} {
		for _, name := range []string{"evil.test", "www." + domain, "*", "127.0.0.1"} {
			cert, err := service.GetCertificate(&tls.ClientHelloInfo{ServerName: name, SupportedProtos: protocols})
			if cert != nil || err != nil {
				t.Errorf("%s %v: got %v, %v; want neither", name, protocols, cert, err)
			}
		}
	}

	for _, token := range []string{"", "unknown", "../settings", strings.Repeat("a", 200)} {
		if got, err := service.Answer(t.Context(), token); !errors.Is(err, certificates.ErrNotFound) {
			t.Errorf("token %q: got %q, %v", token, got, err)
		}
	}

	s.wantOrders(t, 0)
}

// Two replicas start at once, and the CA always looks at the one that does not
// ask.
func TestReplicasAskOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		url    func() string
		byFile bool
	}{
		{"sqlite, by a handshake", func() string { return storetest.SQLiteURL(t) }, false},
		{"postgres, by a file", func() string { return storetest.PostgresURL(t) }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, tt.url())
			if tt.byFile {
				s.Reach(s.plain, "")
			} else {
				s.Reach("", s.tls)
			}

			first, second := s.replica(t, nil), s.replica(t, nil)
			done := make(chan error)
			for _, service := range []*certificates.Service{first, second} {
				go func() { done <- service.RunOnce(t.Context()) }()
			}

			if err := errors.Join(<-done, <-done); err != nil {
				t.Fatal(err)
			}

			s.wantOrders(t, 1)

			if tt.byFile {
				s.clock.Advance(time.Minute)
				run(t, first) // the second one answers
				s.wantOrders(t, 2)
			}

			run(t, first)
			run(t, second)
			want := s.serial(t)
			s.answer.Store(first)

			if got := s.serial(t); got == "" || got != want {
				t.Errorf("the replicas serve %q and %q\n%s", got, want, s.log.String())
			}
		})
	}
}

func TestRenewal(t *testing.T) {
	t.Parallel()
	s := newSite(t, storetest.SQLiteURL(t))
	service := s.replica(t, nil)
	run(t, service)
	before := s.serial(t)

	s.clock.Advance(59 * 24 * time.Hour)
	run(t, service)
	s.wantOrders(t, 1)

	// A third of its life is left, and the CA is down.
	s.clock.Advance(2 * 24 * time.Hour)
	s.Meddle(func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) })

	for n := range int64(3) {
		run(t, service)
		if f := service.Figures(); f.Tries != n+1 || s.serial(t) != before {
			t.Errorf("the CA is down: %+v, and the former certificate must stay", f)
		}

		s.clock.Advance(time.Hour)
	}

	if !strings.Contains(s.log.String(), `"level":"warn","domain":"pay.shop.test"`) {
		t.Errorf("no warning:\n%s", s.log.String())
	}

	s.Meddle(nil)
	run(t, service)

	if got := s.serial(t); got == "" || got == before || service.Figures().Tries != 0 {
		t.Errorf("got certificate %s after %s, %+v", got, before, service.Figures())
	}

	s.wantOrders(t, 2)
}

// killed is a store whose server dies before the outcome of a try is stored.
type killed struct{ certificates.Store }

func (k killed) SaveCertificate(ctx context.Context, c certificates.Certificate, release bool) error {
	if release {
		return errors.New("killed")
	}
	return k.Store.SaveCertificate(ctx, c, release)
}

func TestAKilledServerCostsNoSecondOrder(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"while the CA looks":                 "/chalZ/",
		"before the CA has signed":           "/finalize-order/",
		"before the certificate has arrived": "/certZ/",
		"before the certificate was stored":  "",
		"whose order's answer never arrived": "/order-plz",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, storetest.SQLiteURL(t))
			s.Meddle(func(w http.ResponseWriter, r *http.Request, ca http.Handler) {
				if path == "" || !strings.HasPrefix(r.URL.Path, path) {
					ca.ServeHTTP(w, r)
					return
				}

				ca.ServeHTTP(discard{http.Header{}}, r)
				panic(http.ErrAbortHandler) // it was done, and nobody knows
			})

			dying := s.replica(t, func(db certificates.Store) certificates.Store { return killed{db} })
			if err := dying.RunOnce(t.Context()); err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("got %v, want it killed", err)
			}

			s.Meddle(nil)
			next := s.replica(t, nil)
			run(t, next) // its lease is still held

			if s.serial(t) != "" {
				t.Error("the lease of the dead server was ignored")
			}

			s.clock.Advance(6 * time.Minute)
			run(t, next)

			if s.serial(t) == "" {
				t.Errorf("no certificate:\n%s", s.log.String())
			}

			if path != "/order-plz" { // without an answer there is nothing to go on with
				s.wantOrders(t, 1)
			}
		})
	}
}

// discard is a response that nobody gets.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func TestTheCAsPaceIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, storetest.SQLiteURL(t))
	s.Meddle(func(w http.ResponseWriter, r *http.Request, ca http.Handler) {
		if r.URL.Path != "/order-plz" {
			ca.ServeHTTP(w, r)
			return
		}

		ca.ServeHTTP(discard{http.Header{}}, r) // uses the nonce
		w.Header().Set("Retry-After", "7200")
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many","status":429}`)
	})

	run(t, s.replica(t, nil))
	s.wantOrders(t, 1)

	s.clock.Advance(119 * time.Minute)
	run(t, s.replica(t, nil)) // a restart asks no sooner
	s.wantOrders(t, 1)

	s.Meddle(nil)
	s.clock.Advance(time.Minute)
	run(t, s.replica(t, nil))

	if s.serial(t) == "" {
		t.Errorf("no certificate when the CA allows it:\n%s", s.log.String())
	}
}
