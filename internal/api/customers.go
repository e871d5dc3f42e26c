package api

import (
	"context"
	"net/http"
	"net/url"

	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/people"
)

// Customers knows the customers of the shop. *people.Service implements it.
type Customers interface {
	// Customer returns what is stored under the shop's reference, or
	// people.ErrNotFound.
	Customer(ctx context.Context, reference string) (people.Customer, error)
	// Erase removes what is stored under the shop's reference. Nothing is no
	// error. done is false if Stripe has not confirmed its part yet.
	Erase(ctx context.Context, reference string) (done bool, err error)
}

// ShopCustomerObject is what is stored of a customer of the shop.
type ShopCustomerObject struct {
	Object    string  `json:"object"` // always "customer"
	Reference string  `json:"reference"`
	ID        *string `json:"id"`     // at Stripe
	Orders    int     `json:"orders"` // how many there are
	// BlockingOrders are those that keep the customer from being erased, at
	// most ten.
	BlockingOrders []string `json:"blocking_orders"`
	// Erasing is true while Stripe has not confirmed an erasure.
	Erasing bool `json:"erasing"`
}

// ServeCustomer is GET /v1/customers/{reference}.
func (s *Service) ServeCustomer(w http.ResponseWriter, r *http.Request, _ Call) error {
	reference, err := customerReference(r)
	if err != nil {
		return err
	}

	c, err := s.cfg.Customers.Customer(r.Context(), reference)
	if err != nil {
		return err
	}

	return httpio.WriteJSON(w, http.StatusOK, ShopCustomerObject{
		Object:         "customer",
		Reference:      c.Reference,
		ID:             optional(c.CustomerID),
		Orders:         c.Orders,
		BlockingOrders: append([]string{}, c.Blocking...),
		Erasing:        c.Erasing,
	})
}

// ErasureObject is the answer to an erasure that Stripe has not confirmed yet.
type ErasureObject struct {
	Object string `json:"object"` // always "customer_erasure"
	Status string `json:"status"` // always "pending"
}

// ServeEraseCustomer is DELETE /v1/customers/{reference}.
func (s *Service) ServeEraseCustomer(w http.ResponseWriter, r *http.Request, _ Call) error {
	reference, err := customerReference(r)
	if err != nil {
		return err
	}

	done, err := s.cfg.Customers.Erase(r.Context(), reference)
	switch {
	case err != nil:
		return err
	case !done:
		return httpio.WriteJSON(w, http.StatusAccepted, ErasureObject{"customer_erasure", "pending"})
	}

	w.WriteHeader(http.StatusNoContent)
	return nil
}

// customerReference returns the shop's reference in the path, which may be
// escaped. One that no order could have is people.ErrNotFound.
func customerReference(r *http.Request) (string, error) {
	text := r.PathValue("reference")
	if r.URL.RawPath != "" { // the router matches that one
		plain, err := url.PathUnescape(text)
		if err != nil {
			return "", people.ErrNotFound
		}
		text = plain
	}

	reference, err := orders.CustomerReference(text)
	if err != nil || reference == "" {
		return "", people.ErrNotFound
	}
	return reference, nil
}
