package stripeapi

import "testing"

func TestOperationHasNoIDs(t *testing.T) { //nolint:paralleltest // the others start in their order
	for path, want := range map[string]string{
		"/v1/payment_intents":                      "Stripe POST /v1/payment_intents",
		"/v1/payment_intents/pi_1/confirm":         "Stripe POST /v1/payment_intents/{id}/confirm",
		"/v1/products/jenny@example.com":           "Stripe POST /v1/products/{id}",
		"/v1/customers/cus_1/payment_methods/pm_1": "Stripe POST /v1/customers/{id}/payment_methods/{id}",
		"/": "Stripe POST /{id}",
	} {
		if got := operation("POST", path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
