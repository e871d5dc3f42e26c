package stripeapi

import (
	"context"
	"strconv"

	"github.com/stripe/stripe-go/v81"
)

// CreateAccountSession returns the client secret of a new session for embedded
// components of a connected account. The platform makes the call for itself:
// the account is a parameter
// (https://docs.stripe.com/api/account_sessions/create).
func (c *Client) CreateAccountSession(
	ctx context.Context, accountID string, components map[string]map[string]bool, key string,
) (clientSecret string, err error) {
	params := &stripe.AccountSessionParams{Account: stripe.String(accountID)}
	for name, features := range components {
		params.AddExtra("components["+name+"][enabled]", "true")
		for feature, on := range features {
			params.AddExtra("components["+name+"][features]["+feature+"]", strconv.FormatBool(on))
		}
	}

	post(ctx, &params.Params, key)
	session, err := c.api.AccountSessions.New(params)
	if err != nil {
		return "", callError(err)
	}

	return session.ClientSecret, nil
}
