package stripeapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/payments"
)

// callError turns an error of stripe-go into a CallError, whose Outcome states
// whether the call may have taken effect. Sources:
// https://docs.stripe.com/error-low-level (which statuses are certain) and
// https://docs.stripe.com/api/errors.
func callError(err error) error {
	if err == nil {
		return nil
	}

	var e *stripe.Error
	if !errors.As(err, &e) {
		// No answer, or an unreadable one: anything may have happened.
		return &payments.CallError{
			Outcome: payments.OutcomeUnknown,
			Stripe:  payments.StripeError{Type: payments.TypeConnection},
			Cause:   clipped{err},
		}
	}

	out := &payments.CallError{
		Outcome:  outcome(e),
		Replayed: e.LastResponse != nil && e.LastResponse.Header.Get("Idempotent-Replayed") == "true",
		Stripe: payments.StripeError{
			Type:        errorType(e),
			Code:        string(e.Code),
			DeclineCode: string(e.DeclineCode),
			Message:     e.Msg,
			MethodType:  triedMethod(e),
		},
		Param: e.Param,
		Cause: fmt.Errorf("status %d, request %s", e.HTTPStatusCode, e.RequestID),
	}

	// Stripe's sentence quotes the key.
	if e.Code == stripe.ErrorCodeAccountInvalid {
		out.Stripe.Message = "The platform has no access to this account."
	}

	switch {
	case e.PaymentIntent != nil:
		s := snapshot(e.PaymentIntent)
		out.Snapshot = &s
	case e.SetupIntent != nil:
		s := setupSnapshot(e.SetupIntent)
		out.Snapshot = &s
	}

	return out
}

// clipped shortens the text of an error to one line. If an answer is not
// Stripe's (a proxy's page), the text of stripe-go's error is the whole body.
type clipped struct{ error }

const maxCause = 200 // characters

func (c clipped) Error() string {
	var b strings.Builder
	n := 0

	for _, r := range c.error.Error() {
		if n++; n > maxCause {
			b.WriteRune('…')
			break
		}

		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			r = '.'
		}

		b.WriteRune(r)
	}

	return b.String()
}

// Unwrap returns the whole error, so that a timeout or a cancellation is still
// recognized.
func (c clipped) Unwrap() error { return c.error }

// errorType returns the type of an error. Where Stripe's type alone does not
// tell errors apart, the HTTP status does.
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

// outcome returns whether the request may have taken effect.
func outcome(e *stripe.Error) payments.Outcome {
	switch {
	case e.HTTPStatusCode == http.StatusConflict, e.Code == stripe.ErrorCodeLockTimeout:
		return payments.OutcomeUnknown // another request with this key or on this object is in flight
	case e.HTTPStatusCode >= http.StatusInternalServerError, e.HTTPStatusCode == http.StatusFailedDependency,
		e.Type == stripe.ErrorTypeAPI:
		// Stripe may complete it later
		// (https://docs.stripe.com/error-low-level#server-errors).
		return payments.OutcomeUnknown

	case e.Type == stripe.ErrorTypeIdempotency:
		return payments.OutcomeUnknown // the key was used before, with other parameters
	default:
		return payments.OutcomeRefused
	}
}
