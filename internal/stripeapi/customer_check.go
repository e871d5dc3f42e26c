package stripeapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/customersession"
	"checkoutd/internal/payments"
)

// CheckCustomer returns an ErrNoCustomer when Stripe does not have the customer. Stripe
// answers for one that was deleted, and says so
// (https://docs.stripe.com/api/customers/delete).
func (c *Client) CheckCustomer(ctx context.Context, id string) error {
	params := &stripe.CustomerParams{}
	params.Context = ctx
	cus, err := c.api.Customers.Get(id, params)
	switch {
	case err == nil && cus.Deleted:
		return fmt.Errorf("%w: %s was deleted", customersession.ErrNoCustomer, id)
	case err == nil:
		return nil
	}
	err = callError(err)
	var e *payments.CallError
	if errors.As(err, &e) && e.Stripe.Code == string(stripe.ErrorCodeResourceMissing) {
		return fmt.Errorf("%w: %w", customersession.ErrNoCustomer, err)
	}
	return err
}
