package customersession

import (
	"context"
	"errors"

	"checkoutd/internal/idempotency"
	"checkoutd/internal/orders"
)

// errClosed means that the order has no customer and can no longer get one.
var errClosed = errors.New("customersession: the order has no customer and is not open")

// maxCustomers bounds the customers that are tried for one call: the order's,
// the buyer's, and a new one.
const maxCustomers = 3

// customerCall is a call to Stripe with a customer. After an ErrNoCustomer it
// is repeated with another one.
type customerCall func(ctx context.Context, customer string) (result string, err error)

// withCustomer makes a call with the order's own customer, or with the buyer's
// if the order has none yet. It binds a customer to the order only after Stripe
// has accepted that customer.
func (h *Handler) withCustomer(
	ctx context.Context, o orders.Order, buyer string, call customerCall,
) (string, error) {
	customer, deleted := o.CustomerID, ""
	if customer == "" && o.Status != orders.Open {
		return "", errClosed
	}

	for range maxCustomers {
		if customer == "" {
			var err error
			if customer, err = h.customerOf(ctx, o.Account, buyer, deleted); err != nil {
				return "", err
			}
		}

		result, err := call(ctx, customer)
		if err == nil {
			return h.bind(ctx, o, customer, result, call)
		}
		if !errors.Is(err, ErrNoCustomer) {
			return "", err
		}

		h.cfg.Log.Warn().
			Ctx(ctx).
			Str("order_id", o.ID).
			Str("customer_id", customer).
			Msg("Stripe no longer has this customer")

		if forgetErr := h.cfg.Store.ForgetBuyer(ctx, o.Account, buyer, customer); forgetErr != nil {
			return "", forgetErr
		}
		if o.Status != orders.Open { // it can get no other customer
			return "", err
		}

		customer, deleted = "", customer
	}

	return "", ErrNoCustomer
}

// bind makes customer, with whom the call returned result, the order's own. If
// another request bound a different customer first, the call is repeated with
// that one.
func (h *Handler) bind(
	ctx context.Context, o orders.Order, customer, result string, call customerCall,
) (string, error) {
	if customer == o.CustomerID {
		return result, nil
	}

	bound, err := h.cfg.Store.SetCustomer(ctx, o, customer)
	switch {
	case err != nil:
		return "", err
	case bound == customer:
		return result, nil
	case bound == "":
		return "", errClosed // since it was read, or the shop has named another buyer
	default:
		return call(ctx, bound)
	}
}

// customerOf returns the buyer's Stripe customer in an account and creates it
// if there is none. deleted is the customer that a new one replaces, "" for
// none.
func (h *Handler) customerOf(ctx context.Context, account, buyer, deleted string) (string, error) {
	id, err := h.cfg.Store.Buyer(ctx, account, buyer)
	if err != nil || id != "" {
		return id, err
	}

	for range maxCustomers {
		id, err = h.cfg.Stripe(account).CreateCustomer(ctx, buyer, idempotency.Customer(account, buyer, deleted))
		if err != nil {
			return "", err
		}

		bound, err := h.cfg.Store.SetBuyer(ctx, account, buyer, id)
		if err != nil || bound != "" {
			return bound, err
		}
		deleted = id // erased: the key was that of its creation, which Stripe has repeated
	}

	return "", ErrNoCustomer
}
