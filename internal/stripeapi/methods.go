package stripeapi

import (
	"context"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/payments"
)

// Method reads the payment method of a ConfirmationToken
// (https://docs.stripe.com/api/confirmation_tokens/object).
func (c *Client) Method(ctx context.Context, token string) (payments.Method, error) {
	params := &stripe.ConfirmationTokenParams{}
	params.Context = ctx

	read, err := c.api.ConfirmationTokens.Get(token, params)
	if err != nil {
		return payments.Method{}, callError(err)
	}

	preview := read.PaymentMethodPreview
	if preview == nil {
		return payments.Method{}, nil
	}

	m := payments.Method{Type: string(preview.Type)}
	if card := preview.Card; card != nil {
		m.Card = &payments.Card{
			Brand:   card.Brand,
			Country: card.Country,
			Funding: card.Funding,
			Last4:   card.Last4,
		}
		if card.Wallet != nil {
			m.Wallet = string(card.Wallet.Type)
		}
	}

	if m.Type == "link" {
		m.Wallet = m.Type
	}

	return m, nil
}
