package httpio

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
)

// Exchange is what is known of one request and its answer: who asks, and what
// goes into the request's log line. Identify makes it; it is safe for use by
// several goroutines.
type Exchange struct {
	id    string
	ip    netip.Addr
	https bool

	mu     sync.Mutex
	err    error
	stripe bool
	fields []Field
}

// Field is one name and value of the log line.
type Field struct {
	Name  string
	Value string
}

type exchangeKey struct{}

// ExchangeOf gives the request's Exchange. Outside of Identify it gives an
// empty one that nobody reads, never nil.
func ExchangeOf(ctx context.Context) *Exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*Exchange); ok {
		return x
	}
	return &Exchange{}
}

// LogFields is where a handler puts what the log line should say of this
// request: ids and states, never bodies, keys, e-mail addresses or secrets.
//
//	httpio.LogFields(ctx).Set("order_id", id)
func LogFields(ctx context.Context) *Exchange { return ExchangeOf(ctx) }

// Set puts name = value on the log line; the last value of a name stays.
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

// Fields gives a copy of what Set was told, in the order of first mention.
func (x *Exchange) Fields() []Field {
	x.mu.Lock()
	defer x.mu.Unlock()
	return append([]Field(nil), x.fields...)
}

// SetError keeps the request's error for its log line; the first one stays,
// since what follows it is mostly its consequence.
func (x *Exchange) SetError(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.err == nil {
		x.err = err
	}
}

// Err is the error that the request ended with, nil if none.
func (x *Exchange) Err() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.err
}

// WantStripeErrors makes every later error answer to this request carry
// Stripe's error object too, whoever writes it.
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

// withExchange gives r an Exchange if it has none yet.
func withExchange(r *http.Request) (*http.Request, *Exchange) {
	if x, ok := r.Context().Value(exchangeKey{}).(*Exchange); ok {
		return r, x
	}
	x := &Exchange{https: r.TLS != nil}
	x.ip, _ = peer(r)
	return r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)), x
}

// RequestID is the id that the answer, the log and the problem name.
func RequestID(ctx context.Context) string { return ExchangeOf(ctx).id }

// ClientIP is the address of whoever asks, seen through trusted proxies. It
// is the zero Addr when the peer has none (a unix socket).
func ClientIP(ctx context.Context) netip.Addr { return ExchangeOf(ctx).ip }

// IsHTTPS reports whether the buyer's connection is encrypted: to this server,
// or to a trusted proxy that says so.
func IsHTTPS(r *http.Request) bool {
	_, x := withExchange(r)
	return x.https
}
