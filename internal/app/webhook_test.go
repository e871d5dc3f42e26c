package app_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/config"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/webhooks"
)

// signature signs a body as Stripe does (https://docs.stripe.com/webhooks#verify-manually).
func signature(body, secret string, at time.Time) string {
	m := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(m, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("Stripe-Signature: t=%d,v1=%s", at.Unix(), hex.EncodeToString(m.Sum(nil)))
}

// event is a signed event's body. object is JSON.
func event(id, kind, object, more string) string {
	return `{"id":"` + id + `","object":"event","api_version":"2025-02-24.acacia","created":1700000000,"type":"` + kind + `",` +
		`"livemode":false,"data":{"object":` + object + `}` + more + `}`
}

const strangeIntent = `{"id":"pi_strange","object":"payment_intent","status":"succeeded"}`

func TestWebhookRefusals(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	good := event("evt_1", "payment_intent.succeeded", strangeIntent, "")
	now := time.Now()
	const secret = config.SandboxWebhookSecret
	big := event("evt_big", "payment_intent.succeeded", strangeIntent, "")
	big += strings.Repeat(" ", 1<<20+1-len(big))
	for name, c := range map[string]struct {
		body, signature string
		status          int
		code            string
	}{
		"without a signature":            {good, "Stripe-Signature:", 400, "bad_signature"},
		"with a signature of nonsense":   {good, "Stripe-Signature: t=1,v1=zz", 400, "bad_signature"},
		"signed with another secret":     {good, signature(good, "whsec_another", now), 400, "bad_signature"},
		"signed over another body":       {good, signature(good+" ", secret, now), 400, "bad_signature"},
		"signed an hour ago":             {good, signature(good, secret, now.Add(-time.Hour)), 400, "stale_timestamp"},
		"signed with the test scheme":    {good, strings.Replace(signature(good, secret, now), "v1=", "v0=", 1), 400, "bad_signature"},
		"of one byte more than 1 MiB":    {big, signature(big, secret, now), 413, "body_too_large"},
		"that is signed but no JSON":     {"{", signature("{", secret, now), 400, "bad_envelope"},
		"that is signed but no event":    {`{"id":"cus_1","object":"customer"}`, signature(`{"id":"cus_1","object":"customer"}`, secret, now), 400, "bad_envelope"},
		"whose id is none":               {event("evt_!", "a.b", "{}", ""), signature(event("evt_!", "a.b", "{}", ""), secret, now), 400, "bad_envelope"},
		"whose type is none":             {event("evt_1", "A B", "{}", ""), signature(event("evt_1", "A B", "{}", ""), secret, now), 400, "bad_envelope"},
		"that is signed but quite empty": {"", signature("", secret, now), 400, "bad_envelope"},
	} {
		t.Run("a webhook "+name+" is refused", func(t *testing.T) {
			t.Parallel()
			b := s.buyer(t)
			b.wantProblem("/webhooks/stripe", b.call("POST", "/webhooks/stripe", c.body, c.signature), c.status, c.code, "")
		})
	}
	t.Cleanup(func() {
		if all := s.events(s.inbox()); len(all) != 0 {
			t.Errorf("the inbox took %d events that were refused", len(all))
		}
	})
}

// events lists the inbox by id.
func (s *shop) events(in interface {
	Events(context.Context, webhooks.Filter) ([]webhooks.Event, error)
}) map[string]webhooks.Event {
	s.t.Helper()
	list, err := in.Events(context.Background(), webhooks.Filter{})
	if err != nil {
		s.t.Fatal(err)
	}
	all := make(map[string]webhooks.Event, len(list))
	for _, e := range list {
		all[e.ID] = e
	}
	return all
}

// deliver sends a signed event and wants it acknowledged.
func (b *buyer) deliver(body, secret string) {
	b.t.Helper()
	r := b.call("POST", "/webhooks/stripe", body, signature(body, secret, time.Now()))
	if r.status != 200 || strings.TrimSpace(r.body) != `{"received":true}` {
		b.t.Fatalf("the event is not acknowledged: %d %s", r.status, r.body)
	}
}

func TestWebhookAccepted(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.buyer(t)
	big := event("evt_mib", "customer.created", `{"id":"cus_1","object":"customer"}`, "")
	big += strings.Repeat(" ", 1<<20-len(big))
	bodies := map[string]string{
		"evt_live":      strings.Replace(event("evt_live", "payment_intent.succeeded", strangeIntent, ""), `"livemode":false`, `"livemode":true`, 1),
		"evt_account":   event("evt_account", "payment_intent.succeeded", strangeIntent, `,"account":"acct_1"`),
		"evt_other":     event("evt_other", "customer.created", `{"id":"cus_1","object":"customer"}`, ""),
		"evt_unmatched": event("evt_unmatched", "payment_intent.succeeded", strangeIntent, ""),
		"evt_mib":       big,
	}
	for _, body := range bodies {
		b.deliver(body, config.SandboxWebhookSecret)
		b.deliver(body, config.SandboxWebhookSecret) // Stripe may repeat itself
	}
	in := s.inbox()
	s.eventually("all is worked", func() bool {
		for _, e := range s.events(in) {
			if e.State == webhooks.Received || e.State == webhooks.Working {
				return false
			}
		}
		return true
	})
	got := s.events(in)
	if len(got) != len(bodies) {
		t.Errorf("the inbox has %d events, want %d", len(got), len(bodies))
	}
	for id, want := range map[string]webhooks.State{
		"evt_live": webhooks.Quarantined, "evt_account": webhooks.Quarantined,
		"evt_other": webhooks.Ignored, "evt_unmatched": webhooks.Unmatched, "evt_mib": webhooks.Ignored,
	} {
		if got[id].State != want || got[id].Note == "" {
			t.Errorf("%s is %q (%s), want %q and why", id, got[id].State, got[id].Note, want)
		}
		whole, err := in.Event(context.Background(), id)
		if err != nil || string(whole.Payload) != bodies[id] {
			t.Errorf("%s is not kept as it was signed: %v", id, err)
		}
	}
}

func TestWebhookSecretRotation(t *testing.T) {
	t.Parallel()
	s := openShop(t, realMode(t))
	b := s.buyer(t)
	fingerprints := map[string]bool{}
	for i, secret := range []string{"whsec_" + canaryKey, "whsec_second"} {
		b.deliver(event(fmt.Sprintf("evt_%d", i), "customer.created", "{}", ""), secret)
	}
	for id, e := range s.events(s.inbox()) {
		fingerprints[e.Secret] = true
		if e.Secret == "" || strings.Contains(e.Secret, "whsec") {
			t.Errorf("%s says that it was signed with %q", id, e.Secret)
		}
	}
	if len(fingerprints) != 2 {
		t.Errorf("the inbox tells %d secrets apart, want 2", len(fingerprints))
	}
	body := event("evt_3", "customer.created", "{}", "")
	b.wantProblem("/webhooks/stripe", b.call("POST", "/webhooks/stripe", body, signature(body, "whsec_third", time.Now())), 400, "bad_signature", "")
}

func TestWebhookAlone(t *testing.T) {
	t.Parallel()

	// paidInSilence has an order paid at Stripe, and nobody tells the shop.
	paidInSilence := func(t *testing.T) (s *shop, b *buyer, order, intent string) {
		t.Helper()
		s = openShop(t)
		s.fault("WEBHOOK *", sandbox.FaultDrop, -1)
		b = s.buyer(t)
		order = b.order("mug")
		secret := b.object(b.confirm(order, cardAsks))["client_secret"].(string)
		intent, _, _ = strings.Cut(secret, "_secret_")
		resp, err := b.client.PostForm(s.app.StripeOrigin()+"/3ds/"+intent, map[string][]string{"client_secret": {secret}, "outcome": {"pass"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("the bank answers %d, %v", resp.StatusCode, err)
		}
		s.wantLedger(1, mugPrice)
		if got := b.status(order); got != "open requires_action" {
			t.Fatalf("the order is %q before anybody told", got)
		}
		return s, b, order, intent
	}
	for name, c := range map[string]struct{ kind, object, version string }{
		"whose object is whole makes the order paid":                              {"payment_intent.succeeded", `{"id":"INTENT","object":"payment_intent","status":"succeeded","amount":1800,"amount_received":1800,"currency":"usd","metadata":{"checkoutd_order":"ORDER"}}`, "2025-02-24.acacia"},
		"of another release train is a reason to read the intent":                 {"payment_intent.succeeded", `{"id":"INTENT","object":"payment_intent","status":"of another world","amount":{"value":"18"}}`, "2031-01-01.quartz"},
		"of a charge is a reason to read its intent":                              {"charge.succeeded", `{"id":"ch_1","object":"charge","payment_intent":"INTENT"}`, "2025-02-24.acacia"},
		"that claims less than Stripe does is a reason to read the intent afresh": {"payment_intent.payment_failed", `{"id":"INTENT","object":"payment_intent","status":"requires_payment_method","amount":1800,"currency":"usd","last_payment_error":{"type":"card_error","code":"card_declined"}}`, "2025-02-24.acacia"},
	} {
		t.Run("an event "+name, func(t *testing.T) {
			t.Parallel()
			s, b, order, intent := paidInSilence(t)
			object := strings.NewReplacer("INTENT", intent, "ORDER", order).Replace(c.object)
			body := strings.Replace(event("evt_alone", c.kind, object, ""), "2025-02-24.acacia", c.version, 1)
			b.deliver(body, config.SandboxWebhookSecret)
			in := s.inbox()
			s.eventually("it is worked", func() bool { return s.events(in)["evt_alone"].State == webhooks.Done })
			if got := b.status(order); got != "paid paid" {
				t.Errorf("the order is %q", got)
			}
		})
	}

	t.Run("an event about another amount calls a person", func(t *testing.T) {
		t.Parallel()
		s, b, order, intent := paidInSilence(t)
		s.reprice(order, 9900)
		b.deliver(event("evt_less", "charge.succeeded", `{"id":"ch_1","object":"charge","payment_intent":"`+intent+`"}`, ""), config.SandboxWebhookSecret)
		s.eventually("the order is in review", func() bool { return b.status(order) == "review review" })
		b.wantProblem("/create-confirm-intent", b.confirm(order, cardPays), 409, "order_not_open", "")
		s.wantLedger(1, mugPrice)
	})
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.buyer(t)
	if r := b.call("GET", "/readyz", ""); r.status != 200 {
		t.Errorf("a running server is not ready: %d %s", r.status, r.body)
	}
	if err := s.app.LoseDatabase(); err != nil {
		t.Fatal(err)
	}
	b.wantProblem("/readyz", b.call("GET", "/readyz", ""), 503, "not_ready", "")
	if r := b.call("GET", "/healthz", ""); r.status != 200 {
		t.Errorf("a server without its database is not alive: %d", r.status)
	}
	r := b.call("POST", "/orders", `{"items":[{"sku":"mug","quantity":1}]}`)
	if r.status < 500 || r.header.Get("Content-Type") != "application/problem+json" || strings.Contains(r.body, "sql") {
		t.Errorf("an order without a database: %d %s", r.status, r.body)
	}
	body := event("evt_1", "payment_intent.succeeded", strangeIntent, "")
	if r := b.call("POST", "/webhooks/stripe", body, signature(body, config.SandboxWebhookSecret, time.Now())); r.status < 500 {
		t.Errorf("an event that cannot be kept is answered with %d", r.status)
	}
}
