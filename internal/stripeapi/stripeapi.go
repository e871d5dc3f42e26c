// Package stripeapi is the adapter over stripe-go, and the only place that names
// it.
//
// It guarantees: no package-global key; the API version that stripe-go pins, our app
// info and an idempotency key of ours on every POST (the transport refuses one
// without); time limits; errors as *payments.CallError, which says whether the
// call may have taken effect.
package stripeapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/idempotency"
)

// APIVersion is the version that every call and every webhook endpoint of ours is pinned to.
const APIVersion = stripe.APIVersion

// Name and URL are how checkoutd shows itself to Stripe, from the server and from the
// page (https://docs.stripe.com/building-plugins#setappinfo).
const (
	Name = "checkoutd"
	URL  = "https://github.com/checkoutd/checkoutd"
)

// Config is what a Client needs.
type Config struct {
	Key        string        // sk_… or rk_…
	BaseURL    string        // https://api.stripe.com, or the offline Stripe
	Timeout    time.Duration // of one HTTP exchange
	Retries    int64         // by stripe-go, under the same idempotency key
	AppVersion string
	Transport  http.RoundTripper // nil: a pool of our own
}

// Client calls Stripe with one key. It is safe for concurrent use.
type Client struct {
	Codec

	api     resources
	backend stripe.Backend
	key     string
}

// appInfo is process-wide in stripe-go, so the first Client's version stays.
var appInfo sync.Once

// New returns a Client. It calls nobody.
func New(c Config) *Client {
	appInfo.Do(func() {
		stripe.SetAppInfo(&stripe.AppInfo{Name: Name, Version: c.AppVersion, URL: URL})
	})
	backends := stripe.NewBackendsWithConfig(&stripe.BackendConfig{
		URL:               stripe.String(strings.TrimSuffix(c.BaseURL, "/")),
		HTTPClient:        &http.Client{Timeout: c.Timeout, Transport: keyed{transport(c.Transport)}, CheckRedirect: noRedirect},
		MaxNetworkRetries: stripe.Int64(c.Retries),
		EnableTelemetry:   stripe.Bool(false),
		// stripe-go's own log repeats request details; ours has what is needed.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	return &Client{api: newResources(backends.API, c.Key), backend: backends.API, key: c.Key}
}

// transport keeps enough idle connections for a busy checkout: Go's default is
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

// keyed refuses a POST whose idempotency key is not ours: stripe-go makes a
// random key for a POST without one, which would hide that it was forgotten.
type keyed struct{ next http.RoundTripper }

var errNoKey = errors.New("stripeapi: a POST without an idempotency key of ours")

func (k keyed) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && !idempotency.IsOurs(r.Header.Get("Idempotency-Key")) {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, fmt.Errorf("%w: %s", errNoKey, r.URL.Path)
	}
	return k.next.RoundTrip(r.WithContext(traceExchanges(r.Context())))
}
