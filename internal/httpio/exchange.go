package httpio

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
)

// Exchange holds what is known about one request and its response: the caller,
// and the fields of the request's log line. Identify creates it. It is safe for
// concurrent use.
type Exchange struct {
	id    string
	ip    netip.Addr
	https bool
	proxy bool // ip is a proxy's, because it did not name the client
	mixed bool // X-Forwarded-Proto lists https and other schemes
	via   bool // it came through a trusted proxy

	foreign bool // it comes from a page of another origin

	mu     sync.Mutex
	err    error
	stripe bool
	fields []Field
	charge func(n int) error // nil: the caller has no limit
}

// Field is one name and value of the log line.
type Field struct {
	Name  string
	Value string
}

type exchangeKey struct{}

// ExchangeOf returns the request's Exchange. It never returns nil: outside of
// Identify it returns an empty Exchange that is not logged.
func ExchangeOf(ctx context.Context) *Exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*Exchange); ok {
		return x
	}
	return &Exchange{}
}

// LogFields returns the Exchange to which a handler adds fields for the
// request's log line: IDs and states, but never bodies, keys, e-mail addresses
// or secrets.
//
//	httpio.LogFields(ctx).Set("order_id", id)
func LogFields(ctx context.Context) *Exchange { return ExchangeOf(ctx) }

// Set adds a field to the log line, or replaces the field of that name.
func (x *Exchange) Set(name, value string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range x.fields {
		if x.fields[i].Name == name {
			x.fields[i].Value = value
			return
		}
	}
	x.fields = append(x.fields, Field{name, value})
}

// Get returns the value of a field, "" if it is not set.
func (x *Exchange) Get(name string) string {
	for _, f := range x.Fields() {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// Fields returns a copy of the fields, in the order in which they were added.
func (x *Exchange) Fields() []Field {
	x.mu.Lock()
	defer x.mu.Unlock()
	return append([]Field(nil), x.fields...)
}

// LimitBy makes charge count what Charge takes from the caller's limit.
func (x *Exchange) LimitBy(charge func(n int) error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.charge = charge
}

// Charge counts a request as n requests more than the one it is, because it
// costs that much. The error, a fault, refuses it.
func (x *Exchange) Charge(n int) error {
	x.mu.Lock()
	charge := x.charge
	x.mu.Unlock()

	if charge == nil {
		return nil
	}
	return charge(n)
}

// SetError keeps the request's error for its log line. It ignores later errors,
// which are mostly consequences of the first.
func (x *Exchange) SetError(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.err == nil {
		x.err = err
	}
}

// Err returns the error that the request ended with, nil if it succeeded.
func (x *Exchange) Err() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.err
}

// WantStripeErrors adds Stripe's error object to every error response of this
// request from here on, no matter which code writes it.
func (x *Exchange) WantStripeErrors() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.stripe = true
}

func (x *Exchange) wantsStripeErrors() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.stripe
}

// withExchange returns the request's Exchange, and adds one if there is none.
func withExchange(r *http.Request) (*http.Request, *Exchange) {
	if x, ok := r.Context().Value(exchangeKey{}).(*Exchange); ok {
		return r, x
	}
	x := &Exchange{https: r.TLS != nil}
	x.ip, _ = peer(r)
	return r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)), x
}

// ViaProxy reports whether the request came through a trusted proxy, whose
// headers may be believed.
func (x *Exchange) ViaProxy() bool { return x.via }

// MarkForeign notes that a page of another origin makes the request, in which
// cookies do not count. It is to be called before the handler.
func (x *Exchange) MarkForeign() { x.foreign = true }

// IsForeign reports whether a page of another origin makes the request.
func IsForeign(ctx context.Context) bool { return ExchangeOf(ctx).foreign }

// RequestID returns the ID that identifies the request in its response, in
// problems and in the log.
func RequestID(ctx context.Context) string { return ExchangeOf(ctx).id }

// ClientIP returns the client's address, as reported by trusted proxies. It
// returns the zero Addr if the peer has no address (a Unix socket).
func ClientIP(ctx context.Context) netip.Addr { return ExchangeOf(ctx).ip }

// IsProxy reports whether ClientIP is the address of a trusted proxy that did
// not say who its client is.
func IsProxy(ctx context.Context) bool { return ExchangeOf(ctx).proxy }

// MixedSchemes reports whether trusted proxies said both that the client uses
// https and that it does not.
func MixedSchemes(ctx context.Context) bool { return ExchangeOf(ctx).mixed }

// IsHTTPS reports whether the client's connection is encrypted, either to this
// server or, according to a trusted proxy, to that proxy.
func IsHTTPS(r *http.Request) bool {
	_, x := withExchange(r)
	return x.https
}
