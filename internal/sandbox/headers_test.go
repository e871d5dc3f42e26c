package sandbox_test

import (
	"strings"
	"testing"
)

func TestHeadersOfResponses(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	key := header("Idempotency-Key", "k"+rand())
	for name, c := range map[string]struct {
		r     reply
		retry string // Stripe-Should-Retry
	}{
		"with a key":      {b.do("POST", "/v1/customers", "", key), "false"},
		"replayed":        {b.do("POST", "/v1/customers", "", key), "false"},
		"refused":         {b.do("POST", "/v1/refunds", "", header("Idempotency-Key", "r")), "false"},
		"declined":        {b.declined(header("Idempotency-Key", "d")), "false"},
		"without a key":   {b.do("POST", "/v1/customers", ""), ""},
		"read":            {b.do("GET", "/v1/customers", "", key), ""},
		"not simulated":   {b.do("POST", "/v1/topups", ""), "false"},
		"read, 501":       {b.do("GET", "/v1/topups", ""), "false"},
		"not there":       {b.do("GET", "/v1/nothing", ""), ""},
		"without any key": {b.do("GET", "/v1/customers", "", withKey("")), ""},
	} {
		h := c.r.header
		want(t, name+": retry", h.Get("Stripe-Should-Retry"), c.retry)
		want(t, name+": methods", h.Get("Access-Control-Allow-Methods"), "GET, HEAD, PUT, PATCH, POST, DELETE")
		want(t, name+": age", h.Get("Access-Control-Max-Age"), "300")
		want(t, name+": credentials", h.Get("Access-Control-Allow-Credentials"), "true")
		want(t, name+": vary", h.Get("Vary"), "Origin")
	}

	want(t, "realm", b.do("GET", "/v1/customers", "", withKey("sk_test_no")).header.Get("WWW-Authenticate"),
		`Bearer realm="Stripe"`)

	cus := b.ok("/v1/customers").str("id")
	gone := b.do("DELETE", "/v1/customers/"+cus, "", key).header
	want(t, "key of a DELETE", gone.Get("Idempotency-Key") != "", true)
	want(t, "original of a DELETE", gone.Get("Original-Request"), "")
	want(t, "retry of a DELETE", gone.Get("Stripe-Should-Retry"), "")
}

func TestWhatIsNotSimulatedSaysSo(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for _, route := range []string{
		"POST /v1/checkout/sessions", "GET /v2/core/events", "POST /stripecli/auth",
		"POST /v1/subscription_items/si_1/usage_records", "GET /v1/subscription_items/si_1/usage_record_summaries",
	} {
		method, path, _ := strings.Cut(route, " ")
		r := b.do(method, path, "")
		want(t, route, r.status, 501)
		want(t, route, r.str("error.message"),
			route+" is part of Stripe's API, but the offline sandbox does not simulate it.")
		want(t, route+": retry", r.header.Get("Stripe-Should-Retry"), "false")
	}
}

// declined pays with a card that is declined.
func (b *box) declined(opts ...option) reply {
	b.t.Helper()
	return b.do("POST", "/v1/payment_intents", form("amount=1000", "currency=usd", "confirm=true",
		"payment_method=pm_card_chargeDeclined", "payment_method_types[]=card"), opts...)
}

func TestTestEventsHaveASecondSignature(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	b := newBox(t)
	b.ok("/v1/webhook_endpoints", "url="+h.URL, "enabled_events[]=customer.created")
	b.ok("/v1/customers")
	eventually(t, "delivered", func() bool { bodies, _ := h.got(); return len(bodies) == 1 })

	_, signed := h.got()
	names := ""
	for _, part := range strings.Split(signed[0], ",") {
		name, _, _ := strings.Cut(part, "=")
		names += name + " "
	}

	want(t, "parts", names, "t v1 v0 ")
}
