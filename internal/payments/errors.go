package payments

import (
	"errors"
	"fmt"

	"checkoutd/internal/fault"
)

// Outcome is what a failed call to Stripe left behind.
type Outcome int

const (
	// OutcomeUnknown means that the call may have taken effect: no answer came
	// back, or one that does not decide it.
	OutcomeUnknown Outcome = iota
	// OutcomeRefused means that Stripe refused this request. The request
	// changed nothing but what Snapshot shows. Whether an earlier request under
	// the same key took effect is not known, unless the answer is Replayed.
	OutcomeRefused
)

// CallError is a call to Stripe that did not succeed.
type CallError struct {
	Outcome  Outcome
	Replayed bool // Stripe repeated the answer to the first request under the key
	Repeated bool // the request was sent more than once within the call
	Stripe   StripeError
	Param    string    // the parameter that Stripe names
	Snapshot *Snapshot // the intent that the error carries, if any
	// Mismatch is why the result at Stripe differs from the request, "" if it
	// does not. No money was taken, whatever was sent before, and a person must
	// review the order.
	Mismatch string
	Cause    error // private
}

// Error returns the private text, for logs. It leaves out Stripe's message,
// which may repeat what the buyer typed.
func (e *CallError) Error() string {
	return fmt.Sprintf("stripe: %s %s %s (param %q, replayed %t, repeated %t): %v",
		e.Stripe.Type, e.Stripe.Code, e.Stripe.DeclineCode, e.Param, e.Replayed, e.Repeated, e.Cause)
}

// Unwrap returns the cause.
func (e *CallError) Unwrap() error { return e.Cause }

// provesFailure reports whether the error proves that nothing was done under
// the idempotency key. firstSend is true if no request was sent under the key
// before. Stripe checks rate limits, authentication and most parameters before
// it looks at the key. So once an earlier request may have arrived, only an
// answer from under the key decides
// (https://docs.stripe.com/error-low-level#content-errors).
func (e *CallError) provesFailure(firstSend bool) bool {
	if e.Outcome != OutcomeRefused {
		return false
	}
	return firstSend && !e.Repeated || e.Replayed || e.Stripe.Type == TypeCard
}

// stripeError returns Stripe's error with the code that decides what the buyer
// is told.
func (e *CallError) stripeError() *StripeError {
	out := e.Stripe
	out.Code = e.refusalCode()
	return &out
}

// asCallError returns the CallError in err. The outcome of any other error is
// unknown.
func asCallError(err error) *CallError {
	var e *CallError
	if errors.As(err, &e) {
		return e
	}
	return &CallError{Stripe: StripeError{Type: TypeConnection}, Cause: err}
}

func isNotFound(err error) bool {
	return err != nil && fault.Of(err).Kind == fault.NotFound
}

// Stripe's error types (https://docs.stripe.com/error-handling#error-types).
// Authentication, permission, rate limit and connection errors are told apart
// by their HTTP status, as Stripe's libraries do.
const (
	TypeCard           = "card_error"
	TypeInvalidRequest = "invalid_request_error"
	TypeAuthentication = "authentication_error"
	TypePermission     = "permission_error"
	TypeRateLimit      = "rate_limit_error"
	TypeIdempotency    = "idempotency_error"
	TypeAPI            = "api_error"
	TypeConnection     = "api_connection_error"
)

// Stripe's codes for a 3D Secure check or a redirect that failed
// (https://docs.stripe.com/error-codes#payment-intent-authentication-failure).
// Stripe's messages for them are meant for developers.
const (
	codeNotAuthenticated      = "payment_intent_authentication_failure"
	codeSetupNotAuthenticated = "setup_intent_authentication_failure"
)

// codeLapsed is Stripe's code for instructions that nobody followed in time
// (https://docs.stripe.com/error-codes#payment-intent-payment-attempt-expired).
const codeLapsed = "payment_intent_payment_attempt_expired"

// The faults that buyers see.
var (
	// ErrPaymentInProgress refuses a second attempt while one may still take
	// money.
	ErrPaymentInProgress = fault.New(fault.Conflict, "payment_in_progress",
		"Another payment for this order is still in progress. Please wait for it to finish.")

	errUnknown = &fault.Error{
		Kind:    fault.Conflict,
		Code:    "payment_unknown",
		Message: "We are checking your payment. Please wait and do not pay again.",
		Payment: &fault.Payment{Type: TypeAPI, Code: "payment_unknown"},
	}
	errInReview = &fault.Error{
		Kind:    fault.Conflict,
		Code:    "order_not_open",
		Message: "The shop is reviewing this order. Please do not pay again.",
		Payment: &fault.Payment{Type: TypeInvalidRequest, Code: "order_not_open"},
	}
	// errAlreadyPaid refuses a token because an earlier payment of the order
	// has gone through.
	errAlreadyPaid = &fault.Error{
		Kind:    fault.Conflict,
		Code:    "order_not_open",
		Message: "An earlier payment for this order has gone through. Please do not pay again.",
		Payment: &fault.Payment{Type: TypeInvalidRequest, Code: "order_not_open"},
	}
	// errOptionsChanged refuses a token that was created for other options than
	// the order's. Stripe would refuse it too, but not say what to do.
	errOptionsChanged = fault.New(fault.Conflict, "options_changed",
		"This order has changed. You were not charged; please check it and pay again.")
	errCanceling = fault.New(fault.Conflict, "order_not_open",
		"This order is being canceled. Please start a new order.")
	errShippingMissing = fault.InvalidField("shipping", "shipping_missing",
		"Please enter a shipping address and choose a shipping method.")
	errUnreachable = fault.New(fault.Unavailable, "payment_provider_unavailable",
		"We could not reach the payment provider. You were not charged; please try again in a moment.")
	errTooMany = fault.New(fault.TooMany, "too_many_attempts",
		"There were too many attempts to pay this order. Please start a new order.")
	errReplaced = fault.New(fault.TooMany, "too_many_replacements",
		"The confirmation of this order was started over too often. Please finish the one that is open, "+
			"or start a new order.")
	errTokenMissing = fault.InvalidField("confirmationTokenId", "token_missing", "confirmationTokenId is missing.")
	errToken        = fault.InvalidField("confirmationTokenId", "token_malformed",
		"confirmationTokenId must be the ID of a ConfirmationToken (ctoken_…).")
)

// The faults that the shop sees.
var (
	// ErrOperationInProgress refuses a second operation while the outcome of
	// one is not known.
	ErrOperationInProgress = fault.New(fault.Conflict, "operation_in_progress",
		"Another operation on this order is in progress. Check the order, then try again.")

	errPaidOutOfBand = fault.New(fault.Conflict, "paid_out_of_band",
		"This order was paid outside of Stripe, which has no money of it to refund. Pay it back the way it came.")
	errNothingPaid = fault.New(fault.Conflict, "order_free",
		"This order cost nothing: there is no money to capture, to refund or to release.")
	errPaymentInDoubt = fault.New(fault.Conflict, "payment_in_progress",
		"A payment for this order is in progress and its outcome is not known yet. Try again once it is.")
)
