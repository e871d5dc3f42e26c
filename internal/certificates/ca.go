package certificates

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"
)

// exchangeTimeout bounds one request to the CA.
const exchangeTimeout = 30 * time.Second

// accountKey makes the key of the account at the CA of a secret. Nearly every
// number of 32 bytes is a key; otherwise the next one is taken.
func accountKey(seed []byte) (*ecdsa.PrivateKey, error) {
	if len(seed) < 32 {
		return nil, errors.New("certificates: the secret of the account's key is too short")
	}

	for n := byte(0); ; n++ {
		mac := hmac.New(sha256.New, seed)
		mac.Write([]byte("checkoutd: the key of the account at the CA"))
		mac.Write([]byte{n})

		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), mac.Sum(nil))
		if err == nil || n == 255 {
			return key, err
		}
	}
}

// client returns a client of the CA. Each try has its own: one that remembers
// the account would fail for good at a CA that has forgotten it.
func (s *Service) client() *acme.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // a try is over in seconds

	if s.cfg.Roots != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: s.cfg.Roots, MinVersion: tls.VersionTLS12}
	}

	return &acme.Client{
		Key:          s.account,
		DirectoryURL: s.cfg.Directory,
		UserAgent:    s.cfg.UserAgent,
		HTTPClient:   &http.Client{Transport: transport, Timeout: exchangeTimeout},
		RetryBackoff: backoff,
	}
}

// backoff returns the pause before a request to the CA is repeated. A refusal
// of our pace ends the try: the next one waits as long as the CA wants.
func backoff(n int, _ *http.Request, res *http.Response) time.Duration {
	if n > 4 || res.StatusCode == http.StatusTooManyRequests {
		return -1
	}
	return time.Duration(n*n) * 250 * time.Millisecond
}

// register makes the account known to the CA, unless it is. Whoever sets
// TLS_DOMAINS agrees to the CA's terms.
func (s *Service) register(ctx context.Context, client *acme.Client) error {
	var contact []string
	if s.cfg.Email != "" {
		contact = []string{"mailto:" + s.cfg.Email}
	}

	_, err := client.Register(ctx, &acme.Account{Contact: contact}, acme.AcceptTOS)
	if errors.Is(err, acme.ErrAccountAlreadyExists) {
		err = nil
		if contact != nil { // it may be another address than before
			_, err = client.UpdateReg(ctx, &acme.Account{Contact: contact})
		}
	}
	if err != nil {
		return fmt.Errorf("register at the CA: %w", err)
	}

	return nil
}
