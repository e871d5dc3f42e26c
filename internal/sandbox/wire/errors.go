package wire

import (
	"fmt"
	"net/http"
	"strings"
)

// apiError is Stripe's error object with the HTTP status that goes with it. See
// https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes.
type Error struct {
	Status int  `json:"-"`
	Commit bool `json:"-"` // the change stays although the caller gets an error (a declined payment)
	Early  bool `json:"-"` // raised before execution began: an idempotency key does not remember it

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
	TypeAPI         = "api_error"
	typeCard        = "card_error"
	TypeIdempotency = "idempotency_error"
	TypeInvalid     = "invalid_request_error"
)

// Error makes an apiError an error; the text is Stripe's public message.
func (e *Error) Error() string { return e.Message }

func DocURL(code string) string {
	if code == "" {
		return ""
	}
	return "https://stripe.com/docs/error-codes/" + strings.ReplaceAll(code, "_", "-")
}

// Invalid is a 400 invalid_request_error.
func Invalid(code, param, format string, args ...any) *Error {
	return &Error{
		Status:  http.StatusBadRequest,
		Type:    TypeInvalid,
		Code:    code,
		Param:   param,
		DocURL:  DocURL(code),
		Message: fmt.Sprintf(format, args...),
	}
}

// Malformed is an error of the parameters themselves, found before anything was
// done.
func Malformed(code, param, format string, args ...any) *Error {
	e := Invalid(code, param, format, args...)
	e.Early = true
	return e
}

func MissingParam(name string) *Error {
	return Malformed("parameter_missing", name, "Missing required param: %s.", name)
}

// NotFound is Stripe's answer for an object in the path that does not exist.
func NotFound(noun, id string) *Error {
	e := NoSuch(noun, "id", id)
	e.Status = http.StatusNotFound
	return e
}

// NoSuch is Stripe's answer for an object in a parameter that does not exist.
func NoSuch(noun, param, id string) *Error {
	return Invalid("resource_missing", param, "No such %s: '%s'", noun, id)
}

// CardError is a 402 that keeps what the attempt changed.
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

func Unauthorized(code, format string, args ...any) *Error {
	e := Malformed(code, "", format, args...)
	e.Status = http.StatusUnauthorized
	return e
}

func InternalError() *Error {
	return &Error{
		Status:  http.StatusInternalServerError,
		Early:   true,
		Type:    TypeAPI,
		Message: "Sorry, there was an unexpected error in the sandbox. It has been written to its log.",
	}
}
