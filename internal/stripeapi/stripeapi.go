// Package stripeapi is the adapter over stripe-go, and the only place that
// imports it.
//
// It guarantees that no key is global to the package; that every call uses the
// API version that stripe-go pins and our app info; that every POST carries an
// idempotency key of ours, since the transport refuses one without; that every
// call has a time limit; that no request exceeds the budget; that nothing is
// written for a connected account whose owner allows reading only; and that
// errors are *payments.CallError, which states whether the call may have taken
// effect.
package stripeapi

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/budget"
)

// APIVersion is the version that all our calls and webhook endpoints are pinned
// to.
const APIVersion = stripe.APIVersion

// Name and URL identify checkoutd to Stripe, in the calls of the server and of
// the page (https://docs.stripe.com/building-plugins#setappinfo).
const (
	Name = "checkoutd"
	URL  = "https://github.com/checkoutd/checkoutd"
)

// AppInfo identifies the software that calls.
type AppInfo struct{ Name, Version, URL, PartnerID string }

// Or returns the info, or that of checkoutd in the given version if it has no
// name.
func (i AppInfo) Or(version string) AppInfo {
	if i.Name == "" {
		i.Name, i.Version, i.URL = Name, version, URL
	}
	return i
}

// Config is what a Client needs.
type Config struct {
	// Key returns the key (sk_… or rk_…) of now. It is asked before every
	// request.
	Key func() string

	BaseURL    string        // https://api.stripe.com, or the offline Stripe
	Timeout    time.Duration // of one HTTP exchange
	Retries    int64         // by stripe-go, under the same idempotency key
	AppVersion string
	App        AppInfo           // the product that checkoutd is a part of
	Budget     *budget.Budget    // paces all requests, repeated ones too; nil: no limit
	Accounts   *budget.Accounts  // paces those for each connected account before; nil: no limit
	Transport  http.RoundTripper // nil: a pool of our own
	Meter      Meter             // measures the requests; may be nil
	// MayWrite reports whether the owner of a connected account allows calls
	// that change something, or connect.ErrNotConnected if it is disconnected.
	// No such call leaves this process otherwise. Nil allows it for every
	// account.
	MayWrite func(ctx context.Context, account string) (bool, error)
	// AccessLost is called with the ID of a connected account when Stripe
	// refuses a call for it because the platform has no access. It must not
	// block; nil: nobody is told.
	AccessLost func(accountID string)
	// KeyTold is called after every answer that shows whether Stripe accepts
	// the key. It must not block; nil: nobody is told.
	KeyTold func(key string, accepted bool)
}

// Meter measures requests to Stripe.
type Meter interface {
	// StripeAnswered is called after a request that was sent. status is 0
	// without an answer.
	StripeAnswered(method string, status int, took time.Duration)
	// StripeNotAsked is called for a request whose turn did not come in time.
	StripeNotAsked(method string)
}

// Client calls Stripe with one key, for one account: the platform's own, or a
// connected one. It is safe for concurrent use.
type Client struct {
	Codec

	api     resources
	backend stripe.Backend
	shared  *shared
	account string // the connected account, "" for the platform's own
}

// shared is what the Clients of all accounts have in common.
type shared struct {
	config     Config
	httpClient http.Client // its transport is a guard
	products   sync.Map    // of productIn: those that are known to exist
}

// appInfo is global in stripe-go, so the version of the first Client stays.
var appInfo sync.Once

// New returns a Client. It makes no call.
func New(c Config) *Client {
	appInfo.Do(func() {
		i := c.App.Or(c.AppVersion)
		stripe.SetAppInfo(&stripe.AppInfo{Name: i.Name, Version: i.Version, URL: i.URL, PartnerID: i.PartnerID})
	})

	return (&shared{
		config: c,
		httpClient: http.Client{
			Timeout: c.Timeout,
			Transport: guard{
				next:     keyed{measured{transport(c.Transport), c.Meter}, c.Key, c.KeyTold},
				budget:   c.Budget,
				accounts: c.Accounts,
				mayWrite: c.MayWrite,
				lost:     c.AccessLost,
				meter:    c.Meter,
			},
			CheckRedirect: noRedirect,
		},
	}).client("")
}

// For returns a Client for a connected account, or for the platform's own
// account if it is "". Both share their connections and the budget of all
// requests.
func (c *Client) For(account string) *Client {
	if account == c.account {
		return c
	}
	return c.shared.client(account)
}

// client returns a Client whose every request is for the account. The header is
// set by the transport, so that no call can be made without it
// (https://docs.stripe.com/connect/authentication#stripe-account-header).
func (s *shared) client(account string) *Client {
	httpClient := s.httpClient
	if account != "" {
		httpClient.Transport = onAccount{next: s.httpClient.Transport, account: account}
	}

	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String(strings.TrimSuffix(s.config.BaseURL, "/")),
		HTTPClient:        &httpClient,
		MaxNetworkRetries: stripe.Int64(s.config.Retries),
		EnableTelemetry:   stripe.Bool(false),
		// stripe-go's own log repeats request details; ours has what is needed.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})

	return &Client{
		api:     newResources(backend, unkeyed),
		backend: backend,
		shared:  s,
		account: account,
	}
}

// transport keeps enough idle connections for a busy checkout. Go's default is
// two per host, and every further confirm would pay for a TLS handshake.
func transport(given http.RoundTripper) http.RoundTripper {
	if given != nil {
		return given
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 128, 128
	return t
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
