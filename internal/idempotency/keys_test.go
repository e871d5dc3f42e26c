package idempotency_test

import (
	"testing"

	"checkoutd/internal/idempotency"
)

// TestKeysKeepTheirSpelling: a database of a former release holds keys of
// requests that are sent again, so their spelling must not change.
func TestKeysKeepTheirSpelling(t *testing.T) {
	t.Parallel()
	attempt := idempotency.Attempt("", "att_1")
	for got, want := range map[string]string{
		attempt:                                    "checkoutd-att_1",
		idempotency.Operation("", "op_1"):          "checkoutd-op_1",
		idempotency.Customer("", "buy_1", ""):      "checkoutd-customer-buy_1",
		idempotency.Customer("", "buy_1", "cus_9"): "checkoutd-customer-buy_1-cus_9",
		idempotency.UpdateStep(attempt):            "checkoutd-att_1-update",
		idempotency.CustomerStep(attempt):          "checkoutd-att_1-customer",
		idempotency.ProductStep(attempt, 2):        "checkoutd-att_1-product-2",
		idempotency.SubscriptionStep(attempt):      "checkoutd-att_1-subscription",
		idempotency.IntentStep(attempt):            "checkoutd-att_1-intent",
	} {
		if got != want || !idempotency.IsOurs(got) {
			t.Errorf("the key is %q, want %q", got, want)
		}
	}
}

func TestRandomKeysDiffer(t *testing.T) {
	t.Parallel()
	for _, key := range []func() string{idempotency.Cancel, idempotency.CustomerSession} {
		if a, b := key(), key(); a == b || !idempotency.IsOurs(a) {
			t.Errorf("the keys are %q and %q, want two of ours", a, b)
		}
	}
	if idempotency.IsOurs("b6e1c1a0-7a0e-4b5e-9c55-3f1c7f1f8a11") {
		t.Error("a random key of stripe-go passes for ours")
	}
}
