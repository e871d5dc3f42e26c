package wire

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
)

// Error is Stripe's error object together with its HTTP status. See
// https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes.
type Error struct {
	Status int  `json:"-"`
	Commit bool `json:"-"` // the changes are kept in spite of the error, as for a declined payment
	Early  bool `json:"-"` // from before the execution, so that an idempotency key does not keep it

	AdviceCode         string  `json:"advice_code,omitempty"`
	Charge             string  `json:"charge,omitempty"`
	Code               string  `json:"code,omitempty"`
	DeclineCode        string  `json:"decline_code,omitempty"`
	DocURL             string  `json:"doc_url,omitempty"`
	Message            string  `json:"message"`
	NetworkAdviceCode  string  `json:"network_advice_code,omitempty"`
	NetworkDeclineCode string  `json:"network_decline_code,omitempty"`
	Param              *string `json:"param,omitempty"` // nil = none; Stripe sends some declines with an empty one
	PaymentIntent      any     `json:"payment_intent,omitempty"`
	PaymentMethod      any     `json:"payment_method,omitempty"`
	RequestLogURL      string  `json:"request_log_url,omitempty"`
	SetupIntent        any     `json:"setup_intent,omitempty"`
	Type               string  `json:"type"`
}

// The types of errors.
const (
	TypeAPI         = "api_error"
	typeCard        = "card_error"
	TypeIdempotency = "idempotency_error"
	TypeInvalid     = "invalid_request_error"
)

// Error returns Stripe's public message.
func (e *Error) Error() string { return e.Message }

// DocURL returns the page of Stripe's documentation about an error code.
func DocURL(code string) string {
	if code == "" {
		return ""
	}
	return "https://stripe.com/docs/error-codes/" + strings.ReplaceAll(code, "_", "-")
}

// Invalid returns an invalid_request_error with status 400.
func Invalid(code, param, format string, args ...any) *Error {
	return &Error{
		Status:  http.StatusBadRequest,
		Type:    TypeInvalid,
		Code:    code,
		Param:   OrNil(param),
		DocURL:  DocURL(code),
		Message: fmt.Sprintf(format, args...),
	}
}

// Malformed returns an error in the parameters themselves, found before the
// execution.
func Malformed(code, param, format string, args ...any) *Error {
	e := Invalid(code, param, format, args...)
	e.Early = true
	return e
}

// MissingParam returns the error for a required parameter that was not sent.
func MissingParam(name string) *Error {
	return Malformed("parameter_missing", name, "Missing required param: %s.", name)
}

// pathParams are the names that errors give to {id} of a path, by the noun of
// the object. For others it is id.
var pathParams = map[string]string{
	"payment_intent": "intent",
	"setupintent":    "intent",
	"PaymentMethod":  "payment_method",
}

// NotFound returns the error for an object in the path that does not exist.
func NotFound(noun, id string) *Error {
	e := NoSuch(noun, cmp.Or(pathParams[noun], "id"), id)
	e.Status = http.StatusNotFound
	return e
}

// NotSimulated returns the error for a part of Stripe's API that the sandbox
// does not simulate. Ignoring it silently would mislead the caller.
func NotSimulated(what string) *Error {
	e := Malformed("", what, "%s is part of Stripe's API, but the offline sandbox does not simulate it.", what)
	e.Status = http.StatusNotImplemented
	return e
}

// NoSuch returns the error for an object in a parameter that does not exist.
func NoSuch(noun, param, id string) *Error {
	return Invalid("resource_missing", param, "No such %s: '%s'", noun, id)
}

// CardError returns a card_error with status 402. The changes of the attempt
// are kept.
func CardError(code, decline, message string) *Error {
	return &Error{
		Status:      http.StatusPaymentRequired,
		Commit:      true,
		Type:        typeCard,
		Code:        code,
		DeclineCode: decline,
		DocURL:      DocURL(code),
		Message:     message,
	}
}

// Unauthorized returns an error with status 401.
func Unauthorized(code, format string, args ...any) *Error {
	e := Malformed(code, "", format, args...)
	e.Status = http.StatusUnauthorized
	return e
}

// InternalError returns the error for a bug of the sandbox.
func InternalError() *Error {
	return &Error{
		Status:  http.StatusInternalServerError,
		Early:   true,
		Type:    TypeAPI,
		Message: "An unexpected error occurred in the offline sandbox. Its log has the details.",
	}
}
