package certificates

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"
)

// order orders a certificate, or goes on with the order that is stored, until c
// has the certificate.
func (s *Service) order(ctx context.Context, c *Certificate) error {
	client := s.client()
	if err := s.register(ctx, client); err != nil {
		return err
	}

	o, err := s.openOrder(ctx, client, c)
	if err != nil {
		return err
	}

	if o.Status == acme.StatusPending {
		if err := s.authorize(ctx, client, c, o.AuthzURLs); err != nil {
			return err
		}
	}

	if o.Status == acme.StatusPending || o.Status == acme.StatusProcessing {
		if o, err = client.WaitOrder(ctx, c.OrderURL); err != nil {
			return fmt.Errorf("wait for the order: %w", err)
		}
	}

	chain, err := sign(ctx, client, c, o)
	if err != nil {
		return err
	}

	return c.take(chain, s.cfg.Now())
}

// openOrder returns the order that is stored or, if the CA does not know it or
// calls it invalid, a new one, which it stores.
func (s *Service) openOrder(ctx context.Context, client *acme.Client, c *Certificate) (*acme.Order, error) {
	if c.OrderURL != "" {
		o, err := client.GetOrder(ctx, c.OrderURL)
		switch {
		case err == nil && o.Status != acme.StatusInvalid && o.Status != acme.StatusExpired:
			return o, nil
		case err != nil && !isUnknown(err):
			return nil, fmt.Errorf("read the order: %w", err)
		}
	}

	key, err := newKey()
	if err != nil {
		return nil, err
	}

	o, err := client.AuthorizeOrder(ctx, acme.DomainIDs(c.Domain))
	if err != nil {
		return nil, fmt.Errorf("order: %w", err)
	}

	c.OrderURL, c.OrderKey = o.URI, key
	return o, s.cfg.Store.SaveCertificate(ctx, *c, false)
}

// isUnknown reports whether the CA refuses to tell anything about an order. It
// forgets old ones.
func isUnknown(err error) bool {
	e := (*acme.Error)(nil)
	return errors.As(err, &e) && (e.StatusCode == http.StatusNotFound || e.StatusCode == http.StatusForbidden ||
		e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusGone)
}

// authorize proves to the CA that the domain is ours.
func (s *Service) authorize(ctx context.Context, client *acme.Client, c *Certificate, urls []string) error {
	for _, url := range urls {
		z, err := client.GetAuthorization(ctx, url)
		if err != nil {
			return fmt.Errorf("read the authorization: %w", err)
		}
		if z.Status != acme.StatusPending {
			continue
		}

		chosen := choose(z.Challenges, c.Challenge)
		if chosen == nil {
			return fmt.Errorf("the CA offers neither %s nor %s for %s", HTTP01, TLSALPN01, c.Domain)
		}

		c.Challenge = Kind(chosen.Type)

		now := s.cfg.Now()
		if err := s.cfg.Store.AddChallenge(ctx, Challenge{
			Token:     chosen.Token,
			Domain:    c.Domain,
			Kind:      c.Challenge,
			ExpiresAt: now.Add(challengeLife),
			CreatedAt: now,
		}); err != nil {
			return err
		}

		if _, err := client.Accept(ctx, chosen); err != nil {
			return fmt.Errorf("accept the challenge %s: %w", c.Challenge, err)
		}
		if _, err := client.WaitAuthorization(ctx, z.URI); err != nil {
			return fmt.Errorf("challenge %s: %w", c.Challenge, err)
		}
	}

	return nil
}

// choose returns the challenge of the wanted kind or, without one, of the other
// kind, nil for neither.
func choose(list []*acme.Challenge, want Kind) *acme.Challenge {
	var found *acme.Challenge
	for _, c := range list {
		switch Kind(c.Type) {
		case want:
			return c
		case want.other():
			found = c
		}
	}
	return found
}

// sign lets the CA sign a ready order, and returns the certificate with its
// chain. If the order is signed already, it fetches them.
func sign(ctx context.Context, client *acme.Client, c *Certificate, o *acme.Order) (chain [][]byte, err error) {
	if o.Status == acme.StatusValid {
		return fetch(ctx, client, o)
	}

	key, err := parseKey(c.OrderKey)
	if err != nil {
		return nil, err
	}

	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		DNSNames: []string{c.Domain},
	}, key)
	if err != nil {
		return nil, err
	}

	chain, _, err = client.CreateOrderCert(ctx, o.FinalizeURL, request, true)
	if err == nil {
		return chain, nil
	}

	// The client waits at the address in the answer's Location, which some CAs
	// do not send (https://www.rfc-editor.org/rfc/rfc8555#section-7.4). Nor is
	// a lost answer the end of an order.
	signed, waitErr := client.WaitOrder(ctx, c.OrderURL)
	if waitErr != nil || signed.Status != acme.StatusValid {
		return nil, fmt.Errorf("finalize the order: %w", err)
	}

	return fetch(ctx, client, signed)
}

func fetch(ctx context.Context, client *acme.Client, o *acme.Order) ([][]byte, error) {
	chain, err := client.FetchCert(ctx, o.CertURL, true)
	if err != nil {
		return nil, fmt.Errorf("fetch the certificate: %w", err)
	}
	return chain, nil
}

// take puts the certificate of the order in use, if it is right.
func (c *Certificate) take(chain [][]byte, now time.Time) error {
	var text []byte
	for _, der := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}

	pair, err := tls.X509KeyPair(text, []byte(c.OrderKey)) // compares the keys
	if err == nil {
		err = pair.Leaf.VerifyHostname(c.Domain)
	}

	if err == nil && !pair.Leaf.NotAfter.After(now) {
		err = fmt.Errorf("it ended at %s", pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
	}

	if err != nil {
		c.OrderURL, c.OrderKey = "", "" // another order may do better
		return fmt.Errorf("the CA's certificate cannot be used: %w", err)
	}

	c.Chain, c.Key = string(text), c.OrderKey
	c.NotBefore, c.NotAfter = pair.Leaf.NotBefore.UTC(), pair.Leaf.NotAfter.UTC()
	return nil
}

// newKey returns a new private key in PEM.
func newKey() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

func parseKey(text string) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("the key of the order cannot be read")
	}

	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}

	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("the key of the order is of another kind")
	}

	return ec, nil
}
