package config_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/config"
)

// TestContradictions holds that options which Stripe refuses together, or of
// which one would do nothing, stop the start with the reason.
func TestContradictions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ []string
		want    string // how the only problem begins
		mention string
	}{
		"types and a configuration": {[]string{"PAYMENT_METHOD_TYPES=card", "PAYMENT_METHOD_CONFIGURATION=pmc_1"},
			"PAYMENT_METHOD_CONFIGURATION and PAYMENT_METHOD_TYPES are both set.", "Keep one"},
		"a configuration that is none":    {[]string{"PAYMENT_METHOD_CONFIGURATION=default"}, "PAYMENT_METHOD_CONFIGURATION is not the ID of", "pmc_"},
		"an account that is none":         {[]string{"ON_BEHALF_OF=acme"}, "ON_BEHALF_OF is not the ID of an account.", "acct_"},
		"an account with something after": {[]string{"ON_BEHALF_OF=acct_1 acct_2"}, "ON_BEHALF_OF is not the ID of an account.", "acct_"},
		"another creation":                {[]string{"PAYMENT_METHOD_CREATION=automatic"}, `PAYMENT_METHOD_CREATION is "automatic".`, "(empty), manual"},
		"installments of the Dashboard": {[]string{"CARD_INSTALLMENTS=true"},
			"CARD_INSTALLMENTS is true, but PAYMENT_METHOD_TYPES does not include card.", "explicit"},
		"installments without card": {[]string{"CARD_INSTALLMENTS=true", "PAYMENT_METHOD_TYPES=ideal"},
			"CARD_INSTALLMENTS is true, but PAYMENT_METHOD_TYPES does not include card.", "explicit"},
		"installments and manual creation": {[]string{"CARD_INSTALLMENTS=true", "PAYMENT_METHOD_TYPES=card", "PAYMENT_METHOD_CREATION=manual"},
			"CARD_INSTALLMENTS is true, but PAYMENT_METHOD_CREATION is manual", "Stripe.js refuses"},
		"manual capture of iDEAL and SEPA": {[]string{"CAPTURE_METHOD=manual", "PAYMENT_METHOD_TYPES=card,ideal,sepa_debit"},
			"CAPTURE_METHOD is manual, but PAYMENT_METHOD_TYPES contains ideal, sepa_debit,", "cannot hold"},
		"future use of Klarna": {[]string{"SETUP_FUTURE_USAGE=off_session", "PAYMENT_METHOD_TYPES=card,klarna"},
			"SETUP_FUTURE_USAGE saves the payment method, but PAYMENT_METHOD_TYPES contains klarna,", "charge again"},
		"asking to save what is saved": {[]string{"SETUP_FUTURE_USAGE=off_session", "SAVED_METHODS_SAVE=true"},
			"SAVED_METHODS_SAVE is true, but SETUP_FUTURE_USAGE saves every payment method", "conflict"},
		"a usage without asking": {[]string{"SAVED_METHODS_SAVE=false", "SAVED_METHODS_SAVE_USAGE=off_session"},
			"SAVED_METHODS_SAVE_USAGE is set, but buyers are not asked", "SAVED_METHODS_SAVE=true"},
		"a usage that setup_future_usage decides": {[]string{"SETUP_FUTURE_USAGE=on_session", "SAVED_METHODS_SAVE_USAGE=off_session"},
			"SAVED_METHODS_SAVE_USAGE is set, but buyers are not asked", ""},
		"a usage that is none":            {[]string{"SAVED_METHODS_SAVE_USAGE=always"}, `SAVED_METHODS_SAVE_USAGE is "always".`, "on_session, off_session"},
		"removing what is not shown":      {[]string{"SAVED_METHODS_REDISPLAY=false", "SAVED_METHODS_REMOVE=true"}, "SAVED_METHODS_REMOVE has no effect, because", "SAVED_METHODS_REDISPLAY"},
		"a limit of what is not shown":    {[]string{"SAVED_METHODS_REDISPLAY=false", "SAVED_METHODS_LIMIT=3"}, "SAVED_METHODS_LIMIT has no effect, because", ""},
		"filters of what is not shown":    {[]string{"SAVED_METHODS_REDISPLAY=false", "SAVED_METHODS_FILTERS=always"}, "SAVED_METHODS_FILTERS has no effect, because", ""},
		"more saved methods than ten":     {[]string{"SAVED_METHODS_LIMIT=11"}, `SAVED_METHODS_LIMIT is "11".`, "from 1 to 10"},
		"no saved methods at all":         {[]string{"SAVED_METHODS_LIMIT=0"}, `SAVED_METHODS_LIMIT is "0".`, "from 1 to 10"},
		"a filter that Stripe has not":    {[]string{"SAVED_METHODS_FILTERS=always,never"}, `SAVED_METHODS_FILTERS contains "never".`, "unspecified"},
		"a filter twice":                  {[]string{"SAVED_METHODS_FILTERS=always,always"}, "SAVED_METHODS_FILTERS contains always twice.", ""},
		"verification of no bank account": {[]string{"US_BANK_VERIFICATION=instant"}, "US_BANK_VERIFICATION is set, but PAYMENT_METHOD_TYPES does not include us_bank_account.", "Add it"},
		"verification by mail":            {[]string{"US_BANK_VERIFICATION=mail", "PAYMENT_METHOD_TYPES=us_bank_account"}, `US_BANK_VERIFICATION is "mail".`, "microdeposits"},
		"a CVC of no card": {[]string{"REQUIRE_CVC_RECOLLECTION=true", "PAYMENT_METHOD_TYPES=ideal"},
			"REQUIRE_CVC_RECOLLECTION is true, but PAYMENT_METHOD_TYPES does not include card", ""},
		"a receipt to nobody":      {[]string{"RECEIPT_EMAIL=true"}, "RECEIPT_EMAIL is true, but COLLECT_EMAIL is not", "COLLECT_EMAIL=true"},
		"radios on tabs":           {[]string{"LAYOUT_RADIOS=true"}, "LAYOUT_RADIOS applies to the accordion only, but PAYMENT_ELEMENT_LAYOUT is tabs.", "accordion"},
		"spaced tabs":              {[]string{"LAYOUT_SPACED_ITEMS=false"}, "LAYOUT_SPACED_ITEMS applies to the accordion only", ""},
		"a number of tabs":         {[]string{"LAYOUT_VISIBLE_ITEMS=3"}, "LAYOUT_VISIBLE_ITEMS applies to the accordion only", ""},
		"fewer items than none":    {[]string{"PAYMENT_ELEMENT_LAYOUT=accordion", "LAYOUT_VISIBLE_ITEMS=-1"}, `LAYOUT_VISIBLE_ITEMS is "-1".`, "from 0 to 50"},
		"a layout switch of words": {[]string{"LAYOUT_DEFAULT_COLLAPSED=perhaps"}, `LAYOUT_DEFAULT_COLLAPSED is "perhaps".`, "true or false"},
		"another billing address":  {[]string{"BILLING_ADDRESS=never"}, `BILLING_ADDRESS is "never".`, "auto, full"},
		"a colour by name":         {[]string{"BRAND_COLOR=red"}, `BRAND_COLOR is "red".`, "#1f6a58"},
		"a short colour":           {[]string{"BRAND_COLOR=#fff"}, `BRAND_COLOR is "#fff".`, "#1f6a58"},
		"a logo over http":         {[]string{"BRAND_LOGO=http://cdn.example/logo.svg"}, "BRAND_LOGO is not https", "secure page"},
		"a logo that is a script":  {[]string{"BRAND_LOGO=javascript:alert(1)"}, "BRAND_LOGO is not a web address.", "/logo.svg"},
		"a logo of another scheme": {[]string{"BRAND_LOGO=//cdn.example/logo.svg"}, "BRAND_LOGO is not a web address.", "/logo.svg"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problems(t, config.Sandbox, tt.environ, nil)
			if len(got) != 1 || !strings.HasPrefix(got[0], tt.want) || !strings.Contains(got[0], tt.mention) {
				t.Errorf("got  %q\nwant one problem that begins with %q and mentions %q", got, tt.want, tt.mention)
			}
		})
	}
}

func TestCheckoutOptions(t *testing.T) {
	t.Parallel()
	t.Run("all that goes together", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, []string{
			"PAYMENT_METHOD_TYPES=card,us_bank_account", "ON_BEHALF_OF=acct_1A", "CARD_INSTALLMENTS=true", "US_BANK_VERIFICATION=microdeposits",
			"REQUIRE_CVC_RECOLLECTION=true", "COLLECT_EMAIL=true", "RECEIPT_EMAIL=true", "BILLING_ADDRESS=full", "SHIPPING_PHONE=true", "EXPRESS_CHECKOUT=false",
			"PAYMENT_ELEMENT_LAYOUT=accordion", "LAYOUT_RADIOS=false", "LAYOUT_VISIBLE_ITEMS=0", "LAYOUT_DEFAULT_COLLAPSED=true",
			"SAVED_METHODS_SAVE_USAGE=off_session", "SAVED_METHODS_REMOVE=true", "SAVED_METHODS_LIMIT=10", "SAVED_METHODS_FILTERS=always, limited",
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
			}},
			"the look":            {[]string{c.BrandLogo, c.BrandColor, c.AppearanceFile}, []string{"/logo.svg", "#AA3377", "look.json"}},
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

		want := config.SavedMethods{Redisplay: true, Save: true, SaveUsage: "on_session"}
		if !reflect.DeepEqual(c.SavedMethods, want) {
			t.Errorf("got %+v, want %+v", c.SavedMethods, want)
		}
		if !c.ExpressCheckout || c.BillingAddress != "auto" || c.CollectEmail {
			t.Errorf("got %+v", c.Page)
		}
	})

	t.Run("setup_future_usage does not ask", func(t *testing.T) {
		t.Parallel()
		for _, more := range []string{"SAVED_METHODS_SAVE=", "SAVED_METHODS_SAVE=false"} {
			if c := load(t, config.Sandbox, []string{"SETUP_FUTURE_USAGE=on_session", more}, nil); c.SavedMethods.Save {
				t.Errorf("%s: buyers are asked to save what is saved anyway", more)
			}
		}
	})

	t.Run("a configuration of the Dashboard", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, []string{"PAYMENT_METHOD_CONFIGURATION=pmc_1Abc", "CAPTURE_METHOD=manual", "BRAND_LOGO=https://cdn.example/a.png"}, nil)
		if c.PaymentMethodConfiguration != "pmc_1Abc" || c.BrandLogo != "https://cdn.example/a.png" {
			t.Errorf("got %q, %q", c.PaymentMethodConfiguration, c.BrandLogo)
		}
	})
}

func TestAppearanceFileIsReadAtStart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file string
		want []string
	}{
		"missing":          {"", []string{"APPEARANCE_FILE cannot be read: open look.json: file does not exist."}},
		"two mistakes":     {`{"theme":"dark","variables":{"colorTxet":"red"}}`, []string{"APPEARANCE_FILE (look.json): theme is not one of", "APPEARANCE_FILE (look.json): variables.colorTxet is unknown to Stripe. Did you mean colorText?"}},
		"a second primary": {`{"variables":{"colorPrimary":"red"}}`, []string{"BRAND_COLOR and colorPrimary in APPEARANCE_FILE both set"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{}
			if tt.file != "" {
				files["look.json"] = tt.file
			}

			got := problems(t, config.Sandbox, []string{"APPEARANCE_FILE=look.json", "BRAND_COLOR=#112233"}, files)
			if len(got) != len(tt.want) {
				t.Fatalf("got %q, want %q", got, tt.want)
			}

			for i := range got {
				if !strings.HasPrefix(got[i], tt.want[i]) {
					t.Errorf("got %q, want it to begin with %q", got[i], tt.want[i])
				}
			}
		})
	}
}

// TestManualCaptureIsWhatStripeTakes compares with the parameters of Stripe's
// own library: a payment method that can be captured later has an option to say
// so.
func TestManualCaptureIsWhatStripeTakes(t *testing.T) {
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

		if got := load(t, config.Sandbox, []string{"PAYMENT_METHOD_TYPES=" + method}, nil).Warnings; len(got) > 0 {
			t.Errorf("%s: %q", method, got)
		}

		_, err := config.Load(config.Sandbox, []string{"CAPTURE_METHOD=manual", "PAYMENT_METHOD_TYPES=" + method}, files(nil))
		if got := err == nil; got != want {
			t.Errorf("%s with manual capture: accepted %v, want %v", method, got, want)
		}
	}

	if seen < 30 {
		t.Errorf("looked at %d payment methods, which cannot be all", seen)
	}
}

func TestMisspeltNamesAreToldWithTheProblems(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Serve, with(testKeys[1:], "STRIPE_SECERT_KEY=sk_test_hunter2"), files(map[string]string{".env": "BRAND_COLOUR=#fff"}))
	var e *config.Error
	if !errors.As(err, &e) || len(e.Problems) != 1 || len(e.Misspelt) != 2 {
		t.Fatalf("got %v, want one problem and two names", err)
	}

	for _, want := range []string{"one setting needs attention:\n  STRIPE_SECRET_KEY is missing.", "Did you mean STRIPE_SECRET_KEY?",
		"\n  BRAND_COLOUR in the file .env is not an option of checkoutd and is ignored. Did you mean BRAND_COLOR?"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%s", want, err)
		}
	}

	if strings.Contains(fmt.Sprint(err), "hunter2") {
		t.Error("the misspelt secret is shown")
	}
}
