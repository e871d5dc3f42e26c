package api

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/httprate"
	"github.com/rs/zerolog"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/tracing"
)

// Config is what a Service needs.
type Config struct {
	Keys       KeyStore
	Requests   RequestStore
	Orders     OrderStore
	Shop       Shop
	Operations *payments.Operations
	Customers  Customers
	Endpoints  deliveries.Admin
	Networks   deliveries.Networks // that endpoints may be in although they are not public
	Sender     *deliveries.Sender
	Now        func() time.Time
	Log        zerolog.Logger
	Livemode   bool
	Links      Links
	PerMinute  int // requests of one key in a minute; 0 for no limit
}

// Service serves the shop's backend. It is safe for concurrent use.
type Service struct {
	cfg     Config
	limiter *httprate.RateLimiter // nil: no limit
}

// New returns a Service.
func New(c Config) *Service {
	s := &Service{cfg: c}
	if c.PerMinute > 0 {
		s.limiter = httprate.NewRateLimiter(c.PerMinute, time.Minute,
			httprate.WithResponseHeaders(httprate.ResponseHeaders{}))
	}
	return s
}

// Call is a request whose key has been checked.
type Call struct {
	Key Key
	// Request names a POST with an Idempotency-Key: its repetitions have the
	// same name, also after a crash. It is "" for any other request.
	Request string
	// seed is random, and the same for all repetitions of a request.
	seed string
}

// ID returns an ID for what the call creates: a repetition of the call gets the
// same, so that it finds what is there already. ok is false if no repetition of
// the call could be recognized.
func (c Call) ID(prefix string) (id string, ok bool) {
	name, ok := strings.CutPrefix(c.Request, requestPrefix)
	if !ok {
		return "", false
	}
	return prefix + name, true
}

// Secret returns a secret for what the call creates, and use says for what. A
// repetition of the call gets the same: whichever of two that overlap is
// answered last, the answers of both hold what is stored.
func (c Call) Secret(use string) [sha256.Size]byte {
	mac := hmac.New(sha256.New, []byte(c.seed))
	_, _ = mac.Write([]byte(use)) // a hash returns no errors
	return [sha256.Size]byte(mac.Sum(nil))
}

// Handler serves a call. It returns its error, as httpio.Handler does.
type Handler func(w http.ResponseWriter, r *http.Request, c Call) error

// Get serves a call that changes nothing.
func (s *Service) Get(h Handler) http.HandlerFunc { return s.call(ScopeRead, plainly(h)) }

// Patch serves a call that may be repeated as it is: the second time changes
// nothing.
func (s *Service) Patch(needs Scope, h Handler) http.HandlerFunc { return s.call(needs, plainly(h)) }

// Delete serves a call that removes something: the second time finds nothing.
func (s *Service) Delete(needs Scope, h Handler) http.HandlerFunc { return s.call(needs, plainly(h)) }

// Post serves a call that is carried out once for each Idempotency-Key.
func (s *Service) Post(needs Scope, h Handler) http.HandlerFunc {
	return s.call(needs, s.once(plainly(h)))
}

// plainly says to the shop's backend what other rooms say to buyers.
func plainly(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request, c Call) error {
		err := h(w, r, c)
		if fault.Is(err, orders.ErrNotFound.Code) {
			err = fault.Wrap(err, fault.NotFound, orders.ErrNotFound.Code, "There is no order with this ID.")
		}
		return err
	}
}

// ServeNotFound answers a request to an address that is no call.
func ServeNotFound(w http.ResponseWriter, r *http.Request) {
	httpio.Handle(func(http.ResponseWriter, *http.Request) error { return errNoCall })(w, r)
}

var errNoCall = fault.New(fault.NotFound, "not_found",
	"The API has no call at this address: GET /v1/openapi.json describes those that it has.")

// call checks the caller before h sees the request. The refusals say nothing
// about what exists.
func (s *Service) call(needs Scope, h Handler) http.HandlerFunc {
	return httpio.Handle(func(w http.ResponseWriter, r *http.Request) error {
		key, err := s.authenticate(r)
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="checkoutd"`)
			return err
		}

		httpio.LogFields(r.Context()).Set("api_key", key.ID)
		tracing.Accept(r.Context(), r.Header.Get("Traceparent"))

		if s.limiter != nil && s.limiter.OnLimit(w, r, key.ID) {
			return errTooMany
		}
		if !key.Scope.Includes(needs) {
			return errScope(key.Scope, needs)
		}

		return h(w, r, Call{Key: key, seed: rand.Text()})
	})
}

// The refusals of a caller.
var (
	errUnauthorized = fault.New(fault.Unauthorized, "api_key_invalid",
		"This call needs a valid API key of this mode: send Authorization: Bearer ck_….")
	errTooMany = fault.New(fault.TooMany, "rate_limited",
		"This API key made too many requests in a short time. Please wait a minute and try again.").
		With("retry_after", 60)
)

// errScope refuses a call that needs another scope than the key has.
func errScope(has, needs Scope) error {
	return fault.New(fault.Forbidden, "scope_insufficient",
		fmt.Sprintf("This call needs an API key with the scope %s, and this key has the scope %s.", needs, has)).
		With("scope", needs)
}

// authenticate returns the key of a request. A wrong key and a revoked one take
// the same statements.
func (s *Service) authenticate(r *http.Request) (Key, error) {
	secret, ok := secretOf(r)
	if !ok || !wellFormed(secret, s.cfg.Livemode) {
		return Key{}, errUnauthorized
	}

	key, ok, err := s.cfg.Keys.UseAPIKey(r.Context(), hashKey(secret), s.cfg.Now())
	switch {
	case err != nil:
		return Key{}, err
	case !ok || key.Livemode != s.cfg.Livemode:
		return Key{}, errUnauthorized
	}

	return key, nil
}

// secretOf returns the key that a request carries: as a bearer token, or as the
// user name of basic authentication, as Stripe's own API takes it
// (https://docs.stripe.com/api/authentication).
func secretOf(r *http.Request) (string, bool) {
	if user, _, ok := r.BasicAuth(); ok {
		return user, true
	}
	scheme, secret, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(secret), ok && strings.EqualFold(scheme, "Bearer")
}

// render returns an order as the API shows it.
func (s *Service) render(o *orders.Order) OrderObject { return Render(o, s.cfg.Links) }
