package api

import (
	"net/http"
	"strings"

	"checkoutd/internal/sandbox/wire"
)

// EmbeddedPrefix begins the keys of embedded components. A browser gets one
// for the client secret of an account session.
const EmbeddedPrefix = "em_test_"

// admitEmbedded lets the room that owns account sessions check a key of
// embedded components and choose the account of the call.
func (c *Call) admitEmbedded() error {
	for _, m := range c.Server.modules {
		if m.Admit != nil {
			c.Embedded = true
			return m.Admit(c)
		}
	}

	return wire.Unauthorized("", "Invalid API Key provided: %s", RedactKey(c.Key))
}

// Operation returns the route as in Stripe's documents, such as "POST
// /v1/refunds".
func (c *Call) Operation() string { return c.operation() }

// embeddedOnly refuses other keys on a route of the embedded components.
func embeddedOnly() error {
	e := wire.Malformed("", "",
		"Only the embedded components of Connect.js may call this: their key comes from an account session.")
	e.Status = http.StatusForbidden
	return e
}

func isEmbeddedKey(key string) bool { return strings.HasPrefix(key, EmbeddedPrefix) }
