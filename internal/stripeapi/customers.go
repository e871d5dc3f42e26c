package stripeapi

import (
	"context"

	"github.com/stripe/stripe-go/v81"
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

// CreateCustomerSession lets the Payment Element show a customer's saved methods and
// offer to save a new one (https://docs.stripe.com/api/customer_sessions).
func (c *Client) CreateCustomerSession(ctx context.Context, customerID, key string) (string, error) {
	const enabled = "enabled"
	params := &stripe.CustomerSessionParams{
		Customer: stripe.String(customerID),
		Components: &stripe.CustomerSessionComponentsParams{
			PaymentElement: &stripe.CustomerSessionComponentsPaymentElementParams{
				Enabled: stripe.Bool(true),
				Features: &stripe.CustomerSessionComponentsPaymentElementFeaturesParams{
					PaymentMethodRedisplay: stripe.String(enabled),
					PaymentMethodSave:      stripe.String(enabled),
					PaymentMethodSaveUsage: stripe.String("on_session"),
				},
			},
		},
	}
	post(ctx, &params.Params, key)
	cs, err := c.api.CustomerSessions.New(params)
	if err != nil {
		return "", callError(err)
	}
	return cs.ClientSecret, nil
}
