package httpio

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"checkoutd/internal/fault"
)

// Handler is an http handler that returns its error instead of writing it.
// After it has begun to answer, an error is only logged.
type Handler func(http.ResponseWriter, *http.Request) error

// PageErrorFunc writes the page that tells a visitor of f.
type PageErrorFunc func(w http.ResponseWriter, r *http.Request, status int, f *fault.Error)

// Handle answers h's error with a problem.
func Handle(h Handler) http.HandlerFunc { return answer(h, WriteProblem) }

// HandleStripe is Handle for the calls that the client code of Stripe's guide
// makes. It looks at the answer's error member alone, and takes an answer
// without one for success; so every error answer carries Stripe's error
// object as well (https://docs.stripe.com/api/errors).
func HandleStripe(h Handler) http.HandlerFunc {
	handle := Handle(h)
	return func(w http.ResponseWriter, r *http.Request) {
		r, x := withExchange(r)
		x.WantStripeErrors()
		handle(w, r)
	}
}

// HandlePage answers h's error with a page, which render writes.
func HandlePage(h Handler, render PageErrorFunc) http.HandlerFunc {
	return answer(h, render)
}

// WriteError answers with err's public face and keeps err for the log line.
// It is for middleware; handlers return their errors.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	r, x := withExchange(r)
	x.SetError(err)
	status, f := public(r, err)
	WriteProblem(w, r, status, f)
}

func answer(h Handler, write PageErrorFunc) http.HandlerFunc {
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

// public turns err into what the caller is told. A caller who has left is no
// failure of ours, and must not look like one in the log.
func public(r *http.Request, err error) (int, *fault.Error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return StatusClientGone, fault.Wrap(err, fault.Unavailable, "client_gone", "The request was canceled.")
	}
	f := fault.Of(err)
	return Status(f.Kind), f
}

// Negotiate writes an error as a page for callers that ask for HTML, which
// browsers do when they open an address, and as a problem for all others.
// Without a page (nil) it always writes a problem.
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
