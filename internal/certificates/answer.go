package certificates

import (
	"context"
	"crypto/tls"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/acme"
)

// ChallengePath is where a CA looks for the answer to a challenge of kind
// HTTP01 (https://www.rfc-editor.org/rfc/rfc8555#section-8.3).
const ChallengePath = "/.well-known/acme-challenge/"

// token matches the tokens of challenges.
var token = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// Answer returns the answer to a challenge of kind HTTP01, or ErrNotFound.
func (s *Service) Answer(ctx context.Context, tok string) (string, error) {
	if !token.MatchString(tok) {
		return "", ErrNotFound
	}

	c, err := s.cfg.Store.ChallengeByToken(ctx, tok, s.cfg.Now())
	if err != nil {
		return "", err
	}
	return s.proofs().HTTP01ChallengeResponse(c.Token)
}

// GetCertificate returns the certificate for a handshake, nil if there is none
// for its name. A client that names none gets that of the first domain. For a
// CA that looks for the answer to a challenge it returns that answer. It never
// asks the CA.
func (s *Service) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if name == "" {
		name = s.cfg.Domains[0]
	}

	if !slices.Contains(s.cfg.Domains, name) {
		return nil, nil //nolint:nilnil // crypto/tls sends the alert unrecognized_name
	}

	if slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) {
		return s.proof(hello.Context(), name)
	}
	if c := (*s.current.Load())[name]; c != nil {
		return c.pair, nil
	}

	return nil, nil //nolint:nilnil // as above
}

// proof returns the answer to a challenge of kind TLSALPN01
// (https://www.rfc-editor.org/rfc/rfc8737#section-3).
func (s *Service) proof(ctx context.Context, domain string) (*tls.Certificate, error) {
	c, err := s.cfg.Store.ChallengeOf(ctx, domain, s.cfg.Now())
	if err != nil {
		return nil, err
	}

	cert, err := s.proofs().TLSALPN01ChallengeCert(c.Token, domain)
	if err != nil {
		return nil, err
	}
	return &cert, nil
}

// proofs returns what makes the answers, with the account's key.
func (s *Service) proofs() *acme.Client { return &acme.Client{Key: s.account} }
