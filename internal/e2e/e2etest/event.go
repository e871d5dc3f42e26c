package e2etest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"checkoutd/internal/webhooks"
)

// Signature signs a body as Stripe does
// (https://docs.stripe.com/webhooks#verify-manually).
func Signature(body, secret string, at time.Time) string {
	m := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(m, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("Stripe-Signature: t=%d,v1=%s", at.Unix(), hex.EncodeToString(m.Sum(nil)))
}

// Event returns the body of an event. object is JSON, and so is more, which is
// added to the envelope.
func Event(id, kind, object, more string) string {
	return `{"id":"` + id + `","object":"event","api_version":"2025-02-24.acacia","created":1700000000,"type":"` + kind + `",` +
		`"livemode":false,"data":{"object":` + object + `}` + more + `}`
}

// StrangeIntent is an intent that belongs to no order.
const StrangeIntent = `{"id":"pi_strange","object":"payment_intent","status":"succeeded"}`

// Events returns the events of the inbox by ID.
func (s *Shop) Events(in interface {
	Events(context.Context, webhooks.Filter) ([]webhooks.Event, error)
}) map[string]webhooks.Event {
	s.T.Helper()
	list, err := in.Events(context.Background(), webhooks.Filter{})
	if err != nil {
		s.T.Fatal(err)
	}
	all := make(map[string]webhooks.Event, len(list))
	for _, e := range list {
		all[e.ID] = e
	}
	return all
}

// Deliver sends a signed event and checks that it is acknowledged.
func (b *Buyer) Deliver(body, secret string) {
	b.t.Helper()
	r := b.Call("POST", "/webhooks/stripe", body, Signature(body, secret, time.Now()))
	if r.Status != 200 || strings.TrimSpace(r.Body) != `{"received":true}` {
		b.t.Fatalf("the event is not acknowledged: %d %s", r.Status, r.Body)
	}
}
