package config_test

import (
	"slices"
	"testing"

	"checkoutd/internal/config"
)

func TestSellerRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"terms over http": {
			environ: []string{"SHOP_TERMS_URL=http://shop.example/terms"},
			want:    "SHOP_TERMS_URL is not https.",
		},
		"a privacy policy that is a script": {
			environ: []string{"SHOP_PRIVACY_URL=javascript:alert(1)"},
			want:    "SHOP_PRIVACY_URL is not a web address.",
		},
		"a contact without an address": {
			environ: []string{"SHOP_CONTACT_URL=mailto:help"},
			want:    "SHOP_CONTACT_URL has no e-mail address after mailto:.",
			mention: "mailto:help@shop.example",
		},
		"a portal without a scheme": {
			environ: []string{"CUSTOMER_PORTAL_URL=billing.stripe.com/p/login/x"},
			want:    "CUSTOMER_PORTAL_URL is not a web address.",
		},
		"an address of seven lines": {
			environ: []string{"SHOP_ADDRESS=1;2;3;4;5;6;7"},
			want:    "SHOP_ADDRESS has more than 6 lines.",
		},
		"consent to nothing": {
			environ: []string{"TERMS_CONSENT=required"},
			want:    "SHOP_TERMS_URL is not set, but TERMS_CONSENT is required.",
		},
		"a tax number on two lines": {
			environ: []string{"SHOP_TAX_NUMBER=1\n2"},
			want:    "SHOP_TAX_NUMBER is not a line",
		},
	})
}

func TestTheSellerIsReadByLines(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sandbox, []string{
		"SHOP_ADDRESS=1 High Street ; London N1 1AA;; United Kingdom",
		"SHOP_CONTACT_URL=mailto:help@shop.example",
		"SHOP_TERMS_URL=https://shop.example/terms?v=2",
	}, nil)
	if want := []string{"1 High Street", "London N1 1AA", "United Kingdom"}; !slices.Equal(c.ShopAddress, want) {
		t.Errorf("got the address %q, want %q", c.ShopAddress, want)
	}
	if c.ContactURL != "mailto:help@shop.example" || c.TermsURL != "https://shop.example/terms?v=2" {
		t.Errorf("got %q and %q", c.ContactURL, c.TermsURL)
	}
}
