package e2etest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/api"
)

// Backend speaks HTTP to the shop as its backend does, with an API key.
type Backend struct {
	*Buyer
	Key    api.Key
	Secret string
}

// Backend returns a backend with a new key.
func (s *Shop) Backend(t *testing.T, scope api.Scope) *Backend {
	t.Helper()
	key, secret, err := api.NewKey("Test's backend", scope, s.Config.Livemode(), time.Now())
	if err == nil {
		err = s.Store().CreateAPIKey(t.Context(), key)
	}
	if err != nil {
		t.Fatal(err)
	}

	return &Backend{Buyer: s.Buyer(t), Key: key, Secret: secret}
}

// Call sends a request with the key; see Buyer.Call.
func (b *Backend) Call(method, path, body string, headers ...string) Reply {
	b.t.Helper()
	return b.Buyer.Call(method, path, body, append([]string{"Authorization: Bearer " + b.Secret}, headers...)...)
}

// Want sends a request that must have the status, and returns the object of the
// answer.
func (b *Backend) Want(status int, method, path, body string, headers ...string) map[string]any {
	b.t.Helper()
	r := b.Call(method, path, body, headers...)
	if r.Status != status {
		b.t.Fatalf("%s %s: %d %s, want %d", method, path, r.Status, r.Body, status)
	}
	return b.Object(r)
}

// Once sends a POST under an Idempotency-Key.
func (b *Backend) Once(key, path, body string) Reply {
	b.t.Helper()
	return b.Call(http.MethodPost, path, body, "Idempotency-Key: "+key)
}

// Paid returns the ID of an order of one mug that a buyer has paid.
func (s *Shop) Paid(t *testing.T) string {
	t.Helper()
	b := s.Buyer(t)
	id := b.Order("mug")
	if r := b.Confirm(id, CardPays); r.Status != http.StatusOK || !strings.Contains(r.Body, "succeeded") {
		t.Fatalf("the order is not paid: %d %s", r.Status, r.Body)
	}
	return id
}
