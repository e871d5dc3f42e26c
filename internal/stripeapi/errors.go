package stripeapi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/payments"
)

// callError turns what stripe-go returns into a CallError, which says what the call
// left behind. Sources: https://docs.stripe.com/error-low-level (which statuses
// are certain) and https://docs.stripe.com/api/errors.
func callError(err error) error {
	if err == nil {
		return nil
	}
	var e *stripe.Error
	if !errors.As(err, &e) {
		// No answer, or one that nobody can read: anything may have happened.
		return &payments.CallError{Stripe: payments.StripeError{Type: payments.TypeConnection}, Cause: err}
	}
	out := &payments.CallError{
		Stripe: payments.StripeError{
			Type: errorType(e), Code: string(e.Code), DeclineCode: string(e.DeclineCode), Message: e.Msg,
		},
		Param: e.Param,
		Cause: fmt.Errorf("status %d, request %s", e.HTTPStatusCode, e.RequestID),
	}
	out.Outcome, out.Answered = outcome(e)
	if e.PaymentIntent != nil {
		s := snapshot(e.PaymentIntent)
		out.Snapshot = &s
	}
	return out
}

// errorType tells apart by the HTTP status what Stripe's type alone does not.
func errorType(e *stripe.Error) string {
	switch {
	case e.HTTPStatusCode == http.StatusUnauthorized:
		return payments.TypeAuthentication
	case e.HTTPStatusCode == http.StatusForbidden:
		return payments.TypePermission
	case e.HTTPStatusCode == http.StatusTooManyRequests:
		return payments.TypeRateLimit
	case e.HTTPStatusCode == http.StatusConflict:
		return payments.TypeIdempotency
	case e.Type == "":
		return payments.TypeAPI
	default:
		return string(e.Type)
	}
}

// outcome says what the call left behind, and whether it is over at Stripe.
func outcome(e *stripe.Error) (o payments.Outcome, answered bool) {
	switch {
	case e.HTTPStatusCode == http.StatusConflict, e.Code == stripe.ErrorCodeLockTimeout:
		return payments.OutcomeUnknown, false // another request with this key or on this object is under way
	case e.HTTPStatusCode >= http.StatusInternalServerError:
		return payments.OutcomeUnknown, true
	case e.Type == stripe.ErrorTypeIdempotency:
		return payments.OutcomeUnknown, true // the key was used, with other parameters
	default:
		return payments.OutcomeRefused, true
	}
}
