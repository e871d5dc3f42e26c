package customersession

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/rs/zerolog"

	"checkoutd/internal/httpio"
	"checkoutd/internal/idempotency"
	"checkoutd/internal/orders"
)

// Stripe is the calls that this package needs.
type Stripe interface {
	// CreateCustomer makes the customer of a buyer. The same key gives the same
	// customer.
	CreateCustomer(ctx context.Context, buyerID, idempotencyKey string) (customerID string, err error)
	// CheckCustomer returns an ErrNoCustomer when the customer does not exist, or not any
	// more.
	CheckCustomer(ctx context.Context, customerID string) error
	// CreateCustomerSession gives the client secret of a new session with the features. The
	// error is an ErrNoCustomer when the customer does not exist, or not any more.
	CreateCustomerSession(ctx context.Context, customerID string, f Features, idempotencyKey string) (clientSecret string, err error)
}

// ErrNoCustomer says that Stripe has no such customer. Somebody deleted it there, which
// cannot be undone (https://docs.stripe.com/api/customers/delete).
var ErrNoCustomer = errors.New("customersession: Stripe has no such customer")

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

// Handler is POST /create-customer-session. It is safe for concurrent use.
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

// ServeHTTP answers {customer_session_client_secret}: null when Stripe fails. The guide's
// client sends no body; a body may name the order by orderId.
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
	buyer := h.cookie.buyer(r, o.ID)
	var answer struct {
		ClientSecret *string `json:"customer_session_client_secret"`
	}
	secret, err := h.use(r.Context(), o, buyer, func(ctx context.Context, customer string) (string, error) {
		return h.open(ctx, o, customer)
	})
	if err != nil {
		h.cfg.Log.Warn().Err(err).Str("order_id", o.ID).Msg("no CustomerSession; the page goes on without it")
	} else {
		answer.ClientSecret = &secret
		h.cookie.write(w, buyer)
	}
	return httpio.WriteJSON(w, http.StatusOK, answer)
}

// errClosed says that an order without a customer gets none any more.
var errClosed = errors.New("customersession: the order has no customer and is not open")

// maxCustomers is how many customers are tried for one use: the order's, the buyer's, and
// a new one.
const maxCustomers = 3

// useOf does something with a customer. An ErrNoCustomer makes it be tried with another.
type useOf func(ctx context.Context, customer string) (result string, err error)

// use does something with the order's own customer, who is the buyer's when the order has
// none yet. The order is bound to a customer only when Stripe has it.
func (h *Handler) use(ctx context.Context, o orders.Order, buyer string, do useOf) (string, error) {
	customer, dead := o.CustomerID, ""
	if customer == "" && o.Status != orders.Open {
		return "", errClosed
	}
	for range maxCustomers {
		if customer == "" {
			var err error
			if customer, err = h.customer(ctx, buyer, dead); err != nil {
				return "", err
			}
		}
		result, err := do(ctx, customer)
		if err == nil {
			return h.bind(ctx, o, customer, result, do)
		}
		if !errors.Is(err, ErrNoCustomer) {
			return "", err
		}
		h.cfg.Log.Warn().Str("order_id", o.ID).Str("customer_id", customer).Msg("Stripe does not have this customer any more")
		if err := errors.Join(h.cfg.Store.ForgetBuyer(ctx, buyer, customer), closedWith(o, err)); err != nil {
			return "", err
		}
		customer, dead = "", customer
	}
	return "", ErrNoCustomer
}

// closedWith is err for an order that gets no other customer.
func closedWith(o orders.Order, err error) error {
	if o.Status == orders.Open {
		return nil
	}
	return err
}

func (h *Handler) open(ctx context.Context, o orders.Order, customer string) (secret string, err error) {
	f, err := h.features(ctx, o, customer)
	if err != nil {
		return "", err
	}
	return h.cfg.Stripe.CreateCustomerSession(ctx, customer, f, idempotency.CustomerSession())
}

// bind makes the customer that was used the order's own. If another page was first, it is
// done with the customer whom that one named.
func (h *Handler) bind(ctx context.Context, o orders.Order, customer, result string, do useOf) (string, error) {
	if customer == o.CustomerID {
		return result, nil
	}
	bound, err := h.cfg.Store.SetCustomer(ctx, o.ID, o.CustomerID, customer)
	switch {
	case err != nil:
		return "", err
	case bound == customer:
		return result, nil
	case bound == "":
		return "", errClosed // since it was read
	default:
		return do(ctx, bound)
	}
}

// customer is the buyer's Stripe customer, made on first need. The key is the buyer's, so
// that two pages that ask at once get one customer; it also names the dead customer
// whose place the new one takes, since Stripe would answer the old key with that one.
func (h *Handler) customer(ctx context.Context, buyer, dead string) (string, error) {
	id, err := h.cfg.Store.Buyer(ctx, buyer)
	if err != nil || id != "" {
		return id, err
	}
	if id, err = h.cfg.Stripe.CreateCustomer(ctx, buyer, idempotency.Customer(buyer, dead)); err != nil {
		return "", err
	}
	return h.cfg.Store.SetBuyer(ctx, buyer, id)
}
