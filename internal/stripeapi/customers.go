package stripeapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/customersession"
	"checkoutd/internal/payments"
)

// CreateCustomer makes the Stripe customer of a buyer.
func (c *Client) CreateCustomer(ctx context.Context, buyerID, key string) (string, error) {
	params := &stripe.CustomerParams{Metadata: map[string]string{"checkoutd_buyer": buyerID}}
	post(ctx, &params.Params, key)
	cus, err := c.api.Customers.New(params)
	if err != nil {
		return "", callError(err)
	}
	return cus.ID, nil
}

// CreateCustomerSession lets the Payment Element deal with a customer's saved methods
// (https://docs.stripe.com/api/customer_sessions).
func (c *Client) CreateCustomerSession(ctx context.Context, customerID string, f customersession.Features, key string) (string, error) {
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
	if err != nil {
		return "", noCustomer(callError(err))
	}
	return cs.ClientSecret, nil
}

// noCustomer marks the error about a customer that does not exist. For one that was
// deleted it is the same (https://docs.stripe.com/error-codes#resource-missing).
func noCustomer(err error) error {
	var e *payments.CallError
	if errors.As(err, &e) && e.Stripe.Code == string(stripe.ErrorCodeResourceMissing) && e.Param == "customer" {
		return fmt.Errorf("%w: %w", customersession.ErrNoCustomer, err)
	}
	return err
}

// features says of each switch whether it is on, and nothing of what is off: Stripe
// refuses a usage without saving.
func features(f customersession.Features) *stripe.CustomerSessionComponentsPaymentElementFeaturesParams {
	out := &stripe.CustomerSessionComponentsPaymentElementFeaturesParams{
		PaymentMethodRedisplay: enabled(f.Redisplay), PaymentMethodRemove: enabled(f.Remove), PaymentMethodSave: enabled(f.Save),
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
