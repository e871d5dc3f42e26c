package payments

import (
	"errors"
	"fmt"

	"checkoutd/internal/fault"
)

// Outcome is what a failed call to Stripe left behind.
type Outcome int

const (
	// OutcomeUnknown: the call may have taken effect. Nothing came back, or
	// something that does not tell.
	OutcomeUnknown Outcome = iota
	// OutcomeRefused: Stripe said no to this request. It changed nothing but what
	// Snapshot shows; of an earlier request under the same key it says nothing, unless
	// the answer is Replayed.
	OutcomeRefused
)

// CallError is a call to Stripe that did not succeed.
type CallError struct {
	Outcome  Outcome
	Replayed bool // the answer that Stripe keeps under the key: it is the first request's own
	Repeated bool // the request was sent more than once within the call
	Stripe   StripeError
	Param    string    // the parameter that Stripe names
	Snapshot *Snapshot // the intent that the error carries, if any
	// Mismatch says why what Stripe made of the request is not what was asked for, "" if
	// it is: nothing was taken, whatever was sent before, and a person must look.
	Mismatch string
	Cause    error // private
}

// Error gives the private text, for logs. It holds no message of Stripe's, which
// may repeat what the buyer typed.
func (e *CallError) Error() string {
	return fmt.Sprintf("stripe: %s %s %s (param %q, replayed %t, repeated %t): %v",
		e.Stripe.Type, e.Stripe.Code, e.Stripe.DeclineCode, e.Param, e.Replayed, e.Repeated, e.Cause)
}

// Unwrap gives the cause.
func (e *CallError) Unwrap() error { return e.Cause }

// refusal reports whether the error ends the doubt about an attempt. first says that
// nothing was sent for it before. Rate limits, authentication and most checks of
// parameters come before Stripe looks at the idempotency key, so when an earlier request
// may have arrived, only what was done under the key tells
// (https://docs.stripe.com/error-low-level#content-errors).
func (e *CallError) refusal(first bool) bool {
	if e.Outcome != OutcomeRefused {
		return false
	}
	return first && !e.Repeated || e.Replayed || e.Stripe.Type == TypeCard
}

// asCallError finds the CallError of err. An error of another kind is one whose
// outcome is not known.
func asCallError(err error) *CallError {
	var e *CallError
	if errors.As(err, &e) {
		return e
	}
	return &CallError{Stripe: StripeError{Type: TypeConnection}, Cause: err}
}

// Stripe's error types (https://docs.stripe.com/error-handling#error-types), with
// authentication, permission, rate limit and connection told apart from the
// HTTP status as Stripe's libraries do.
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

// codeTokenUnusable stands for every refusal that names the ConfirmationToken:
// expired, used, or not there.
const codeTokenUnusable = "confirmation_token_unusable"

// Stripe's codes of a 3D Secure or a redirect that failed
// (https://docs.stripe.com/error-codes#payment-intent-authentication-failure). Their own
// messages are for developers.
const (
	codeNotAuthenticated      = "payment_intent_authentication_failure"
	codeSetupNotAuthenticated = "setup_intent_authentication_failure"
)

// The refusals of a confirm call.
var (
	// ErrPaymentInProgress refuses a second attempt while one may still take money.
	ErrPaymentInProgress = fault.New(fault.Conflict, "payment_in_progress",
		"Another payment for this order is still in progress. Please wait for it to finish.")
	// ErrOperationInProgress refuses a second operation while the outcome of one is not known.
	ErrOperationInProgress = fault.New(fault.Conflict, "operation_in_progress",
		"Another operation on this order is under way. Please look at the order and try again.")
	errPaymentInDoubt = fault.New(fault.Conflict, "payment_in_progress",
		"A payment of this order is under way, and what became of it is not known yet. Try again when it is.")
	errCanceling = fault.New(fault.Conflict, "order_not_open", "This order is being canceled. Please start a new order.")
	errUnknown   = &fault.Error{Kind: fault.Conflict, Code: "payment_unknown",
		Message: "We are checking your payment. Please wait and do not pay again.",
		Payment: &fault.Payment{Type: TypeAPI, Code: "payment_unknown"}}
	errToken = fault.InvalidField("confirmationTokenId", "token_malformed",
		"confirmationTokenId must be the id of a ConfirmationToken (ctoken_…).")
	errInReview = &fault.Error{Kind: fault.Conflict, Code: "order_not_open",
		Message: "This order is being looked at by the shop. Please do not pay again.",
		Payment: &fault.Payment{Type: TypeInvalidRequest, Code: "order_not_open"}}
	errShippingMissing = fault.InvalidField("shipping", "shipping_missing", "Please say where this order is to be sent.")
	errNoCustomer      = fault.New(fault.Unavailable, "payment_provider_unavailable",
		"The payment provider could not be asked. You were not charged; please try again in a moment.")
	errTooMany = fault.New(fault.TooMany, "too_many_attempts",
		"There were too many attempts to pay this order. Please start a new order.")
)

// fault is what the buyer is told of a failed attempt. It is made from what is
// stored, so that the same token always gets the same answer.
func (a *Attempt) fault() *fault.Error {
	f := &fault.Error{Payment: &fault.Payment{Type: a.ErrorType, Code: a.ErrorCode, DeclineCode: a.DeclineCode}}
	switch {
	case a.State == Canceled:
		f.Kind, f.Code, f.Message = fault.Conflict, "payment_canceled", "This payment was canceled."
	case a.ErrorType == TypeCard:
		f.Kind, f.Code, f.Message = fault.Declined, "payment_declined", a.Message
	case a.ErrorCode == codeSetupNotAuthenticated:
		f.Kind, f.Code, f.Message = fault.Declined, "payment_declined", "Your bank did not confirm this payment method. It was not saved; please try again or use another one."
	case a.ErrorCode == codeNotAuthenticated:
		f.Kind, f.Code, f.Message = fault.Declined, "payment_declined", "Your bank did not confirm this payment. You were not charged; please try again or use another way to pay."
	case a.ErrorCode == codeTokenUnusable:
		f.Kind, f.Code, f.Message = fault.Invalid, "token_expired", "Your payment details have expired. Please enter them again."
	case a.ErrorType == TypeRateLimit:
		f.Kind, f.Code, f.Message = fault.Unavailable, "payment_provider_busy", "The payment provider is busy. You were not charged; please try again in a moment."
	case a.ErrorType == TypeAuthentication, a.ErrorType == TypePermission:
		f.Kind, f.Code, f.Message = fault.Unavailable, "payment_provider_unavailable", "This shop cannot take payments right now. You were not charged."
	case a.ErrorType == TypeInvalidRequest:
		f.Kind, f.Code, f.Message = fault.Invalid, "payment_rejected", "This payment could not be made. You were not charged; please try another way to pay."
	case a.ErrorType == TypeAPI, a.ErrorType == TypeConnection, a.ErrorType == TypeIdempotency:
		f.Kind, f.Code, f.Message = fault.Unavailable, "payment_provider_unavailable", "The payment provider had a problem. You were not charged; please try again."
	default:
		f.Kind, f.Code, f.Message = fault.Declined, "payment_declined", "The payment did not go through. Please try again or use another way to pay."
		f.Payment.Type = TypeCard
	}
	return f
}
