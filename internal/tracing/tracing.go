// Package tracing follows a purchase through the server: request, order,
// attempt, calls to Stripe, events, effects and webhooks are the spans of one
// trace, although hours and processes may lie between them. Every span and
// every attribute is named here, and nowhere else.
//
// A context carries the span that works in it. Start adds a part to it, and
// does nothing in a context without one: nothing is measured unless With has
// put a Tracer into the context, which costs a look-up.
//
// Whose trace a request or an event belongs to is known only after it was read.
// So the span of work that Begin begins is opened with its first part, or at
// its end, and Continue says until then what it continues. What is stored of a
// trace is its W3C traceparent, in the rows of orders, attempts, effects and
// e-mails, so that another process continues it.
//
// A span never holds what people typed, a body or a key: attributes.go has the
// only attributes, and refuses values that are not IDs or codes. Errors are
// their codes.
package tracing

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Tracer opens spans. It is safe for concurrent use.
type Tracer struct {
	otel trace.Tracer
	now  func() time.Time
}

// New returns a Tracer of the provider. now is the clock of the spans.
func New(p trace.TracerProvider, now func() time.Time) *Tracer {
	return &Tracer{otel: p.Tracer("checkoutd"), now: now}
}

type tracerKey struct{}

// With returns a context in which work is traced; a nil Tracer traces nothing.
func With(ctx context.Context, t *Tracer) context.Context {
	if t == nil {
		return ctx
	}
	return context.WithValue(ctx, tracerKey{}, t)
}

// Kind says how a span is related to what called it.
type Kind = trace.SpanKind

// The kinds of spans.
const (
	Request  = trace.SpanKindServer   // of somebody else, served here
	Call     = trace.SpanKindClient   // to another server
	Job      = trace.SpanKindConsumer // work that was stored before
	Internal = trace.SpanKindInternal
)

// Span is a piece of work. A nil Span does nothing. It is safe for concurrent
// use.
type Span struct {
	tracer *Tracer
	kind   Kind
	began  time.Time

	mu     sync.Mutex
	name   string
	otel   trace.Span // nil until it is opened
	parent trace.SpanContext
	links  []trace.Link
	attrs  []attribute.KeyValue
	failed bool
}

type spanKey struct{}

// of returns the span that works in ctx, nil if there is none.
func of(ctx context.Context) *Span {
	s, _ := ctx.Value(spanKey{}).(*Span)
	return s
}

// Begin begins work that nothing else in this process waits for. Its span
// belongs to a trace of its own unless Continue says otherwise.
func Begin(ctx context.Context, kind Kind, name string, attrs ...Attr) (context.Context, *Span) {
	t, ok := ctx.Value(tracerKey{}).(*Tracer)
	if !ok {
		return ctx, nil
	}

	s := &Span{tracer: t, kind: kind, name: named(name), began: t.now(), attrs: keyValues(attrs)}
	return context.WithValue(ctx, spanKey{}, s), s
}

// Start begins a part of the work in ctx.
func Start(ctx context.Context, kind Kind, name string, attrs ...Attr) (context.Context, *Span) {
	parent := of(ctx)
	if parent == nil {
		return ctx, nil
	}

	s := &Span{
		tracer: parent.tracer,
		kind:   kind,
		name:   named(name),
		began:  parent.tracer.now(),
		attrs:  keyValues(attrs),
		parent: parent.open().SpanContext(),
	}
	s.open()

	return context.WithValue(ctx, spanKey{}, s), s
}

// open opens the span, whose parent cannot change from then on.
func (s *Span) open() trace.Span {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.otel != nil {
		return s.otel
	}

	ctx := trace.ContextWithSpanContext(context.Background(), s.parent)
	_, s.otel = s.tracer.otel.Start(ctx, s.name,
		trace.WithSpanKind(s.kind),
		trace.WithTimestamp(s.began),
		trace.WithAttributes(s.attrs...),
		trace.WithLinks(s.links...))

	return s.otel
}

// Set adds attributes.
func (s *Span) Set(attrs ...Attr) {
	if s == nil {
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.otel != nil {
		s.otel.SetAttributes(keyValues(attrs)...)
	} else {
		s.attrs = append(s.attrs, keyValues(attrs)...)
	}
}

// Rename gives the span the name that is known by now.
func (s *Span) Rename(name string) {
	if s == nil {
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.name = named(name); s.otel != nil {
		s.otel.SetName(s.name)
	}
}

// Fail marks the span as failed. Why is an attribute.
func (s *Span) Fail() {
	if s == nil {
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = true
}

// End ends the span. Work that Begin began and that did nothing may be left
// without an end: then nobody sees it.
func (s *Span) End() {
	if s == nil {
		return
	}

	span := s.open()

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(s.tracer.now()))
}

// Parent is what work continues: what is stored of a span, and since when.
type Parent struct {
	Trace string // a W3C traceparent, "" for none
	Since time.Time
	Until time.Time // when what is worked on happened; zero: now
}

// keepFor is how long a purchase gathers in one trace. What happens later, like
// the renewals of a subscription, has traces of its own that are linked to it:
// few keep a trace longer, and none shows years as one.
const keepFor = 7 * 24 * time.Hour

// Continue makes the work in ctx a part of the parent's trace. If it is that of
// another already, or the parent is old, it is only linked.
func Continue(ctx context.Context, p Parent) {
	s := of(ctx)
	if s == nil {
		return
	}

	parent := parse(p.Trace)
	if !parent.IsValid() {
		return
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	until := p.Until
	if until.IsZero() {
		until = s.began
	}

	switch old := until.Sub(p.Since) > keepFor; {
	case s.traceID() == parent.TraceID():
	case s.otel != nil:
		s.otel.AddLink(trace.Link{SpanContext: parent})
	case s.parent.IsValid() || old:
		s.links = append(s.links, trace.Link{SpanContext: parent})
	default:
		s.parent = parent
	}
}

// Accept makes the request in ctx a part of its caller's trace. header is what
// the caller sent as traceparent. It decides where spans go and whether they
// are kept, so only callers count who have shown who they are.
func Accept(ctx context.Context, header string) {
	if s := of(ctx); s != nil {
		Continue(ctx, Parent{Trace: header, Since: s.began})
	}
}

// IsOn reports whether the work in ctx is traced: if not, nobody needs to read
// what it continues.
func IsOn(ctx context.Context) bool { return of(ctx) != nil }

// Traceparent returns the span in ctx in W3C's format, to be stored or sent, ""
// if there is none.
func Traceparent(ctx context.Context) string {
	s := of(ctx)
	if s == nil {
		return ""
	}

	c := carrier{}
	propagation.TraceContext{}.Inject(trace.ContextWithSpanContext(ctx, s.open().SpanContext()), &c)
	return c.parent
}

// ID returns the ID of the trace that the work in ctx belongs to, "" if it is
// not traced.
func ID(ctx context.Context) string {
	s := of(ctx)
	if s == nil {
		return ""
	}

	s.mu.Lock()
	id := s.traceID()
	s.mu.Unlock()

	if !id.IsValid() {
		id = s.open().SpanContext().TraceID()
	}
	return id.String()
}

// traceID returns the ID of the span's trace if that is decided. The caller
// holds the lock.
func (s *Span) traceID() trace.TraceID {
	if s.otel != nil {
		return s.otel.SpanContext().TraceID()
	}
	return s.parent.TraceID()
}

// parse reads a traceparent. A wrong one is not valid.
func parse(text string) trace.SpanContext {
	ctx := propagation.TraceContext{}.Extract(context.Background(), &carrier{text})
	return trace.SpanContextFromContext(ctx)
}

// carrier holds a traceparent. The list of other systems' IDs that may go with
// it, tracestate, is not kept.
type carrier struct{ parent string }

const parentField = "traceparent"

// Get returns the traceparent if key names it.
func (c *carrier) Get(key string) string {
	if key == parentField {
		return c.parent
	}
	return ""
}

// Set stores the traceparent if key names it.
func (c *carrier) Set(key, value string) {
	if key == parentField {
		c.parent = value
	}
}

// Keys returns the name of the traceparent.
func (c *carrier) Keys() []string { return []string{parentField} }
