package e2etest

import (
	"net/http"
	"slices"
	"strings"
)

// guideCalls are the endpoints of Stripe's guide, whose client reads
// response.error only.
var guideCalls = []string{"/create-customer-session", "/create-confirm-intent"}

// problemMembers lists everything that a problem may contain.
var problemMembers = []string{
	"type", "title", "status", "code", "detail", "field", "request_id", "error", "amount", "currency", "retry_after", "order",
	"shop_message", "orders", "scope",
}

// WantProblem checks an error response (RFC 9457) and returns it.
func (b *Buyer) WantProblem(path string, r Reply, status int, code, field string) map[string]any {
	b.t.Helper()
	if r.Status != status || r.Header.Get("Content-Type") != "application/problem+json" {
		b.t.Fatalf("got %d %s %s, want a problem with status %d", r.Status, r.Header.Get("Content-Type"), r.Body, status)
	}

	m := b.Object(r)
	for name, want := range map[string]any{
		"type":       "about:blank",
		"title":      http.StatusText(status),
		"status":     float64(status),
		"code":       code,
		"request_id": r.Header.Get("Request-Id"),
	} {
		if m[name] != want {
			b.t.Errorf("%s is %v, want %v in %s", name, m[name], want, r.Body)
		}
	}

	if got, _ := m["field"].(string); got != field {
		b.t.Errorf("field is %q, want %q", got, field)
	}
	if detail, _ := m["detail"].(string); !strings.HasSuffix(detail, ".") {
		b.t.Errorf("detail %q is no sentence", detail)
	}

	for name := range m {
		if !slices.Contains(problemMembers, name) {
			b.t.Errorf("the problem tells %s: %s", name, r.Body)
		}
	}

	if got := r.Header.Get("Cache-Control"); got != "no-store" {
		b.t.Errorf("Cache-Control is %q, want no-store", got)
	}
	if len(r.Header.Values("Set-Cookie")) > 0 {
		b.t.Errorf("an error sets a cookie")
	}

	b.wantStripeError(path, m)
	return m
}

// wantStripeError checks that the guide's endpoints, and no others, return
// Stripe's error object.
func (b *Buyer) wantStripeError(path string, problem map[string]any) {
	b.t.Helper()
	e, there := problem["error"].(map[string]any)
	if want := slices.Contains(guideCalls, path); there != want {
		b.t.Fatalf("there is an error object: %t, want %t", there, want)
	}
	if there && (e["type"] == "" || e["type"] == nil || e["message"] != problem["detail"]) {
		b.t.Errorf("the error object is %v", e)
	}
}
