package httpserver

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// The names of the log line's members, the same for every request.
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
	fieldAborted   = "aborted" // the connection was broken off
)

// noRoute stands for the path of a request that matched no route. The path
// itself is the caller's words, and may hold anything.
const noRoute = "(none)"

// AccessLog writes one line per request, when it is over. The line names the
// route's pattern, never the path, the query, headers or the body; the private
// cause of an error is there when the fault is ours.
func AccessLog(log zerolog.Logger, now func() time.Time) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := now()
			rec := httpio.Record(w)
			whole := false
			defer func() { logLine(log, r, rec, now().Sub(start), whole) }()
			next.ServeHTTP(rec, r)
			whole = true
		})
	}
}

func logLine(log zerolog.Logger, r *http.Request, rec *httpio.Recorder, took time.Duration, whole bool) {
	x := httpio.ExchangeOf(r.Context())
	route, status, err := routeOf(r), statusOf(rec), x.Err()
	e := log.WithLevel(levelOf(route, status, err)).
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
	if !whole {
		e = e.Bool(fieldAborted, true)
	}
	e.Msg("request")
}

func withError(e *zerolog.Event, status int, err error) *zerolog.Event {
	e = e.Str(fieldErrorCode, fault.Of(err).Code)
	if ours(status, err) {
		e = e.Str(fieldCause, err.Error())
	}
	var p *panicError
	if errors.As(err, &p) {
		e = e.Str(fieldStack, string(p.stack))
	}
	return e
}

// ours reports whether the trouble is on our side, whatever status had been
// sent before it came up.
func ours(status int, err error) bool {
	if err == nil || status == httpio.StatusClientGone {
		return status >= http.StatusInternalServerError
	}
	return max(status, httpio.Status(fault.Of(err).Kind)) >= http.StatusInternalServerError
}

func levelOf(route string, status int, err error) zerolog.Level {
	switch {
	case ours(status, err):
		return zerolog.ErrorLevel
	case route == HealthPath || route == ReadyPath:
		return zerolog.DebugLevel
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

// methodOf keeps made-up methods out of the log.
func methodOf(r *http.Request) string {
	for _, m := range methods {
		if r.Method == m {
			return m
		}
	}
	return "(other)"
}

// statusOf is what net/http sends for a handler that wrote nothing.
func statusOf(rec *httpio.Recorder) int {
	if rec.Started() {
		return rec.Status()
	}
	return http.StatusOK
}
