package sandbox_test

import (
	"testing"

	"checkoutd/internal/sandbox"
)

func TestAPIFaults(t *testing.T) {
	t.Parallel()
	body := form("amount=2000", "currency=usd", "confirm=true", "payment_method=pm_card_visa",
		"payment_method_types[]=card")
	for kind, c := range map[string]struct {
		status  int // of the first call; 0 = the connection was cut
		again   int // status of its repetition
		charges int // charges created by the first call
	}{
		sandbox.FaultChargeThenCut: {0, 200, 1},
		sandbox.FaultChargeThen500: {500, 500, 1},
		sandbox.FaultReset:         {0, 200, 0},
		sandbox.FaultStatus500:     {500, 200, 0},
		sandbox.FaultStatus429:     {429, 200, 0},
		sandbox.FaultStatus400:     {400, 200, 0},
		sandbox.FaultStatus401:     {401, 200, 0},
		sandbox.FaultIdempotency:   {400, 200, 0},
		sandbox.FaultStatus409:     {409, 200, 0},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			if _, err := b.s.AddFault(sandbox.Fault{Route: "POST /v1/payment_intents", Kind: kind}); err != nil {
				t.Fatal(err)
			}

			r, err := b.send("POST", "/v1/payment_intents", body, header("Idempotency-Key", "k"))
			want(t, "cut", err != nil, c.status == 0)
			want(t, "status", r.status, c.status)
			want(t, "charges", len(b.s.Ledger().Charges), c.charges)
			again := b.do("POST", "/v1/payment_intents", body, header("Idempotency-Key", "k"))
			want(t, "status again", again.status, c.again)
			want(t, "charges in the end", len(b.s.Ledger().Charges), 1)
		})
	}
}

func TestInvalidFaultsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for _, f := range []sandbox.Fault{
		{Route: "POST", Kind: "reset"}, {Route: "POST /v1/x", Kind: "drop"},
		{Route: "WEBHOOK *", Kind: "reset"}, {Route: "POST /v1/[", Kind: "reset"},
	} {
		if _, err := b.s.AddFault(f); err == nil {
			t.Errorf("%+v was accepted", f)
		}
	}
}

func TestFaultsAreRemovedOneByOne(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	first := b.do("POST", "/_sandbox/faults",
		`{"route": "POST /v1/customers", "kind": "status_500", "count": -1}`).str("id")
	second := b.do("POST", "/_sandbox/faults",
		`{"route": "POST /v1/customers", "kind": "status_429", "count": -1}`).str("id")
	want(t, "first fault", b.post("/v1/customers").status, 500)
	want(t, "removed", b.do("DELETE", "/_sandbox/faults/"+first, "").status, 200)
	want(t, "second fault", b.post("/v1/customers").status, 429)
	want(t, "again", b.do("DELETE", "/_sandbox/faults/"+first, "").status, 404)
	want(t, "removed", b.do("DELETE", "/_sandbox/faults/"+second, "").status, 200)
	want(t, "none", b.post("/v1/customers").status, 200)
}
