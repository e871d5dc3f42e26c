package customersession

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/rs/zerolog"

	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
)

// Stripe is the calls that this package needs.
type Stripe interface {
	// CreateCustomer makes the customer of a buyer. The same key gives the same
	// customer.
	CreateCustomer(ctx context.Context, buyerID, idempotencyKey string) (customerID string, err error)
	// CreateCustomerSession gives the client secret of a new session.
	CreateCustomerSession(ctx context.Context, customerID, idempotencyKey string) (clientSecret string, err error)
}

// Config is what a Handler needs.
type Config struct {
	Store  Store
	Stripe Stripe
	Orders *orders.Service
	Log    zerolog.Logger
	Secure bool // the shop is on https
}

// Handler is POST /create-customer-session. It is safe for concurrent use.
type Handler struct {
	Config
	cookie cookie
}

// New reads the key that signs the buyer cookie and returns a Handler.
func New(ctx context.Context, c Config) (*Handler, error) {
	key, err := c.Store.Key(ctx, "buyer_cookie")
	if err != nil {
		return nil, fmt.Errorf("customersession: %w", err)
	}
	return &Handler{Config: c, cookie: cookie{key: key, secure: c.Secure}}, nil
}

// maxBody bounds the body, in bytes.
const maxBody = 1 << 10

// ServeHTTP answers {customer_session_client_secret}: null when Stripe fails. The guide's
// client sends no body; a body may name the order by orderId.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		OrderID string `json:"orderId"`
	}
	if err := httpio.DecodeOptionalJSON(w, r, &body, maxBody); err != nil {
		return err
	}
	o, err := h.Orders.Opened(r, body.OrderID)
	if err != nil {
		return err
	}
	httpio.LogFields(r.Context()).Set("order_id", o.ID)
	buyer, known := h.cookie.read(r)
	if !known {
		buyer = h.cookie.buyerOf(o.ID)
	}
	var answer struct {
		ClientSecret *string `json:"customer_session_client_secret"`
	}
	secret, err := h.session(r.Context(), o, buyer)
	if err != nil {
		h.Log.Warn().Err(err).Str("order_id", o.ID).Msg("no CustomerSession; the page goes on without it")
	} else {
		answer.ClientSecret = &secret
		h.cookie.write(w, buyer)
	}
	return httpio.WriteJSON(w, http.StatusOK, answer)
}

// errClosed says that an order without a customer gets none any more.
var errClosed = errors.New("customersession: the order has no customer and is not open")

// session makes a session for the order's own customer, who is the buyer's when the
// order has none yet.
func (h *Handler) session(ctx context.Context, o orders.Order, buyer string) (string, error) {
	customer := o.CustomerID
	if customer == "" {
		if o.Status != orders.Open {
			return "", errClosed
		}
		var err error
		if customer, err = h.customer(ctx, buyer); err != nil {
			return "", err
		}
		if customer, err = h.Store.SetCustomer(ctx, o.ID, customer); err != nil {
			return "", err
		}
		if customer == "" {
			return "", errClosed // since it was read
		}
	}
	return h.Stripe.CreateCustomerSession(ctx, customer, orders.NewID("checkoutd-session-"))
}

// customer is the buyer's Stripe customer, made on first need. The key is the
// buyer's, so that two pages that ask at once get one customer.
func (h *Handler) customer(ctx context.Context, buyer string) (string, error) {
	id, err := h.Store.Buyer(ctx, buyer)
	if err != nil || id != "" {
		return id, err
	}
	if id, err = h.Stripe.CreateCustomer(ctx, buyer, "checkoutd-customer-"+buyer); err != nil {
		return "", err
	}
	return h.Store.SetBuyer(ctx, buyer, id)
}
