package stripeapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/customersession"
	"checkoutd/internal/payments"
	"checkoutd/internal/people"
)

// CreateCustomer creates the Stripe customer of a buyer.
func (c *Client) CreateCustomer(ctx context.Context, buyerID, key string) (string, error) {
	params := &stripe.CustomerParams{Metadata: map[string]string{"checkoutd_buyer": buyerID}}
	post(ctx, &params.Params, key)
	cus, err := c.api.Customers.New(params)
	if err != nil {
		return "", callError(err)
	}
	return cus.ID, nil
}

// CheckCustomer returns an ErrNoCustomer if Stripe does not have the customer.
// Stripe still returns a deleted customer, marked as such
// (https://docs.stripe.com/api/customers/delete).
func (c *Client) CheckCustomer(ctx context.Context, id string) error {
	params := &stripe.CustomerParams{}
	params.Context = ctx
	cus, err := c.api.Customers.Get(id, params)

	switch err = callError(err); {
	case err == nil && cus.Deleted:
		return fmt.Errorf("%w: %s was deleted", customersession.ErrNoCustomer, id)
	case isMissing(err, anyParam):
		return fmt.Errorf("%w: %w", customersession.ErrNoCustomer, err)
	}

	return err
}

// DeleteCustomer deletes a customer with the saved payment methods, which
// cannot be undone and ends the customer's subscriptions. A deletion needs no
// idempotency key: one that Stripe does not have, or has deleted already, is no
// error (https://docs.stripe.com/api/customers/delete). In a connected account
// the error is people.ErrAccountGone or people.ErrAccountReadOnly if its owner
// does not allow the deletion.
func (c *Client) DeleteCustomer(ctx context.Context, id string) error {
	params := &stripe.CustomerParams{}
	params.Context = ctx
	_, err := c.api.Customers.Del(id, params)
	switch err = callError(err); {
	case isMissing(err, anyParam):
		return nil
	case payments.IsAccountGone(err):
		return fmt.Errorf("%w: %w", people.ErrAccountGone, err)
	case payments.IsReadOnly(err):
		return fmt.Errorf("%w: %w", people.ErrAccountReadOnly, err)
	}

	return err
}

// CreateCustomerSession lets the Payment Element show and change a customer's
// saved payment methods (https://docs.stripe.com/api/customer_sessions).
func (c *Client) CreateCustomerSession(
	ctx context.Context, customerID string, f customersession.Features, key string,
) (clientSecret string, err error) {
	params := &stripe.CustomerSessionParams{
		Customer: stripe.String(customerID),
		Components: &stripe.CustomerSessionComponentsParams{
			PaymentElement: &stripe.CustomerSessionComponentsPaymentElementParams{
				Enabled:  stripe.Bool(true),
				Features: features(f),
			},
		},
	}

	post(ctx, &params.Params, key)
	cs, err := c.api.CustomerSessions.New(params)

	// The error for a deleted customer is the same
	// (https://docs.stripe.com/error-codes#resource-missing).
	switch err = callError(err); {
	case isMissing(err, "customer"):
		return "", fmt.Errorf("%w: %w", customersession.ErrNoCustomer, err)
	case err != nil:
		return "", err
	}

	return cs.ClientSecret, nil
}

// anyParam matches every parameter in isMissing.
const anyParam = ""

// isMissing reports whether err means that the object in a parameter does not
// exist.
func isMissing(err error, param string) bool {
	var e *payments.CallError
	return errors.As(err, &e) && e.Stripe.Code == string(stripe.ErrorCodeResourceMissing) &&
		(param == anyParam || e.Param == param)
}

// features returns the features of a session: each switch on or off, and no
// details of one that is off, since Stripe refuses a usage without saving.
func features(f customersession.Features) *stripe.CustomerSessionComponentsPaymentElementFeaturesParams {
	out := &stripe.CustomerSessionComponentsPaymentElementFeaturesParams{
		PaymentMethodRedisplay: enabled(f.Redisplay),
		PaymentMethodRemove:    enabled(f.Remove),
		PaymentMethodSave:      enabled(f.Save),
	}

	if f.Save {
		out.PaymentMethodSaveUsage = optional(f.SaveUsage)
	}

	if f.Redisplay && len(f.Filters) > 0 {
		out.PaymentMethodAllowRedisplayFilters = stripe.StringSlice(f.Filters)
	}

	if f.Redisplay && f.Limit > 0 {
		out.PaymentMethodRedisplayLimit = stripe.Int64(int64(f.Limit))
	}

	return out
}

func enabled(on bool) *string {
	if on {
		return stripe.String("enabled")
	}
	return stripe.String("disabled")
}

// CashBalance returns what a customer has sent by bank transfer and no payment
// has taken, by currency.
func (c *Client) CashBalance(ctx context.Context, customerID string) (map[string]int64, error) {
	params := &stripe.CashBalanceParams{Customer: stripe.String(customerID)}
	params.Context = ctx

	balance, err := c.api.CashBalances.Get(params)
	if err != nil {
		return nil, callError(err)
	}

	return balance.Available, nil
}
