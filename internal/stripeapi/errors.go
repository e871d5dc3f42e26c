package stripeapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"unicode"

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
		return &payments.CallError{Stripe: payments.StripeError{Type: payments.TypeConnection}, Cause: clipped{err}}
	}
	out := &payments.CallError{
		Stripe: payments.StripeError{
			Type: errorType(e), Code: string(e.Code), DeclineCode: string(e.DeclineCode), Message: e.Msg,
		},
		Param: e.Param,
		Cause: fmt.Errorf("status %d, request %s", e.HTTPStatusCode, e.RequestID),
	}
	out.Outcome = outcome(e)
	out.Replayed = e.LastResponse != nil && e.LastResponse.Header.Get("Idempotent-Replayed") == "true"
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

// clipped shows the beginning of an error, on one line. stripe-go makes the whole body
// of an answer that is not Stripe's (a proxy's page) the text of its error.
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

// Unwrap keeps what the error is: a timeout, the caller's leaving.
func (c clipped) Unwrap() error { return c.error }

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

// outcome says what the request left behind.
func outcome(e *stripe.Error) payments.Outcome {
	switch {
	case e.HTTPStatusCode == http.StatusConflict, e.Code == stripe.ErrorCodeLockTimeout:
		return payments.OutcomeUnknown // another request with this key or on this object is under way
	case e.HTTPStatusCode >= http.StatusInternalServerError, e.HTTPStatusCode == http.StatusFailedDependency,
		e.Type == stripe.ErrorTypeAPI:
		return payments.OutcomeUnknown // Stripe may roll it forward (https://docs.stripe.com/error-low-level#server-errors)
	case e.Type == stripe.ErrorTypeIdempotency:
		return payments.OutcomeUnknown // the key was used, with other parameters
	default:
		return payments.OutcomeRefused
	}
}

// exchanges counts the HTTP requests that one call wrote: stripe-go and Go's transport
// repeat it by themselves.
type exchanges struct{ n atomic.Int64 }

type exchangesKey struct{}

func countExchanges(ctx context.Context) (context.Context, *exchanges) {
	x := &exchanges{}
	return context.WithValue(ctx, exchangesKey{}, x), x
}

// traceExchanges counts what is written under a context of countExchanges.
func traceExchanges(ctx context.Context) context.Context {
	x, ok := ctx.Value(exchangesKey{}).(*exchanges)
	if !ok {
		return ctx
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { x.n.Add(1) },
	})
}

// mark notes in a call's error that the request was sent more than once.
func (x *exchanges) mark(err error) error {
	var e *payments.CallError
	if errors.As(err, &e) {
		e.Repeated = x.n.Load() > 1
	}
	return err
}
