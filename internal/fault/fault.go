// Package fault is the error that checkoutd shows to people: a stable code and
// one sentence for the public, and a private cause for the log.
//
// It knows nothing of HTTP: a Kind says what sort of trouble it is, and httpio
// alone turns a Kind into a status. An error that is no *Error is an internal
// one: the public sees a fixed sentence and the request id, never the text.
package fault

import "errors"

// Kind is the sort of trouble, from the caller's point of view.
type Kind int

// The kinds. Internal is the zero value, so that a forgotten kind never
// blames the caller.
const (
	Internal     Kind = iota
	Malformed         // the request could not be read: bad JSON, unknown field
	Invalid           // it was read, and a value breaks a rule; Field names it
	Unauthorized      // nobody is known to be asking
	Forbidden         // this caller may not
	NotFound          // no such thing, or none that this caller may see
	Conflict          // the thing's state does not allow it now
	TooLarge          // the body is over the limit
	Unsupported       // the content type is not one we read
	Declined          // the payment was declined; Payment tells how
	TooMany           // the caller must slow down
	Unavailable       // we, or Stripe behind us, cannot do it now
)

// Payment is what Stripe's error object says of a failed payment. Its words
// are Stripe's own and meant for the buyer
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

// Error gives the private text, for logs.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.cause.Error()
	}
	return e.Code + ": " + e.Message
}

// Unwrap gives the private cause.
func (e *Error) Unwrap() error { return e.cause }

// With returns a copy that also says key = value to the public.
func (e *Error) With(key string, value any) *Error {
	c := *e
	c.Extra = make(map[string]any, len(e.Extra)+1)
	for k, v := range e.Extra {
		c.Extra[k] = v
	}
	c.Extra[key] = value
	return &c
}

// Of finds the public face of err: the nearest *Error in its chain, or an
// Internal one that hides it.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Wrap(err, Internal, "internal_error", "Something went wrong on our side. Please try again.")
}

// Is reports whether err's public code is code.
func Is(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
