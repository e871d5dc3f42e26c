package config_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/config"
)

func TestPaymentRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"blik": {
			environ: []string{"PAYMENT_METHOD_TYPES=card, blik"},
			want:    "PAYMENT_METHOD_TYPES contains blik",
			mention: "finalized on the server",
		},
		"acss_debit": {
			environ: []string{"PAYMENT_METHOD_TYPES=acss_debit"},
			want:    "PAYMENT_METHOD_TYPES contains acss_debit",
			mention: "finalized on the server",
		},
		"a method twice": {
			environ: []string{"PAYMENT_METHOD_TYPES=card,card"},
			want:    "PAYMENT_METHOD_TYPES contains card twice",
		},
		"a method misspelt": {
			environ: []string{"PAYMENT_METHOD_TYPES=Card"},
			want:    "PAYMENT_METHOD_TYPES contains \"Card\"",
		},
		"capture method": {
			environ: []string{"CAPTURE_METHOD=later"},
			want:    "CAPTURE_METHOD is \"later\". Use one of: automatic, manual",
		},
		"future usage": {
			environ: []string{"SETUP_FUTURE_USAGE=always"},
			want:    "SETUP_FUTURE_USAGE is \"always\". Use one of: (empty), on_session, off_session",
		},
		"types and a configuration": {
			environ: []string{"PAYMENT_METHOD_TYPES=card", "PAYMENT_METHOD_CONFIGURATION=pmc_1"},
			want:    "PAYMENT_METHOD_CONFIGURATION and PAYMENT_METHOD_TYPES are both set.",
			mention: "Keep one",
		},
		"a configuration without its prefix": {
			environ: []string{"PAYMENT_METHOD_CONFIGURATION=default"},
			want:    "PAYMENT_METHOD_CONFIGURATION is not the ID of",
			mention: "pmc_",
		},
		"an account without its prefix": {
			environ: []string{"ON_BEHALF_OF=acme"},
			want:    "ON_BEHALF_OF is not the ID of an account.",
			mention: "acct_",
		},
		"two accounts": {
			environ: []string{"ON_BEHALF_OF=acct_1 acct_2"},
			want:    "ON_BEHALF_OF is not the ID of an account.",
			mention: "acct_",
		},
		"installments without explicit methods": {
			environ: []string{"CARD_INSTALLMENTS=true"},
			want:    "CARD_INSTALLMENTS is true, but PAYMENT_METHOD_TYPES does not include card.",
			mention: "explicit",
		},
		"installments without card": {
			environ: []string{"CARD_INSTALLMENTS=true", "PAYMENT_METHOD_TYPES=ideal"},
			want:    "CARD_INSTALLMENTS is true, but PAYMENT_METHOD_TYPES does not include card.",
			mention: "explicit",
		},
		"installments and manual creation": {
			environ: []string{"CARD_INSTALLMENTS=true", "PAYMENT_METHOD_TYPES=card",
				"PAYMENT_METHOD_CREATION=manual"},
			want:    "CARD_INSTALLMENTS is true, but PAYMENT_METHOD_CREATION is manual",
			mention: "Stripe.js refuses",
		},
		"manual capture of iDEAL and SEPA": {
			environ: []string{"CAPTURE_METHOD=manual", "PAYMENT_METHOD_TYPES=card,ideal,sepa_debit"},
			want:    "CAPTURE_METHOD is manual, but PAYMENT_METHOD_TYPES contains ideal, sepa_debit,",
			mention: "cannot hold",
		},
		"saving Klarna": {
			environ: []string{"SETUP_FUTURE_USAGE=off_session", "PAYMENT_METHOD_TYPES=card,klarna"},
			want:    "SETUP_FUTURE_USAGE saves the payment method, but PAYMENT_METHOD_TYPES contains klarna,",
			mention: "charge again",
		},
		"verification without bank accounts": {
			environ: []string{"US_BANK_VERIFICATION=instant"},
			want:    "US_BANK_VERIFICATION is set, but PAYMENT_METHOD_TYPES does not include us_bank_account.",
			mention: "Add it",
		},
		"verification by mail": {
			environ: []string{"US_BANK_VERIFICATION=mail", "PAYMENT_METHOD_TYPES=us_bank_account"},
			want:    `US_BANK_VERIFICATION is "mail".`,
			mention: "microdeposits",
		},
		"bank transfers that lead nowhere": {
			environ: []string{"PAYMENT_METHOD_TYPES=card,customer_balance"},
			want:    "BANK_TRANSFER and customer_balance in PAYMENT_METHOD_TYPES belong together",
			mention: "does not know where the money goes",
		},
		"bank transfers that nobody can choose": {
			environ: []string{"BANK_TRANSFER=us_bank_transfer"},
			want:    "BANK_TRANSFER and customer_balance in PAYMENT_METHOD_TYPES belong together",
			mention: "nobody can choose it",
		},
		"a bank transfer to the EU without a country": {
			environ: []string{"BANK_TRANSFER=eu_bank_transfer", "PAYMENT_METHOD_TYPES=customer_balance"},
			want:    `BANK_TRANSFER is "eu_bank_transfer".`,
			mention: "BE, DE, ES, FR, IE, NL",
		},
		"a bank transfer to the moon": {
			environ: []string{"BANK_TRANSFER=moon_bank_transfer", "PAYMENT_METHOD_TYPES=customer_balance"},
			want:    `BANK_TRANSFER is "moon_bank_transfer".`,
			mention: "us_bank_transfer",
		},
		"a hold of a voucher": {
			environ: []string{"CAPTURE_METHOD=manual", "PAYMENT_METHOD_TYPES=card,boleto,oxxo,konbini,multibanco"},
			want:    "CAPTURE_METHOD is manual, but PAYMENT_METHOD_TYPES contains boleto, oxxo, konbini, multibanco,",
			mention: "cannot hold",
		},
		"a hold of a bank transfer": {
			environ: []string{"CAPTURE_METHOD=manual", "BANK_TRANSFER=us_bank_transfer",
				"PAYMENT_METHOD_TYPES=card,customer_balance"},
			want:    "CAPTURE_METHOD is manual, but PAYMENT_METHOD_TYPES contains customer_balance,",
			mention: "cannot hold",
		},
		"a CVC without cards": {
			environ: []string{"REQUIRE_CVC_RECOLLECTION=true", "PAYMENT_METHOD_TYPES=ideal"},
			want:    "REQUIRE_CVC_RECOLLECTION is true, but PAYMENT_METHOD_TYPES does not include card",
		},
		"a receipt without an address": {
			environ: []string{"RECEIPT_EMAIL=true"},
			want:    "RECEIPT_EMAIL is true, but COLLECT_EMAIL is not",
			mention: "COLLECT_EMAIL=true",
		},
	})
}

// typesOf returns the settings of a shop that offers one payment method.
func typesOf(method string) []string {
	if method == "customer_balance" {
		return []string{"PAYMENT_METHOD_TYPES=" + method, "BANK_TRANSFER=us_bank_transfer"}
	}
	return []string{"PAYMENT_METHOD_TYPES=" + method}
}

// TestManualCaptureMatchesStripe compares the list of payment methods without
// manual capture with the parameters of Stripe's library, where a payment
// method that supports it has the parameter capture_method.
func TestManualCaptureMatchesStripe(t *testing.T) {
	t.Parallel()
	options := reflect.TypeFor[stripe.PaymentIntentPaymentMethodOptionsParams]()
	notHere := []string{"acss_debit", "blik", "card_present", "interac_present"}
	seen := 0
	for i := range options.NumField() {
		method, kind := options.Field(i).Tag.Get("form"), options.Field(i).Type.Elem()
		if slices.Contains(notHere, method) {
			continue
		}

		seen++
		_, want := kind.FieldByName("CaptureMethod")

		if got := load(t, config.Sandbox, typesOf(method), nil).Warnings; len(got) > 0 {
			t.Errorf("%s: %q", method, got)
		}

		_, err := config.Load(config.Sandbox, []string{"CAPTURE_METHOD=manual",
			"PAYMENT_METHOD_TYPES=" + method}, files(nil))
		if got := err == nil; got != want {
			t.Errorf("%s with manual capture: accepted %v, want %v", method, got, want)
		}
	}

	if seen < 30 {
		t.Errorf("looked at %d payment methods, which cannot be all", seen)
	}
}
