package stripeapi

import (
	"context"
	"errors"

	"github.com/stripe/stripe-go/v81"
)

// Account returns the ID of the account that the calls are for: that of the key
// for the platform's own.
func (c *Client) Account(ctx context.Context) (string, error) {
	var found stripe.Account
	params := &stripe.AccountParams{}
	params.Context = ctx

	// The client of stripe-go does not take a context for this call.
	if err := c.backend.Call("GET", "/v1/account", unkeyed, params, &found); err != nil {
		return "", callError(err)
	}
	if found.ID == "" {
		return "", errors.New("stripeapi: Stripe's answer names no account")
	}

	return found.ID, nil
}
