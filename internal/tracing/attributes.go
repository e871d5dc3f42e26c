package tracing

import (
	"regexp"
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// Attr is an attribute of a span. Only the functions below make one.
type Attr struct{ kv attribute.KeyValue }

// The attributes that are IDs of ours or of Stripe's.

func OrderID(id string) Attr       { return text("checkoutd.order.id", id) }
func AttemptID(id string) Attr     { return text("checkoutd.attempt.id", id) }
func OperationID(id string) Attr   { return text("checkoutd.operation.id", id) }
func EffectID(id string) Attr      { return text("checkoutd.effect.id", id) }
func DeliveryID(id string) Attr    { return text("checkoutd.delivery.id", id) }
func EndpointID(id string) Attr    { return text("checkoutd.endpoint.id", id) }
func EmailID(id string) Attr       { return text("checkoutd.email.id", id) }
func RequestID(id string) Attr     { return text("checkoutd.request.id", id) }
func IntentID(id string) Attr      { return text("stripe.intent.id", id) }
func EventID(id string) Attr       { return text("stripe.event.id", id) }
func AccountID(id string) Attr     { return text("stripe.account.id", id) }
func StripeRequest(id string) Attr { return text("stripe.request.id", id) }

// The attributes that say what happened.

func State(state string) Attr      { return text("checkoutd.state", state) }
func DeclineCode(code string) Attr { return text("stripe.decline_code", code) }
func EventType(name string) Attr   { return text("stripe.event.type", name) }
func Method(method string) Attr    { return text("http.request.method", method) }
func Route(pattern string) Attr    { return text("http.route", pattern) }
func Peer(service string) Attr     { return text("peer.service", service) }
func ErrorCode(code string) Attr   { return text("error.type", code) }
func Tries(n int64) Attr           { return number("checkoutd.tries", n) }
func Status(code int) Attr         { return number("http.response.status_code", int64(code)) }

// harmless is what IDs, codes, states and the patterns of routes are made of.
// No e-mail address, URL query, sentence or client secret is.
var (
	harmless = regexp.MustCompile(`^[A-Za-z0-9_.:/{}*()\-]{0,128}$`)
	secret   = regexp.MustCompile(`_secret_|^(sk|rk|pk|whsec|ctoken|ck_live|ck_test)_`)
)

// named returns a span's name. It is made of words of ours and of names that
// text would tell.
func named(name string) string {
	for word := range strings.FieldsSeq(name) {
		if !harmless.MatchString(word) || secret.MatchString(word) {
			return "other"
		}
	}
	return name
}

// text returns an attribute. A value that cannot be an ID or a code is not
// told: it came from elsewhere.
func text(name, value string) Attr {
	if !harmless.MatchString(value) || secret.MatchString(value) {
		value = "other"
	}
	return Attr{attribute.String(name, value)}
}

func number(name string, n int64) Attr { return Attr{attribute.Int64(name, n)} }

// keyValues returns the attributes without those that are empty.
func keyValues(attrs []Attr) []attribute.KeyValue {
	if len(attrs) == 0 {
		return nil
	}

	list := make([]attribute.KeyValue, 0, len(attrs))
	for _, a := range attrs {
		if a.kv.Value.Type() != attribute.STRING || a.kv.Value.AsString() != "" {
			list = append(list, a.kv)
		}
	}
	return list
}
