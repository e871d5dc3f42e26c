package sandbox_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/sandbox"
)

// pay creates and confirms an intent in one call, which emits three events.
func (b *box) pay(more ...string) reply {
	b.t.Helper()
	return b.ok("/v1/payment_intents", append(more, "amount=2000", "currency=usd", "confirm=true",
		"payment_method=pm_card_visa", "payment_method_types[]=card")...)
}

// received returns the types of the webhooks about an intent in the order in
// which they arrived.
func (h *hook) received(intent string) []string {
	bodies, _ := h.got()
	var out []string
	for _, body := range bodies {
		var ev struct {
			Type string
			Data struct {
				Object struct {
					ID     string
					Intent string `json:"payment_intent"`
				}
			}
		}
		_ = json.Unmarshal([]byte(body), &ev)
		if ev.Data.Object.ID == intent || ev.Data.Object.Intent == intent {
			out = append(out, ev.Type)
		}
	}

	return out
}

func boxWithHook(t *testing.T) (*box, *hook) {
	t.Helper()
	h := newHook(t)
	return newBox(t, func(cfg *sandbox.Config) {
		cfg.Endpoints = []sandbox.Endpoint{{URL: h.URL, Secret: "whsec_x", EnabledEvents: []string{
			"payment_intent.created", "charge.succeeded", "payment_intent.succeeded",
		}}}
	}), h
}

// Stripe promises no order: what was created is often told last.
func TestEventsArriveInAnyOrder(t *testing.T) {
	t.Parallel()
	b, h := boxWithHook(t)
	seen := map[string]bool{}
	eventually(t, "several orders, one of them with the creation last", func() bool {
		pi := b.pay().str("id")
		eventually(t, "all events", func() bool { return len(h.received(pi)) == 3 })

		seen[joined(h.received(pi))] = true
		last := slices.ContainsFunc(mapKeys(seen), func(o string) bool { return strings.HasSuffix(o, ".created") })
		return len(seen) > 2 && last
	})
}

func mapKeys(m map[string]bool) []string {
	var out []string
	for key := range m {
		out = append(out, key)
	}
	return out
}

func TestEventsArriveInOrderOnRequest(t *testing.T) {
	t.Parallel()
	b, h := boxWithHook(t)
	if _, err := b.s.AddFault(sandbox.Fault{Route: "WEBHOOK payment_intent.*", Kind: sandbox.FaultOrdered}); err == nil {
		t.Error("order for some events only was accepted")
	}
	fault, err := b.s.AddFault(sandbox.Fault{Route: "WEBHOOK *", Kind: sandbox.FaultOrdered})
	if err != nil {
		t.Fatal(err)
	}

	var ids []string
	for range 20 {
		ids = append(ids, b.pay().str("id"))
	}

	eventually(t, "all events", func() bool { bodies, _ := h.got(); return len(bodies) == 60 })
	for _, id := range ids {
		want(t, "order", joined(h.received(id)), "payment_intent.created charge.succeeded payment_intent.succeeded")
	}

	want(t, "removed", b.s.RemoveFault(fault.ID), true)
	pi := b.pay().str("id")
	eventually(t, "still delivered", func() bool { return len(h.received(pi)) == 3 })
}

// charge.updated with the balance transaction follows seconds later, also if
// the sandbox was restarted in between.
func TestBookingIsToldLater(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.json")
	keep := func(cfg *sandbox.Config) { cfg.StateFile = file }
	var charge string
	t.Run("before", func(t *testing.T) {
		b := newBox(t, keep)
		charge = b.pay().str("latest_charge")
		want(t, "read at once", b.get("/v1/charges/"+charge).str("balance_transaction") != "", true)
	})

	b := newBox(t, keep)
	b.emits("payment_intent.created charge.succeeded payment_intent.succeeded charge.updated")
	ev := b.get("/v1/events?type=charge.updated")
	want(t, "charge", ev.str("data.0.data.object.id"), charge)
	want(t, "booked", ev.str("data.0.data.object.balance_transaction") != "", true)
	prev, _ := ev.at("data.0.data.previous_attributes").(map[string]any)
	want(t, "previous", len(prev), 1)
	want(t, "previous", prev["balance_transaction"], nil)

	b.pay("capture_method=automatic")
	b.emits("payment_intent.created charge.succeeded payment_intent.succeeded charge.updated " +
		"payment_intent.created charge.succeeded payment_intent.succeeded")
}

// The reference by which a bank finds a refund follows within seconds.
func TestReferenceOfARefundIsToldLater(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	re := b.ok("/v1/refunds", "payment_intent="+b.pay("capture_method=automatic").str("id"))
	want(t, "at first", re.str("destination_details.card.reference_status"), "pending")
	want(t, "no reference", re.at("destination_details.card.reference"), nil)

	b.emits("payment_intent.created charge.succeeded payment_intent.succeeded " +
		"refund.created charge.refunded refund.updated charge.refund.updated")

	now := b.get("/v1/refunds/" + re.str("id"))
	want(t, "later", now.str("destination_details.card.reference_status"), "available")
	want(t, "digits", len(now.str("destination_details.card.reference")), 16)

	released := b.ok("/v1/payment_intents/"+b.pay("capture_method=manual").str("id")+"/cancel", "expand[]=latest_charge")
	re = b.get("/v1/refunds?charge=" + released.str("latest_charge.id"))
	want(t, "a released hold has none", re.str("data.0.destination_details.card.reference_status"), "unavailable")
}

func TestTestClocksTellThatTheyAdvance(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	clock := b.ok("/v1/test_helpers/test_clocks", "frozen_time=1700000000").str("id")
	r := b.ok("/v1/test_helpers/test_clocks/"+clock+"/advance", "frozen_time=1700003600")
	want(t, "status", r.str("status"), "advancing")
	b.emits("test_helpers.test_clock.created test_helpers.test_clock.advancing test_helpers.test_clock.ready")
	want(t, "then", b.get("/v1/test_helpers/test_clocks/"+clock).str("status"), "ready")
}
