package sandbox_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/sandbox"
)

func TestManagementAPICanBeTurnedOff(t *testing.T) {
	t.Parallel()
	b := newBox(t, func(cfg *sandbox.Config) { cfg.Manage = false })
	for _, path := range []string{"/_sandbox/", "/_sandbox/ledger", "/_sandbox/requests"} {
		want(t, path, b.get(path).status, http.StatusNotFound)
	}
}

func TestManagementAPIShowsAndControls(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	page := b.get("/_sandbox/")
	want(t, "without the slash", string(b.get("/_sandbox").raw), string(page.raw))
	want(t, "desk says sandbox", strings.Contains(string(page.raw), "sandbox"), true)

	fault := b.do("POST", "/_sandbox/faults", `{"route":"POST /v1/customers","kind":"status_500","count":1}`)
	want(t, "fault", fault.str("kind"), "status_500")
	want(t, "fault injected", b.post("/v1/customers", "name=x").status, 500)
	want(t, "fault used up", b.post("/v1/customers", "name=x").status, 200)
	want(t, "invalid fault",
		b.do("POST", "/_sandbox/faults", `{"route":"POST /v1/customers","kind":"nonsense"}`).status,
		422)
	want(t, "invalid JSON", b.do("POST", "/_sandbox/faults", `{"rout`).status, 400)

	b.do("POST", "/_sandbox/faults", `{"route":"POST /v1/customers","kind":"status_500","count":-1}`)
	b.do("DELETE", "/_sandbox/faults", "")
	cus := b.ok("/v1/customers", "name=x")
	want(t, "object", b.get("/_sandbox/objects/"+cus.str("id")).str("name"), "x")

	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "customer="+cus.str("id"))

	var owned []sandbox.ObjectEntry
	if err := json.Unmarshal(b.get("/_sandbox/objects?of="+
		cus.str("id")).raw, &owned); err != nil || len(owned) != 1 {
		t.Fatalf("got %v, %v, want the one intent of the customer", owned, err)
	}

	want(t, "belongs to the customer", owned[0].ID, pi.str("id"))
	want(t, "all objects, newest last", b.s.Objects("")[len(b.s.Objects(""))-1].ID, pi.str("id"))

	b.do("POST", "/_sandbox/seed?count=3", "")
	want(t, "ledger", b.get("/_sandbox/ledger").size("charges"), 3)

	before := b.ok("/v1/customers").num("created")
	b.do("POST", "/_sandbox/clock", `{"advance": 3600}`)

	if after := b.ok("/v1/customers").num("created"); after < before+3600 {
		t.Errorf("the clock went from %d to %d", before, after)
	}

	want(t, "backwards", b.do("POST", "/_sandbox/clock", `{"advance": -1}`).status, 422)

	b.do("POST", "/_sandbox/reset", "")
	want(t, "empty", b.get("/v1/customers").size("data"), 0)
}

func TestRequestsHideCardData(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.browserToken("4242424242424242")
	raw := string(b.get("/_sandbox/requests").raw)
	want(t, "number is hidden", strings.Contains(raw, "4242424242424242"), false)
	want(t, "request is shown", strings.Contains(raw, "/v1/confirmation_tokens"), true)
}

func TestRotatedSecretSigns(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	b := newBox(t,
		func(cfg *sandbox.Config) { cfg.Endpoints = []sandbox.Endpoint{{URL: h.URL, Secret: "whsec_old"}} })
	b.ok("/v1/customers", "name=1")
	eventually(t, "first", func() bool { return len(h.types()) == 1 })
	b.s.RotateWebhookSecret("", "whsec_new", 0)
	b.ok("/v1/customers", "name=2")
	eventually(t, "second", func() bool { return len(h.types()) == 2 })
	bodies, signatures := h.got()
	want(t, "old", verified(bodies[0], signatures[0], "whsec_old"), true)
	want(t, "new", verified(bodies[1], signatures[1], "whsec_new"), true)

	b.s.RotateWebhookSecret("", "whsec_newer", time.Hour)
	b.ok("/v1/customers", "name=3")
	eventually(t, "third", func() bool { return len(h.types()) == 3 })
	_, signatures = h.got()
	want(t, "signatures while both are valid", strings.Count(signatures[2], "v1="), 2)
}

func TestStateSurvivesARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.jsonl")
	var first string
	body := form("amount=2000", "currency=usd", "confirm=true", "payment_method=pm_card_visa",
		"payment_method_types[]=card")
	var pending, declined, cus string
	t.Run("before", func(t *testing.T) {
		b := newBox(t, func(cfg *sandbox.Config) { cfg.StateFile = file })
		first = string(b.do("POST", "/v1/payment_intents", body, header("Idempotency-Key", "k")).raw)
		cus = b.ok("/v1/customers", "name=x").str("id")
		b.do("DELETE", "/v1/customers/"+b.ok("/v1/customers", "name=gone").str("id"), "")
		declined = b.post("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
			"payment_method=pm_card_chargeDeclined", "payment_method_types[]=card").str("error.payment_intent.id")
		pending = b.ok("/v1/payment_intents", "amount=1000", "currency=eur", "confirm=true",
			"payment_method_types[]=sepa_debit",
			"payment_method_data[type]=sepa_debit", "payment_method_data[sepa_debit][iban]=AT321904300235473204",
			"payment_method_data[billing_details][name]=Bob",
			"payment_method_data[billing_details][email]=b@b.test").str("id")
	})

	t.Run("a torn last line is dropped", func(t *testing.T) {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(`{"seq":999999,"kind":"cust`); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	})

	t.Run("after", func(t *testing.T) {
		b := newBox(t, shortDelay, func(cfg *sandbox.Config) { cfg.StateFile = file })
		r := b.do("POST", "/v1/payment_intents", body, header("Idempotency-Key", "k"))
		want(t, "replayed", string(r.raw), first)
		want(t, "intents", len(b.s.Ledger().Intents), 3)
		want(t, "customers", b.get("/v1/customers").str("data.0.id"), cus)
		want(t, "error survives",
			b.get("/v1/payment_intents/"+declined).str("last_payment_error.decline_code"),
			"generic_decline")
		eventually(t, "the delayed payment completes", func() bool {
			return b.get("/v1/payment_intents/"+pending).str("status") == "succeeded"
		})
		want(t, "event",
			b.get("/v1/events?type=payment_intent.succeeded&limit=1").str("data.0.data.object.id"),
			pending)
		want(t, "confirm again",
			b.ok("/v1/payment_intents/"+declined+"/confirm", "payment_method=pm_card_visa").str("status"),
			"succeeded")
	})
}
