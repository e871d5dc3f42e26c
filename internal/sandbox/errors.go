package sandbox

import (
	"fmt"
	"net/http"
	"strings"
)

// apiError is Stripe's error object with the HTTP status that goes with it.
// See https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes.
type Error struct {
	status int
	commit bool // the change stays although the caller gets an error (a declined payment)
	early  bool // raised before execution began: an idempotency key does not remember it

	AdviceCode    string `json:"advice_code,omitempty"`
	Charge        string `json:"charge,omitempty"`
	Code          string `json:"code,omitempty"`
	DeclineCode   string `json:"decline_code,omitempty"`
	DocURL        string `json:"doc_url,omitempty"`
	Message       string `json:"message"`
	Param         string `json:"param,omitempty"`
	PaymentIntent any    `json:"payment_intent,omitempty"`
	PaymentMethod any    `json:"payment_method,omitempty"`
	RequestLogURL string `json:"request_log_url,omitempty"`
	SetupIntent   any    `json:"setup_intent,omitempty"`
	Type          string `json:"type"`
}

const (
	typeAPI         = "api_error"
	typeCard        = "card_error"
	typeIdempotency = "idempotency_error"
	typeInvalid     = "invalid_request_error"
)

// Error makes an apiError an error; the text is Stripe's public message.
func (e *Error) Error() string { return e.Message }

func docURL(code string) string {
	if code == "" {
		return ""
	}
	return "https://stripe.com/docs/error-codes/" + strings.ReplaceAll(code, "_", "-")
}

// invalid is a 400 invalid_request_error.
func invalid(code, param, format string, args ...any) *Error {
	return &Error{
		status: http.StatusBadRequest, Type: typeInvalid, Code: code, Param: param,
		DocURL: docURL(code), Message: fmt.Sprintf(format, args...),
	}
}

// malformed is an error of the parameters themselves, found before anything was done.
func malformed(code, param, format string, args ...any) *Error {
	e := invalid(code, param, format, args...)
	e.early = true
	return e
}

func missingParam(name string) *Error {
	return malformed("parameter_missing", name, "Missing required param: %s.", name)
}

// notFound is Stripe's answer for an object in the path that does not exist.
func notFound(noun, id string) *Error {
	e := noSuch(noun, "id", id)
	e.status = http.StatusNotFound
	return e
}

// noSuch is Stripe's answer for an object in a parameter that does not exist.
func noSuch(noun, param, id string) *Error {
	return invalid("resource_missing", param, "No such %s: '%s'", noun, id)
}

// cardError is a 402 that keeps what the attempt changed.
func cardError(code, decline, message string) *Error {
	return &Error{
		status: http.StatusPaymentRequired, commit: true, Type: typeCard, Code: code, DeclineCode: decline,
		DocURL: docURL(code), Message: message,
	}
}

func unauthorized(code, format string, args ...any) *Error {
	e := malformed(code, "", format, args...)
	e.status = http.StatusUnauthorized
	return e
}

func internalError() *Error {
	return &Error{
		status: http.StatusInternalServerError, early: true, Type: typeAPI,
		Message: "Sorry, there was an unexpected error in the sandbox. It has been written to its log.",
	}
}
