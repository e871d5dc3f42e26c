package httpserver

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// The names of the log line's fields, the same for every request.
const (
	fieldMethod    = "method"
	fieldRoute     = "route"
	fieldStatus    = "status"
	fieldBytes     = "bytes"
	fieldDuration  = "duration_ms"
	fieldRequestID = "request_id"
	fieldIP        = "ip"
	fieldErrorCode = "error_code"
	fieldCause     = "cause"
	fieldStack     = "stack"
	fieldAborted   = "aborted" // the connection was dropped before the response ended
)

// noRoute replaces the route of a request that matched none. The path itself
// is not logged, because the client may have put anything into it.
const noRoute = "(none)"

// staticRoute is the pattern of the pages' files.
const staticRoute = "/static/*"

// Meter measures requests.
type Meter interface {
	// Request is called when a request has ended. route is the pattern that it
	// matched, method one of HTTP's or "(other)".
	Request(method, route string, status int, took time.Duration)
}

// AccessLog writes one line per request when the request has ended. The line
// contains the pattern of the route, but never the path, the query, headers or
// the body. It contains the private cause of an error if the server is at
// fault. meter measures the request, too; it may be nil. The request is a span
// if it is traced.
func AccessLog(log zerolog.Logger, now func() time.Time, meter Meter) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := now()
			rec := httpio.Record(w)

			r, span := traced(r)
			defer span.End()

			complete := false
			defer func() {
				took := now().Sub(start)
				logLine(log, r, rec, took, complete)
				describe(span, r, rec)

				if meter != nil {
					meter.Request(methodOf(r), routeOf(r), statusOf(rec), took)
				}
			}()

			next.ServeHTTP(rec, r)
			complete = true
		})
	}
}

func logLine(log zerolog.Logger, r *http.Request, rec *httpio.Recorder, took time.Duration, complete bool) {
	x := httpio.ExchangeOf(r.Context())
	route, status, err := routeOf(r), statusOf(rec), x.Err()
	e := log.WithLevel(levelOf(route, status, err)).
		Ctx(r.Context()).
		Str(fieldMethod, methodOf(r)).
		Str(fieldRoute, route).
		Int(fieldStatus, status).
		Int64(fieldBytes, rec.Bytes()).
		Float64(fieldDuration, float64(took.Microseconds())/1000).
		Str(fieldRequestID, httpio.RequestID(r.Context())).
		Stringer(fieldIP, httpio.ClientIP(r.Context()))

	for _, f := range x.Fields() {
		e = e.Str(f.Name, f.Value)
	}

	if err != nil {
		e = withError(e, status, err)
	}

	if !complete {
		e = e.Bool(fieldAborted, true)
	}

	e.Msg("request")
}

func withError(e *zerolog.Event, status int, err error) *zerolog.Event {
	e = e.Str(fieldErrorCode, fault.Of(err).Code)
	if serverFault(status, err) {
		e = e.Str(fieldCause, err.Error())
	}
	var p *panicError
	if errors.As(err, &p) {
		e = e.Str(fieldStack, string(p.stack))
	}
	return e
}

// serverFault reports whether the server is at fault, no matter which status
// had been sent before the error occurred.
func serverFault(status int, err error) bool {
	if err == nil || status == httpio.StatusClientGone {
		return status >= http.StatusInternalServerError
	}
	return max(status, httpio.Status(fault.Of(err).Kind)) >= http.StatusInternalServerError
}

func levelOf(route string, status int, err error) zerolog.Level {
	switch {
	case serverFault(status, err):
		return zerolog.ErrorLevel
	case route == HealthPath || route == ReadyPath || route == staticRoute && status < http.StatusBadRequest:
		return zerolog.DebugLevel // dozens for every line that somebody looks for
	default:
		return zerolog.InfoLevel
	}
}

func routeOf(r *http.Request) string {
	if pattern := chi.RouteContext(r.Context()).RoutePattern(); pattern != "" {
		return pattern
	}
	return noRoute
}

// methodOf returns the method for the log. Unknown methods are not logged,
// because the client may have written anything.
func methodOf(r *http.Request) string {
	if slices.Contains(methods, r.Method) {
		return r.Method
	}
	return "(other)"
}

// statusOf returns the status of the response. net/http sends 200 for a handler
// that wrote nothing.
func statusOf(rec *httpio.Recorder) int {
	if rec.Started() {
		return rec.Status()
	}
	return http.StatusOK
}
