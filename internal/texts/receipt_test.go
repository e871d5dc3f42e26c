package texts_test

import (
	"testing"

	"checkoutd/internal/texts"
)

func TestPaymentMethodsAreNamedAsPeopleKnowThem(t *testing.T) {
	t.Parallel()
	r := texts.Of("en").Receipt
	for want, parts := range map[string][4]string{
		"Visa ending in 4242":                   {"card", "visa", "4242", ""},
		"Mastercard ending in 4444 (Apple Pay)": {"card", "mastercard", "4444", "apple_pay"},
		"SEPA Direct Debit ending in 3000":      {"sepa_debit", "", "3000", ""},
		"Bank account ending in 6789":           {"us_bank_account", "", "6789", ""},
		"Bank transfer":                         {"customer_balance", "", "", ""},
		"iDEAL":                                 {"ideal", "", "", ""},
		"Link":                                  {"link", "", "", ""},
		"Some New Thing":                        {"some_new_thing", "", "", ""},
		"":                                      {"", "visa", "4242", ""},
	} {
		if got := r.Method(parts[0], parts[1], parts[2], parts[3]); got != want {
			t.Errorf("%q: got %q, want %q", parts, got, want)
		}
	}
}
