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

// CreateCustomerSession lets the Payment Element show a customer's saved methods and, if
// askToSave, ask whether to save a new one (https://docs.stripe.com/api/customer_sessions).
func (c *Client) CreateCustomerSession(ctx context.Context, customerID string, askToSave bool, key string) (string, error) {
	params := &stripe.CustomerSessionParams{
		Customer: stripe.String(customerID),
		Components: &stripe.CustomerSessionComponentsParams{
			PaymentElement: &stripe.CustomerSessionComponentsPaymentElementParams{
				Enabled:  stripe.Bool(true),
				Features: features(askToSave),
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

func features(askToSave bool) *stripe.CustomerSessionComponentsPaymentElementFeaturesParams {
	const enabled, disabled = "enabled", "disabled"
	f := &stripe.CustomerSessionComponentsPaymentElementFeaturesParams{
		PaymentMethodRedisplay: stripe.String(enabled),
		PaymentMethodSave:      stripe.String(disabled),
	}
	if askToSave {
		f.PaymentMethodSave, f.PaymentMethodSaveUsage = stripe.String(enabled), stripe.String("on_session")
	}
	return f
}
