package httpio

import (
	"cmp"
	"net/http"

	"checkoutd/internal/fault"
)

// StatusClientGone is the customary status of a request whose client closed
// the connection before the response. It appears in the log only.
const StatusClientGone = 499

// statuses maps the kinds of errors to HTTP statuses. An unknown kind is an
// internal error.
var statuses = map[fault.Kind]int{
	fault.Malformed:    http.StatusBadRequest,
	fault.Invalid:      http.StatusUnprocessableEntity,
	fault.Unauthorized: http.StatusUnauthorized,
	fault.Forbidden:    http.StatusForbidden,
	fault.NotFound:     http.StatusNotFound,
	fault.Conflict:     http.StatusConflict,
	fault.TooLarge:     http.StatusRequestEntityTooLarge,
	fault.Unsupported:  http.StatusUnsupportedMediaType,
	fault.Declined:     http.StatusPaymentRequired,
	fault.TooMany:      http.StatusTooManyRequests,
	fault.Unavailable:  http.StatusServiceUnavailable,
}

// Status returns the HTTP status for a kind of error.
func Status(k fault.Kind) int { return cmp.Or(statuses[k], http.StatusInternalServerError) }
