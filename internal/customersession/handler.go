package customersession

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/httpio"
	"checkoutd/internal/idempotency"
	"checkoutd/internal/orders"
)

// Config is what a Handler needs.
type Config struct {
	Store  Store
	Stripe Stripe
	Orders *orders.Service
	Log    zerolog.Logger
	Secure bool // the shop is on https
	// Features are what the shop wants of a session; an order may get less.
	Features Features
}

// Handler serves POST /create-customer-session. It is safe for concurrent use.
type Handler struct {
	cfg    Config
	cookie cookie
}

// New reads the key that signs the buyer cookie and returns a Handler.
func New(ctx context.Context, c Config) (*Handler, error) {
	key, err := c.Store.Key(ctx, "buyer_cookie")
	if err != nil {
		return nil, fmt.Errorf("customersession: %w", err)
	}
	return &Handler{cfg: c, cookie: cookie{key: key, secure: c.Secure}}, nil
}

// maxBody bounds the body, in bytes.
const maxBody = 1 << 10

// sessionTimeout bounds all calls to Stripe for one session. The page waits for
// the session before it opens the form, and works without it.
const sessionTimeout = 15 * time.Second

// ServeHTTP responds with {customer_session_client_secret}, which is null if
// Stripe fails. The guide's client sends no body; a body may name the order by
// orderId.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		OrderID string `json:"orderId"`
	}
	if err := httpio.DecodeOptionalJSON(w, r, &body, maxBody); err != nil {
		return err
	}

	o, err := h.cfg.Orders.Opened(r, body.OrderID)
	if err != nil {
		return err
	}

	httpio.LogFields(r.Context()).Set("order_id", o.ID)

	ctx, cancel := context.WithTimeout(r.Context(), sessionTimeout)
	defer cancel()

	buyer := h.cookie.buyer(r, o.ID)
	secret, err := h.withCustomer(ctx, o, buyer, func(ctx context.Context, customer string) (string, error) {
		return h.createSession(ctx, o, customer)
	})

	var answer struct {
		ClientSecret *string `json:"customer_session_client_secret"`
	}
	if err != nil {
		h.cfg.Log.Warn().Err(err).
			Str("order_id", o.ID).
			Msg("no CustomerSession; the page goes on without it")
	} else {
		answer.ClientSecret = &secret
		h.cookie.write(w, buyer)
	}

	return httpio.WriteJSON(w, http.StatusOK, answer)
}

func (h *Handler) createSession(ctx context.Context, o orders.Order, customer string) (secret string, err error) {
	f, err := h.features(ctx, o, customer)
	if err != nil {
		return "", err
	}
	return h.cfg.Stripe.CreateCustomerSession(ctx, customer, f, idempotency.CustomerSession())
}
