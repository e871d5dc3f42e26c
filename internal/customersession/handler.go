package customersession

import (
	"context"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/httpio"
	"checkoutd/internal/idempotency"
	"checkoutd/internal/orders"
	"checkoutd/internal/tracing"
)

// Config is what a Handler needs.
type Config struct {
	Store Store
	// Stripe returns the calls to Stripe for a connected account, or for the
	// platform's own if it is "".
	Stripe func(account string) Stripe
	Orders *orders.Service
	Now    func() time.Time
	Log    zerolog.Logger
	Secure bool // the shop is on https
	// Spares reports whether a request gets no session, because somebody seems
	// to test cards. Nil: every request gets one.
	Spares func(r *http.Request) (bool, error)
	// Features are what the shop wants of a session; an order may get less.
	Features Features
}

// Handler serves POST /create-customer-session. It is safe for concurrent use.
type Handler struct {
	cfg    Config
	cookie cookie
}

// New returns a Handler.
func New(c Config) *Handler {
	return &Handler{cfg: c, cookie: cookie{store: c.Store, now: c.Now, secure: c.Secure}}
}

// maxBody bounds the body, in bytes.
const maxBody = 1 << 10

// sessionTimeout bounds all calls to Stripe for one session. The page waits for
// the session before it opens the form, and works without it.
const sessionTimeout = 15 * time.Second

// ServeHTTP responds with {customer_session_client_secret}, which is null if
// Stripe fails, and for an order that costs nothing. The guide's client sends
// no body; a body may name the order by orderId.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		OrderID     string `json:"orderId"`
		ClientToken string `json:"clientToken"`
	}
	if err := httpio.DecodeOptionalJSON(w, r, &body, maxBody); err != nil {
		return err
	}

	orders.PresentClientToken(r, body.ClientToken)

	o, err := h.cfg.Orders.Opened(r, body.OrderID)
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("order_id", o.ID)
	tracing.Continue(r.Context(), o.Traced())

	if o.Free() { // without a payment it needs no customer
		return h.ServeNone(w, r)
	}

	ctx, cancel := context.WithTimeout(r.Context(), sessionTimeout)
	defer cancel()

	spared, err := h.spares(r)
	switch {
	case err != nil:
		return err
	case spared:
		return h.ServeNone(w, r)
	}

	secret, err := h.session(ctx, w, r, o)
	if err != nil {
		h.cfg.Log.Warn().Ctx(ctx).Err(err).
			Str("order_id", o.ID).
			Msg("no CustomerSession; the page goes on without it")

		return h.ServeNone(w, r)
	}

	return httpio.WriteJSON(w, http.StatusOK, answer{ClientSecret: &secret})
}

// answer is the response. The secret is null if there is no session.
type answer struct {
	ClientSecret *string `json:"customer_session_client_secret"`
}

// ServeNone responds that there is no session, with which the page works, too.
func (h *Handler) ServeNone(w http.ResponseWriter, _ *http.Request) error {
	return httpio.WriteJSON(w, http.StatusOK, answer{})
}

func (h *Handler) spares(r *http.Request) (bool, error) {
	if h.cfg.Spares == nil {
		return false, nil
	}
	return h.cfg.Spares(r)
}

// session creates a session for the order's customer and gives the browser a
// buyer's token.
func (h *Handler) session(
	ctx context.Context, w http.ResponseWriter, r *http.Request, o orders.Order,
) (secret string, err error) {
	v, err := h.cookie.visitor(r, &o)
	if err != nil {
		return "", err
	}

	secret, err = h.withCustomer(ctx, o, v.buyerID, func(ctx context.Context, customer string) (string, error) {
		return h.createSession(ctx, o, customer)
	})
	if err != nil {
		return "", err
	}

	h.remember(ctx, w, o, v)
	return secret, nil
}

// remember gives the browser a buyer's token. Without one the payment goes on,
// and the buyer is not recognized the next time.
func (h *Handler) remember(ctx context.Context, w http.ResponseWriter, o orders.Order, v visitor) {
	if err := h.cookie.give(ctx, w, v); err != nil {
		h.cfg.Log.Warn().Ctx(ctx).Err(err).
			Str("order_id", o.ID).
			Msg("no token for the buyer, who will not be recognized")
	}
}

func (h *Handler) createSession(ctx context.Context, o orders.Order, customer string) (secret string, err error) {
	f, err := h.features(ctx, o, customer)
	if err != nil {
		return "", err
	}
	return h.cfg.Stripe(o.Account).CreateCustomerSession(ctx, customer, f, idempotency.CustomerSession())
}
