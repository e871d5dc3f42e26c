package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/webhooks"
)

func TestWebhookRefusals(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	good := e2etest.Event("evt_1", "payment_intent.succeeded", e2etest.StrangeIntent, "")
	customer := `{"id":"cus_1","object":"customer"}`
	badID, badType := e2etest.Event("evt_!", "a.b", "{}", ""), e2etest.Event("evt_1", "A B", "{}", "")
	big := e2etest.Event("evt_big", "payment_intent.succeeded", e2etest.StrangeIntent, "")
	big += strings.Repeat(" ", webhooks.MaxBody+1-len(big))

	// Each event is signed when it is sent: a signature goes stale.
	signed := func(secret string, ago time.Duration) func(body string) string {
		return func(body string) string { return e2etest.Signature(body, secret, time.Now().Add(-ago)) }
	}
	written := func(header string) func(string) string { return func(string) string { return header } }

	right := signed(config.SandboxWebhookSecret, 0)

	for name, c := range map[string]struct {
		body   string
		sign   func(body string) string
		status int
		code   string
	}{
		"without a signature":             {good, written("Stripe-Signature:"), 400, "bad_signature"},
		"with a signature of nonsense":    {good, written("Stripe-Signature: t=1,v1=zz"), 400, "bad_signature"},
		"signed with another secret":      {good, signed("whsec_another", 0), 400, "bad_signature"},
		"signed over another body":        {good, func(body string) string { return right(body + " ") }, 400, "bad_signature"},
		"signed for tomorrow":             {good, signed(config.SandboxWebhookSecret, -24*time.Hour), 400, "future_timestamp"},
		"signed an hour ago":              {good, signed(config.SandboxWebhookSecret, time.Hour), 400, "stale_timestamp"},
		"signed with the test scheme":     {good, func(body string) string { return strings.Replace(right(body), "v1=", "v0=", 1) }, 400, "bad_signature"},
		"of one byte more than the limit": {big, right, 413, "body_too_large"},
		"that is signed but no JSON":      {"{", right, 400, "bad_envelope"},
		"that is signed but no event":     {customer, right, 400, "bad_envelope"},
		"whose id is none":                {badID, right, 400, "bad_envelope"},
		"whose type is none":              {badType, right, 400, "bad_envelope"},
		"that is signed but quite empty":  {"", right, 400, "bad_envelope"},
	} {
		t.Run("a webhook "+name+" is refused", func(t *testing.T) {
			t.Parallel()
			b := s.Buyer(t)
			b.WantProblem("/webhooks/stripe", b.Call("POST", "/webhooks/stripe", c.body, c.sign(c.body)), c.status, c.code, "")
		})
	}

	t.Cleanup(func() {
		if all := s.Events(s.Inbox()); len(all) != 0 {
			t.Errorf("the inbox took %d events that were refused", len(all))
		}
	})
}

func TestWebhookAccepted(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	big := e2etest.Event("evt_big", "customer.created", `{"id":"cus_1","object":"customer"}`, "")
	big += strings.Repeat(" ", webhooks.MaxBody-len(big))
	bodies := map[string]string{
		"evt_live":      strings.Replace(e2etest.Event("evt_live", "payment_intent.succeeded", e2etest.StrangeIntent, ""), `"livemode":false`, `"livemode":true`, 1),
		"evt_account":   e2etest.Event("evt_account", "payment_intent.succeeded", e2etest.StrangeIntent, `,"account":"acct_1"`),
		"evt_other":     e2etest.Event("evt_other", "customer.created", `{"id":"cus_1","object":"customer"}`, ""),
		"evt_unmatched": e2etest.Event("evt_unmatched", "payment_intent.succeeded", e2etest.StrangeIntent, ""),
		"evt_big":       big,
	}
	for _, body := range bodies {
		b.Deliver(body, config.SandboxWebhookSecret)
		b.Deliver(body, config.SandboxWebhookSecret) // Stripe may repeat itself
	}

	in := s.Inbox()
	s.Eventually("all is worked", func() bool {
		for _, e := range s.Events(in) {
			if e.State == webhooks.Received || e.State == webhooks.Working {
				return false
			}
		}

		return true
	})

	got := s.Events(in)
	if len(got) != len(bodies) {
		t.Errorf("the inbox has %d events, want %d", len(got), len(bodies))
	}

	for id, want := range map[string]webhooks.State{
		"evt_live":      webhooks.Quarantined,
		"evt_account":   webhooks.Ignored,
		"evt_other":     webhooks.Ignored,
		"evt_unmatched": webhooks.Ignored,
		"evt_big":       webhooks.Ignored,
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
	s := e2etest.OpenShop(t, realMode(t))
	b := s.Buyer(t)
	fingerprints := map[string]bool{}

	for i, secret := range []string{"whsec_" + e2etest.CanaryKey, "whsec_second"} {
		b.Deliver(e2etest.Event(fmt.Sprintf("evt_%d", i), "customer.created", "{}", ""), secret)
	}

	for id, e := range s.Events(s.Inbox()) {
		fingerprints[e.Secret] = true
		if e.Secret == "" || strings.Contains(e.Secret, "whsec") {
			t.Errorf("%s says that it was signed with %q", id, e.Secret)
		}
	}

	if len(fingerprints) != 2 {
		t.Errorf("the inbox tells %d secrets apart, want 2", len(fingerprints))
	}

	body := e2etest.Event("evt_3", "customer.created", "{}", "")
	b.WantProblem("/webhooks/stripe", b.Call("POST", "/webhooks/stripe", body, e2etest.Signature(body, "whsec_third", time.Now())), 400, "bad_signature", "")
}

func TestWebhookAlone(t *testing.T) {
	t.Parallel()

	// paidInSilence has an order paid at Stripe, and nobody tells the shop.
	paidInSilence := func(t *testing.T) (s *e2etest.Shop, b *e2etest.Buyer, order, intent string) {
		t.Helper()
		s = e2etest.OpenShop(t)
		s.Fault("WEBHOOK *", sandbox.FaultDrop, -1)
		b = s.Buyer(t)
		order = b.Order("mug")
		secret := b.Object(b.Confirm(order, e2etest.CardAsks))["client_secret"].(string)
		intent, _, _ = strings.Cut(secret, "_secret_")
		b.Authenticate(secret, "pass")

		s.WantLedger(1, e2etest.MugPrice)

		if got := b.Status(order); got != "open requires_action" {
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
			body := strings.Replace(e2etest.Event("evt_alone", c.kind, object, ""), "2025-02-24.acacia", c.version, 1)
			b.Deliver(body, config.SandboxWebhookSecret)
			in := s.Inbox()
			s.Eventually("it is worked", func() bool { return s.Events(in)["evt_alone"].State == webhooks.Done })

			if got := b.Status(order); got != "paid paid" {
				t.Errorf("the order is %q", got)
			}
		})
	}

	t.Run("an event about another amount calls a person", func(t *testing.T) {
		t.Parallel()
		s, b, order, intent := paidInSilence(t)
		s.Reprice(order, 9900)
		b.Deliver(e2etest.Event("evt_less", "charge.succeeded", `{"id":"ch_1","object":"charge","payment_intent":"`+intent+`"}`, ""), config.SandboxWebhookSecret)
		s.Eventually("the order is in review", func() bool { return b.Status(order) == "review review" })
		b.WantProblem("/create-confirm-intent", b.Confirm(order, e2etest.CardPays), 409, "order_not_open", "")
		s.WantLedger(1, e2etest.MugPrice)
	})
}
