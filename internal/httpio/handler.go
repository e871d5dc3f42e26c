package httpio

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"checkoutd/internal/fault"
)

// Handler is an HTTP handler that returns its error instead of writing it. An
// error after the first byte of the response is only logged.
type Handler func(http.ResponseWriter, *http.Request) error

// PageErrorFunc writes the page that explains f to a visitor.
type PageErrorFunc func(w http.ResponseWriter, r *http.Request, status int, f *fault.Error)

// Handle responds to h's error with a problem.
func Handle(h Handler) http.HandlerFunc { return handle(h, WriteProblem) }

// HandleStripe is Handle for the requests that the client code in Stripe's
// guide makes. That code looks at the error member of the response only, and
// takes a response without one for a success. Every error response therefore
// also contains Stripe's error object (https://docs.stripe.com/api/errors).
func HandleStripe(h Handler) http.HandlerFunc {
	next := Handle(h)

	return func(w http.ResponseWriter, r *http.Request) {
		r, x := withExchange(r)
		x.WantStripeErrors()
		next(w, r)
	}
}

// HandlePage responds to h's error with a page that render writes.
func HandlePage(h Handler, render PageErrorFunc) http.HandlerFunc {
	return handle(h, render)
}

// WriteError responds with the public part of err and keeps err for the log
// line. It is for middleware; handlers return their errors.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	r, x := withExchange(r)
	x.SetError(err)
	status, f := public(r, err)
	WriteProblem(w, r, status, f)
}

// handle calls h and passes its error to write.
func handle(h Handler, write PageErrorFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r, x := withExchange(r)
		rec := Record(w)
		err := h(rec, r)
		if err == nil {
			return
		}

		x.SetError(err)
		if rec.Started() {
			return
		}

		status, f := public(r, err)
		write(rec, r, status, f)
	}
}

// public returns the status and the fault to respond with. A canceled request
// is the client's doing, and must not look like a failure of the server in the
// log. One whose deadline has passed may be tried again.
func public(r *http.Request, err error) (int, *fault.Error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return StatusClientGone, fault.Wrap(err, fault.Unavailable, "client_gone", "The request was canceled.")
	}

	f := fault.Of(err)
	if f.Kind == fault.Internal && errors.Is(err, context.DeadlineExceeded) {
		f = fault.Wrap(err, fault.Unavailable, "timed_out", "This took too long. Please try again.")
	}

	return Status(f.Kind), f
}

// Negotiate writes an error as a page to clients that accept HTML, as browsers
// do when they open an address, and as a problem to all others. If page is nil,
// it always writes a problem.
func Negotiate(page PageErrorFunc) PageErrorFunc {
	return func(w http.ResponseWriter, r *http.Request, status int, f *fault.Error) {
		w.Header().Add("Vary", "Accept")
		if page != nil && strings.Contains(r.Header.Get("Accept"), "text/html") {
			page(w, r, status, f)
			return
		}
		WriteProblem(w, r, status, f)
	}
}
