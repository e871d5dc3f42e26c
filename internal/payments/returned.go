package payments

import (
	"context"
	"crypto/subtle"
	"strings"

	"checkoutd/internal/orders"
)

// maxSecret bounds a client secret, in characters.
const maxSecret = 300

// OrderBySecret returns the order of the intent whose client secret is given.
// Stripe appends the secret to the address to which a bank sends the buyer
// back, so whoever has it paid the order, in whatever browser
// (https://docs.stripe.com/payments/finalize-payments-on-the-server). ok is
// false for any other secret.
func (s *Service) OrderBySecret(ctx context.Context, secret string) (o orders.Order, ok bool, err error) {
	intentID, _, ok := strings.Cut(secret, "_secret_")
	if !ok || len(secret) > maxSecret {
		return orders.Order{}, false, nil
	}

	orderID, err := s.cfg.Store.OrderWithIntent(ctx, intentID)
	if err != nil || orderID == "" {
		return orders.Order{}, false, err
	}

	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return orders.Order{}, false, err
	}

	in := st.Intent(intentID)
	if in == nil || in.ClientSecret == "" ||
		subtle.ConstantTimeCompare([]byte(in.ClientSecret), []byte(secret)) != 1 {
		return orders.Order{}, false, nil
	}

	return st.Order, true, nil
}
