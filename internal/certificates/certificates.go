package certificates

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// LetsEncrypt is the directory of Let's Encrypt.
const LetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// Certificate is what is known of the certificate of a domain at a CA.
type Certificate struct {
	ID        string // of the CA and the domain, see IDOf
	Domain    string
	Directory string // of the CA

	Chain     string // PEM, the server's own first; "" before the first one
	Key       string // its private key in PEM, a secret
	NotBefore time.Time
	NotAfter  time.Time

	OrderURL string // of the last order at the CA
	OrderKey string // the private key of that order in PEM, a secret

	Challenge Kind      // that is tried next
	Tries     int64     // that failed since the last success
	Problem   string    // of the last try, "" if it succeeded
	FailedAt  time.Time // zero: never
	NextAt    time.Time // when it is due, or its lease ends

	LeaseToken string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// IDOf returns the ID of a domain's certificate at a CA. Another CA has other
// certificates, so that a change to the CA's address takes effect at once.
func IDOf(directory, domain string) string { return domain + " " + directory }

// Kind is a kind of challenge by which a CA verifies a domain.
type Kind string

// The kinds.
const (
	HTTP01    Kind = "http-01"     // a file, over http on port 80
	TLSALPN01 Kind = "tls-alpn-01" // a handshake, on port 443
)

// other returns the kind to try after k has failed.
func (k Kind) other() Kind {
	if k == TLSALPN01 {
		return HTTP01
	}
	return TLSALPN01
}

// Challenge is a token that the CA will look for.
type Challenge struct {
	Token     string
	Domain    string
	Kind      Kind
	ExpiresAt time.Time
	CreatedAt time.Time
}

// The errors of a Store.
var (
	ErrLost     = errors.New("certificates: another server has the claim")
	ErrNotFound = errors.New("certificates: there is no such challenge")
)

// Store keeps certificates and challenges. All methods are safe for concurrent
// use, also by several servers.
type Store interface {
	// AddCertificates stores those that are not there.
	AddCertificates(ctx context.Context, list []Certificate) error
	// Certificates returns the certificates of a CA; of all for "".
	Certificates(ctx context.Context, directory string) ([]Certificate, error)
	// ClaimCertificate leases a certificate that is due. ok is false if it is
	// not, or another server has it.
	ClaimCertificate(ctx context.Context, id string, now, leaseUntil time.Time) (c Certificate, ok bool, err error)
	// SaveCertificate stores what has become of a claimed one. release ends
	// the claim. It returns ErrLost if another server has it.
	SaveCertificate(ctx context.Context, c Certificate, release bool) error

	// AddChallenge stores a challenge, and removes those that have expired.
	AddChallenge(ctx context.Context, c Challenge) error
	// ChallengeByToken returns a challenge of kind HTTP01, or ErrNotFound.
	ChallengeByToken(ctx context.Context, token string, now time.Time) (Challenge, error)
	// ChallengeOf returns the newest challenge of kind TLSALPN01 of a domain,
	// or ErrNotFound.
	ChallengeOf(ctx context.Context, domain string, now time.Time) (Challenge, error)
}

// Config is what New needs.
type Config struct {
	Store     Store
	Domains   []string // lower case, without a dot at the end
	Directory string   // of the CA
	Roots     *x509.CertPool
	Email     string // for the CA, "" for none
	UserAgent string

	// Seed is the secret of the database that the account's key is made of.
	Seed []byte

	Now func() time.Time
	Log zerolog.Logger
}

// Service has the certificates of this server.
type Service struct {
	cfg     Config
	account *ecdsa.PrivateKey // the key of the account at the CA
	current atomic.Pointer[map[string]*served]
}

// served is a certificate in use.
type served struct {
	Certificate
	pair *tls.Certificate // nil: none yet
}

// New returns a Service. It has no certificates before Run or RunOnce.
func New(c Config) (*Service, error) {
	account, err := accountKey(c.Seed)
	if err != nil {
		return nil, err
	}

	s := &Service{cfg: c, account: account}
	s.current.Store(&map[string]*served{})
	return s, nil
}

// How often the database is read: for what other servers did, and for what is
// due. A domain without a certificate is not reachable, so it is looked at more
// often.
const (
	every        = time.Minute
	everyMissing = 2 * time.Second
)

// Run gets and renews certificates until ctx ends.
func (s *Service) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.RunOnce(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.Error().Err(err).Msg("could not look after the certificates")
		}

		pause := every
		if s.missing() {
			pause = everyMissing
		}

		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// RunOnce reads the certificates from the database, and gets those that are due
// and that no other server is getting. A CA that refuses, or does not answer,
// is no error here: it is stored and logged.
func (s *Service) RunOnce(ctx context.Context) error {
	if err := s.load(ctx); err != nil {
		return err
	}

	for _, domain := range s.cfg.Domains {
		c, ok := (*s.current.Load())[domain]
		now := s.cfg.Now()
		if !ok || c.NextAt.After(now) {
			continue
		}

		claimed, ok, err := s.cfg.Store.ClaimCertificate(ctx, c.ID, now, now.Add(lease))
		if err != nil {
			return err
		}
		if !ok {
			continue
		}

		if err := s.renew(ctx, claimed); err != nil {
			return err
		}
		if err := s.load(ctx); err != nil {
			return err
		}
	}

	return nil
}

// load reads the certificates of the domains.
func (s *Service) load(ctx context.Context) error {
	list, err := s.cfg.Store.Certificates(ctx, s.cfg.Directory)
	if err != nil {
		return err
	}

	before := *s.current.Load()
	next := make(map[string]*served, len(s.cfg.Domains))
	for _, c := range list {
		next[c.Domain] = s.serve(c, before[c.Domain])
	}

	var missing []Certificate
	for _, domain := range s.cfg.Domains {
		if next[domain] == nil {
			missing = append(missing, s.first(domain))
		}
	}

	if len(missing) > 0 {
		if err := s.cfg.Store.AddCertificates(ctx, missing); err != nil {
			return err
		}
		return s.load(ctx)
	}

	s.current.Store(&next)
	return nil
}

// first returns what is stored of a domain at first.
func (s *Service) first(domain string) Certificate {
	return Certificate{
		ID:        IDOf(s.cfg.Directory, domain),
		Domain:    domain,
		Directory: s.cfg.Directory,
		Challenge: TLSALPN01,
		NextAt:    s.cfg.Now(),
	}
}

// serve returns a certificate in use. One that cannot be read leaves the former
// one in use.
func (s *Service) serve(c Certificate, before *served) *served {
	out := &served{Certificate: c}
	if before != nil {
		out.pair = before.pair
	}

	if c.Chain == "" || before != nil && before.pair != nil && before.Chain == c.Chain {
		return out
	}

	pair, err := tls.X509KeyPair([]byte(c.Chain), []byte(c.Key))
	if err != nil {
		s.cfg.Log.Error().
			Err(err).
			Str("domain", c.Domain).
			Msg("a stored certificate cannot be used")

		return out
	}

	out.pair = &pair
	return out
}

// missing reports whether a domain has no certificate.
func (s *Service) missing() bool {
	current := *s.current.Load()
	for _, domain := range s.cfg.Domains {
		if c := current[domain]; c == nil || c.pair == nil {
			return true
		}
	}
	return false
}

// Figures is the state of all domains.
type Figures struct {
	End      time.Time // of the certificate that ends first; zero while one is missing
	Left     float64   // the part of its life that is left, 0 to 1
	Tries    int64     // that failed since a success, at most
	FailedAt time.Time // the last time; zero for never
}

// Figures returns the state of all domains as the database had it.
func (s *Service) Figures() Figures {
	now := s.cfg.Now()
	current := *s.current.Load()
	f := Figures{Left: 1}

	for i, domain := range s.cfg.Domains {
		c := current[domain]
		if c == nil {
			return Figures{}
		}

		if i == 0 || c.NotAfter.Before(f.End) {
			f.End = c.NotAfter
		}

		f.Left = min(f.Left, c.left(now))
		f.Tries = max(f.Tries, c.Tries)

		if c.FailedAt.After(f.FailedAt) {
			f.FailedAt = c.FailedAt
		}
	}

	return f
}

// left returns the part of a certificate's life that is left.
func (c Certificate) left(now time.Time) float64 {
	life := c.NotAfter.Sub(c.NotBefore)
	if life <= 0 {
		return 0
	}
	return min(max(c.NotAfter.Sub(now).Seconds()/life.Seconds(), 0), 1)
}
