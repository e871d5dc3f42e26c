// Package fault defines the error that checkoutd shows to people: a stable code
// and one sentence for the public, and a private cause for the log.
//
// It knows nothing about HTTP: a Kind classifies the error, and httpio alone
// maps a Kind to a status. An error without an *Error in its chain is internal:
// the public sees a fixed sentence and the request id, never its text.
package fault

import (
	"errors"
	"maps"
)

// Kind classifies an error from the caller's point of view.
type Kind int

// The kinds. Internal is the zero value, so that a forgotten kind never
// blames the caller.
const (
	Internal     Kind = iota
	Malformed         // the request could not be read: bad JSON, unknown field
	Invalid           // it was read, and a value breaks a rule; Field names it
	Unauthorized      // the caller is not known
	Forbidden         // this caller may not do it
	NotFound          // it does not exist, or this caller may not see it
	Conflict          // its state does not allow it now
	TooLarge          // the body is over the limit
	Unsupported       // we do not read this content type
	Declined          // the payment was declined; Payment has the details
	TooMany           // the caller must slow down
	Unavailable       // we, or Stripe behind us, cannot do it now
)

// Payment is a failed payment as Stripe's error object describes it. The
// message that goes with it is Stripe's own and meant for the buyer
// (https://docs.stripe.com/error-handling).
type Payment struct {
	Type        string // card_error, invalid_request_error, api_error, …
	Code        string // card_declined, expired_card, …; may be empty
	DeclineCode string // insufficient_funds, …; may be empty
}

// Error is an error with a public face.
type Error struct {
	Kind    Kind
	Code    string         // stable, for programs: "amount_changed"
	Message string         // one sentence, for people
	Field   string         // the request field at fault, "" if none
	Payment *Payment       // set on payment errors
	Extra   map[string]any // more public members: the new amount, …
	cause   error
}

// New returns an Error without a cause.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Wrap returns an Error whose private cause is err. Only the log sees err.
func Wrap(err error, kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message, cause: err}
}

// InvalidField returns an Invalid error about one field of the request.
func InvalidField(field, code, message string) *Error {
	return &Error{Kind: Invalid, Code: code, Message: message, Field: field}
}

// Error returns the private text, for logs.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.cause.Error()
	}
	return e.Code + ": " + e.Message
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.cause }

// With returns a copy that also shows key = value to the public.
func (e *Error) With(key string, value any) *Error {
	c := *e
	c.Extra = make(map[string]any, len(e.Extra)+1)
	maps.Copy(c.Extra, e.Extra)
	c.Extra[key] = value
	return &c
}

// Of returns the public face of err: the nearest *Error in its chain, or else
// an Internal one that hides it.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Wrap(err, Internal, "internal_error",
		"Something went wrong on our side. Please try again.")
}

// Is reports whether err's public code is code.
func Is(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
