package httpserver

import (
	"net/http"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
	"checkoutd/internal/tracing"
)

// notTraced are the paths that say nothing about a purchase and are asked for
// all the time. A path that ends in / is a prefix.
var notTraced = []string{HealthPath, ReadyPath, "/static/"}

// traced begins the span of a request. What the request sends is not in it; who
// knows the caller, or the order that it is about, says what the span continues
// (tracing.Accept and Continue).
func traced(r *http.Request) (*http.Request, *tracing.Span) {
	if listed(notTraced, r.URL.Path) {
		return r, nil
	}

	ctx, span := tracing.Begin(r.Context(), tracing.Request, methodOf(r))
	if span != nil {
		r = r.WithContext(ctx)
	}
	return r, span
}

// fieldAttributes are the fields of the log line that a span has, too.
var fieldAttributes = map[string]func(string) tracing.Attr{
	"order_id":       tracing.OrderID,
	"account_id":     tracing.AccountID,
	"endpoint_id":    tracing.EndpointID,
	"event_id":       tracing.EventID,
	"event_type":     tracing.EventType,
	"operation_id":   tracing.OperationID,
	"payment_status": tracing.State,
}

// describe gives a request's span what is known at its end.
func describe(span *tracing.Span, r *http.Request, rec *httpio.Recorder) {
	if span == nil {
		return
	}

	x := httpio.ExchangeOf(r.Context())
	method, route, status, err := methodOf(r), routeOf(r), statusOf(rec), x.Err()

	span.Rename(method + " " + route)
	span.Set(tracing.Method(method), tracing.Route(route), tracing.Status(status),
		tracing.RequestID(httpio.RequestID(r.Context())))

	for _, f := range x.Fields() {
		if attribute := fieldAttributes[f.Name]; attribute != nil {
			span.Set(attribute(f.Value))
		}
	}

	if err != nil {
		span.Set(tracing.ErrorCode(fault.Of(err).Code))
	}
	if serverFault(status, err) {
		span.Fail()
	}
}
