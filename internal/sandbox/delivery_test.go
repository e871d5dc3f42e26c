package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/sandbox"
)

// hook is a webhook endpoint that records what it receives.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	signed []string
	fail   int // how many deliveries to refuse first
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()

		if h.fail > 0 {
			h.fail--
			w.WriteHeader(http.StatusInternalServerError)
			return
		}

		h.bodies = append(h.bodies, string(body))
		h.signed = append(h.signed, r.Header.Get("Stripe-Signature"))
	}))

	t.Cleanup(h.Close)

	return h
}

func (h *hook) got() ([]string, []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.bodies...), append([]string(nil), h.signed...)
}

func (h *hook) types() []string {
	bodies, _ := h.got()
	var out []string
	for _, body := range bodies {
		var ev struct{ Type string }
		_ = json.Unmarshal([]byte(body), &ev)
		out = append(out, ev.Type)
	}
	return out
}

func verified(body, header, secret string) bool {
	var stamp, sum string
	for _, part := range strings.Split(header, ",") {
		if v, ok := strings.CutPrefix(part, "t="); ok {
			stamp = v
		}

		if v, ok := strings.CutPrefix(part, "v1="); ok && sum == "" {
			sum = v
		}
	}

	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + body))
	return hex.EncodeToString(mac.Sum(nil)) == sum
}

func TestWebhooksAreSignedAndRetried(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	h.fail = 2
	b := newBox(t)
	ep := b.ok("/v1/webhook_endpoints", "url="+h.URL, "enabled_events[]=customer.created")
	secret := ep.str("secret")
	if secret == "" {
		t.Fatal("no secret at creation")
	}

	want(t, "secret later", b.get("/v1/webhook_endpoints/"+ep.str("id")).at("secret"), nil)

	cus := b.do("POST", "/v1/customers", form("name=é<&>"), header("Idempotency-Key", "k9"))
	eventually(t, "delivered", func() bool { bodies, _ := h.got(); return len(bodies) == 1 })
	bodies, signatures := h.got()
	want(t, "signature", verified(bodies[0], signatures[0], secret), true)
	want(t, "indented", strings.HasPrefix(bodies[0], "{\n  \"id\": \"evt_"), true)
	want(t, "not escaped", strings.Contains(bodies[0], "é<&>"), true)

	var ev struct {
		APIVersion string `json:"api_version"`
		Data       struct{ Object struct{ ID string } }
		Request    struct {
			ID  string
			Key string `json:"idempotency_key"`
		}
		Pending int `json:"pending_webhooks"`
	}
	if err := json.Unmarshal([]byte(bodies[0]), &ev); err != nil {
		t.Fatal(err)
	}

	want(t, "version", ev.APIVersion, "2025-02-24.acacia")
	want(t, "object", ev.Data.Object.ID, cus.str("id"))
	want(t, "request", ev.Request.ID, cus.header.Get("Request-Id"))
	want(t, "key", ev.Request.Key, "k9")
	want(t, "pending", ev.Pending, 1)

	eventually(t, "nothing pending", func() bool { return b.get("/v1/events").num("data.0.pending_webhooks") == 0 })
	deliveries := b.s.Deliveries()
	want(t, "attempts", len(deliveries[0].Attempts), 3)
	want(t, "state", deliveries[0].State, "delivered")
}

func TestEventFilters(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers", "name=x").str("id")
	b.ok("/v1/customers/"+cus, "name=y")
	b.ok("/v1/payment_intents", "amount=100", "currency=usd")
	want(t, "type", b.get("/v1/events?type=customer.updated").size("data"), 1)
	want(t, "wildcard", b.get("/v1/events?type=customer.*").size("data"), 2)
	want(t, "types", b.get("/v1/events?types[]=customer.created&types[]=payment_intent.created").size("data"), 2)
	want(t, "created", b.get("/v1/events?created[gte]=9999999999").size("data"), 0)

	up := b.get("/v1/events?type=customer.updated")
	want(t, "previous", up.str("data.0.data.previous_attributes.name"), "x")
	want(t, "retrieve", b.get("/v1/events/"+up.str("data.0.id")).str("data.object.name"), "y")
}

func TestWebhookFaults(t *testing.T) {
	t.Parallel()
	for kind, expected := range map[string]string{
		sandbox.FaultDuplicate: "customer.created customer.created customer.updated",
		sandbox.FaultDrop:      "customer.updated",
		sandbox.FaultReorder:   "customer.updated customer.created",
		sandbox.FaultDelay:     "customer.updated customer.created",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			h := newHook(t)
			b := newBox(t,
				func(cfg *sandbox.Config) { cfg.Endpoints = []sandbox.Endpoint{{URL: h.URL, Secret: "whsec_x"}} })
			if _, err := b.s.AddFault(sandbox.Fault{
				Route:   "WEBHOOK customer.created",
				Kind:    kind,
				DelayMS: int(time.Hour / time.Millisecond),
			}); err != nil {
				t.Fatal(err)
			}

			cus := b.ok("/v1/customers", "name=x").str("id")
			if kind == sandbox.FaultDuplicate {
				eventually(t, "renewal and proration", func() bool { return len(h.types()) == 2 })
			}

			b.ok("/v1/customers/"+cus, "name=y")
			if kind == sandbox.FaultDelay {
				eventually(t, "the second overtakes", func() bool { return joined(h.types()) == "customer.updated" })
				b.s.Advance(time.Hour)
			}

			n := len(strings.Fields(expected))
			eventually(t, expected, func() bool { return len(h.types()) >= n })

			if got := joined(h.types()); got != expected {
				t.Errorf("got %s, want %s", got, expected)
			}
		})
	}
}
