package config_test

import (
	"reflect"
	"testing"

	"checkoutd/internal/config"
)

func TestPageRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"an unknown payment method creation": {
			environ: []string{"PAYMENT_METHOD_CREATION=automatic"},
			want:    `PAYMENT_METHOD_CREATION is "automatic".`,
			mention: "(empty), manual",
		},
		"a header that is none": {
			environ: []string{"COUNTRY_HEADER=CF IPCountry"},
			want:    `COUNTRY_HEADER is not the name of a header.`,
			mention: "CF-IPCountry",
		},
		"an unknown billing address": {
			environ: []string{"BILLING_ADDRESS=never"},
			want:    `BILLING_ADDRESS is "never".`,
			mention: "auto, full",
		},
	})
}

func TestCheckoutOptions(t *testing.T) {
	t.Parallel()
	t.Run("all options that can be combined", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, []string{
			"PAYMENT_METHOD_TYPES=card,us_bank_account", "ON_BEHALF_OF=acct_1A", "CARD_INSTALLMENTS=true",
			"US_BANK_VERIFICATION=microdeposits",
			"REQUIRE_CVC_RECOLLECTION=true", "COLLECT_EMAIL=true", "RECEIPT_EMAIL=true",
			"BILLING_ADDRESS=full", "SHIPPING_PHONE=true", "EXPRESS_CHECKOUT=false",
			"PAYMENT_ELEMENT_LAYOUT=accordion", "LAYOUT_RADIOS=false", "LAYOUT_VISIBLE_ITEMS=0",
			"LAYOUT_DEFAULT_COLLAPSED=true",
			"SAVED_METHODS_SAVE_USAGE=off_session", "SAVED_METHODS_REMOVE=true", "SAVED_METHODS_LIMIT=10",
			"SAVED_METHODS_FILTERS=always, limited",
			"BRAND_LOGO=/logo.svg", "BRAND_COLOR=#AA3377", "APPEARANCE_FILE=look.json",
		}, map[string]string{"look.json": `{"variables":{"borderRadius":"2px"}}`})

		no, yes, none := false, true, 0
		for name, v := range map[string][2]any{
			"Payment": {c.Payment, config.Payment{
				CaptureMethod:          "automatic",
				PaymentMethodTypes:     []string{"card", "us_bank_account"},
				OnBehalfOf:             "acct_1A",
				RequireCVCRecollection: true,
				Installments:           true,
				BankVerification:       "microdeposits",
				ReceiptEmail:           true,
			}},
			"Page": {c.Page, config.Page{
				CollectEmail:   true,
				PrefillContact: true,
				BillingAddress: "full",
				ShippingPhone:  true,
			}},
			"Layout": {c.Layout, config.Layout{
				Type:             "accordion",
				DefaultCollapsed: &yes,
				Radios:           &no,
				VisibleItems:     &none,
			}},
			"SavedMethods": {c.SavedMethods, config.SavedMethods{
				Redisplay: true,
				Limit:     10,
				Filters:   []string{"always", "limited"},
				Save:      true,
				SaveUsage: "off_session",
				Remove:    true,
				Setup:     true,
			}},
			"the look": {[]string{c.BrandLogo, c.BrandColor, c.AppearanceFile},
				[]string{"/logo.svg", "#AA3377", "look.json"}},
			"what is in the file": {c.Appearance.Dark.Variable("borderRadius"), "2px"},
		} {
			if !reflect.DeepEqual(v[0], v[1]) {
				t.Errorf("%s: got %+v, want %+v", name, v[0], v[1])
			}
		}
	})

	t.Run("nothing given", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, nil, nil)
		if want := (config.Layout{Type: "tabs"}); c.Layout != want {
			t.Errorf("got %+v, want %+v", c.Layout, want)
		}

		want := config.SavedMethods{Redisplay: true, Save: true, SaveUsage: "on_session", Setup: true}
		if !reflect.DeepEqual(c.SavedMethods, want) {
			t.Errorf("got %+v, want %+v", c.SavedMethods, want)
		}
		if !c.ExpressCheckout || c.BillingAddress != "auto" || c.CollectEmail {
			t.Errorf("got %+v", c.Page)
		}
	})

	t.Run("SETUP_FUTURE_USAGE saves without asking", func(t *testing.T) {
		t.Parallel()
		for _, more := range []string{"SAVED_METHODS_SAVE=", "SAVED_METHODS_SAVE=false"} {
			c := load(t, config.Sandbox, []string{"SETUP_FUTURE_USAGE=on_session", more}, nil)
			if c.SavedMethods.Save {
				t.Errorf("%s: buyers are asked to save what is saved anyway", more)
			}
		}
	})

	t.Run("a configuration of the Dashboard", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, []string{"PAYMENT_METHOD_CONFIGURATION=pmc_1Abc",
			"CAPTURE_METHOD=manual", "BRAND_LOGO=https://cdn.example/a.png"}, nil)
		if c.PaymentMethodConfiguration != "pmc_1Abc" || c.BrandLogo != "https://cdn.example/a.png" {
			t.Errorf("got %q, %q", c.PaymentMethodConfiguration, c.BrandLogo)
		}
	})
}
