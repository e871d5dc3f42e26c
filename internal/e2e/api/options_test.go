package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
)

// switches is a catalog with something for every option.
const switches = `{"currency": "usd", "products": [
	{"sku": "mug", "name": "Enamel mug", "price": "18.00"},
	{"sku": "song", "name": "A song", "price": "2.00", "digital": true},
	{"sku": "box", "name": "Mystery box", "price": "30.00", "digital": true, "setup_future_usage": "off_session"},
	{"sku": "club", "name": "Tea club", "price": "9.00", "digital": true, "recurring": {"interval": "month"}}],
	"promotions": [{"code": "TEA10", "percent": 10}],
	"shipping_rates": [{"id": "post", "name": "Post", "price": "5.00", "countries": ["FR", "DE"]}]}`

// with sets the catalog and environment variables of a shop.
func with(catalog string, env map[string]string) e2etest.Option {
	return func(s *e2etest.Shop) {
		if err := os.WriteFile(s.Env["CATALOG_FILE"], []byte(catalog), 0o600); err != nil {
			s.T.Fatal(err)
		}
		maps.Copy(s.Env, env)
	}
}

// GET /config returns every option in the spelling of Stripe.js.
func TestEveryOptionReachesThePage(t *testing.T) {
	t.Parallel()
	const mug, song, box, club = `{"items":[{"sku":"mug","quantity":1}]}`, `{"items":[{"sku":"song","quantity":1}]}`,
		`{"items":[{"sku":"box","quantity":1}]}`, `{"items":[{"sku":"club","quantity":1}]}`
	for name, tt := range map[string]struct {
		env   map[string]string
		order string
		want  map[string]string // "" is nothing
	}{
		"nothing is set": {nil, song, map[string]string{
			"elements":        `{"amount":200,"captureMethod":"automatic","currency":"usd","mode":"payment"}`,
			"payment_element": `{"business":{"name":"Tea \u0026 Mugs"},"layout":{"type":"tabs"},"wallets":{"applePay":"never","googlePay":"never"}}`,
			"express":         `{"click":{"business":{"name":"Tea \u0026 Mugs"}},"create":{"buttonHeight":50}}`,
			"address":         `{"billing":false,"phone":false,"shipping":false}`,
			"collect_email":   `false`,
			"promotion_codes": `true`,
			"appearance_dark": "",
		}},
		"the options of elements": {map[string]string{
			"CAPTURE_METHOD":               "manual",
			"SETUP_FUTURE_USAGE":           "on_session",
			"ON_BEHALF_OF":                 "acct_1A",
			"PAYMENT_METHOD_CONFIGURATION": "pmc_1A",
			"PAYMENT_METHOD_CREATION":      "manual",
			"REQUIRE_CVC_RECOLLECTION":     "true",
		}, song, map[string]string{
			"elements": `{"amount":200,"captureMethod":"manual","currency":"usd","mode":"payment","onBehalfOf":"acct_1A","paymentMethodConfiguration":"pmc_1A",` +
				`"paymentMethodCreation":"manual","paymentMethodOptions":{"card":{"require_cvc_recollection":true}},"setupFutureUsage":"on_session"}`,
		}},
		"the options of single payment methods": {map[string]string{
			"PAYMENT_METHOD_TYPES": "card,us_bank_account",
			"CARD_INSTALLMENTS":    "true",
			"US_BANK_VERIFICATION": "instant",
		}, song, map[string]string{
			"elements.paymentMethodTypes":   `["card","us_bank_account"]`,
			"elements.paymentMethodOptions": `{"card":{"installments":{"enabled":true}},"us_bank_account":{"verification_method":"instant"}}`,
		}},
		"a product's own usage wins": {map[string]string{"SETUP_FUTURE_USAGE": "on_session"}, box, map[string]string{
			"elements.setupFutureUsage": `"off_session"`,
		}},
		"a subscription leaves capture and usage to Stripe": {map[string]string{"CAPTURE_METHOD": "manual", "SETUP_FUTURE_USAGE": "on_session"}, club, map[string]string{
			"elements.mode":             `"subscription"`,
			"elements.amount":           `900`,
			"elements.captureMethod":    "",
			"elements.setupFutureUsage": "",
			"promotion_codes":           `false`,
		}},
		"a setup has no amount": {nil, `{"mode":"setup"}`, map[string]string{
			"elements":         `{"currency":"usd","mode":"setup"}`,
			"promotion_codes":  `false`,
			"address.shipping": `false`,
		}},
		"the layout": {map[string]string{
			"PAYMENT_ELEMENT_LAYOUT":   "accordion",
			"LAYOUT_DEFAULT_COLLAPSED": "false",
			"LAYOUT_RADIOS":            "false",
			"LAYOUT_SPACED_ITEMS":      "true",
			"LAYOUT_VISIBLE_ITEMS":     "0",
		}, song, map[string]string{
			"payment_element.layout": `{"defaultCollapsed":false,"radios":false,"spacedAccordionItems":true,"type":"accordion","visibleAccordionItemsCount":0}`,
		}},
		"no express checkout leaves the wallets to the form": {map[string]string{"EXPRESS_CHECKOUT": "false"}, mug, map[string]string{
			"express": `null`, "payment_element.wallets": "",
		}},
		"what is asked of a buyer of goods": {map[string]string{
			"COLLECT_EMAIL":   "true",
			"BILLING_ADDRESS": "full",
			"SHIPPING_PHONE":  "true",
		}, mug, map[string]string{
			"express.click": `{"allowedShippingCountries":["DE","FR"],"billingAddressRequired":true,"business":{"name":"Tea \u0026 Mugs"},"emailRequired":true,` +
				`"phoneNumberRequired":true,"shippingAddressRequired":true}`,
			"address":       `{"billing":true,"phone":true,"shipping":true}`,
			"collect_email": `true`,
		}},
		"and of who gets nothing by post": {map[string]string{"SHIPPING_PHONE": "true"}, song, map[string]string{
			"express.click.phoneNumberRequired":     "",
			"express.click.shippingAddressRequired": "",
			"address.shipping":                      `false`,
		}},
		"the appearance, and the one for dark screens": {map[string]string{"APPEARANCE_FILE": "../../../examples/appearance.json"}, song, map[string]string{
			"elements.appearance.theme":                  `"stripe"`,
			"elements.appearance.variables.colorPrimary": `"#7a3b12"`,
			"elements.appearance.labels":                 `"floating"`,
			"appearance_dark.theme":                      `"night"`,
			"appearance_dark.variables.colorPrimary":     `"#e8b483"`,
			"appearance_dark.variables.borderRadius":     `"4px"`,
			"elements.fonts":                             "",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, with(switches, tt.env))
			b := s.Buyer(t)
			r := b.Call("POST", "/orders", tt.order)
			if r.Status != http.StatusCreated {
				t.Fatalf("POST /orders: %d %s", r.Status, r.Body)
			}

			got := b.Object(b.Call("GET", "/config?order="+b.Object(r)["id"].(string), ""))
			for path, want := range tt.want {
				if text := e2etest.Part(t, got, path); text != want {
					t.Errorf("%s: got  %s\nwant %s", path, text, want)
				}
			}
		})
	}
}

// The pages look like the payment form, and the policy allows its fonts and the
// logo.
func TestPagesFollowTheLook(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, func(s *e2etest.Shop) {
		s.Env["BRAND_LOGO"] = "https://cdn.example/logo.svg"
		s.Env["APPEARANCE_FILE"] = filepath.Join(s.Dir, "look.json")
		const look = `{"variables":{"colorPrimary":"#7a3b12","colorBackground":"#fffaf3","borderRadius":"3px","fontFamily":"Lato, serif"},
			"fonts":[{"family":"Lato","src":"url(https://fonts.example/lato.woff2)"},{"cssSrc":"https://css.example/more.css"}]}`
		if err := os.WriteFile(s.Env["APPEARANCE_FILE"], []byte(look), 0o600); err != nil {
			s.T.Fatal(err)
		}
	})

	b := s.Buyer(t)
	page := b.Call("GET", "/", "")
	if !strings.Contains(page.Body, `<img src="https://cdn.example/logo.svg"`) {
		t.Error("the page has no logo")
	}

	_, rest, _ := strings.Cut(page.Body, `rel="stylesheet" href="`)
	address, _, _ := strings.Cut(rest, `"`)
	css := b.Call("GET", address, "").Body
	for _, want := range []string{`@font-face { font-family: "Lato"; src: url(https://fonts.example/lato.woff2); }`, `@import url("https://css.example/more.css");`,
		"--accent: #7a3b12;", "--panel: #fffaf3;", "--radius: 3px;", "--font: Lato, serif;"} {
		if !strings.Contains(css, want) {
			t.Errorf("%s has no %s:\n%s", address, want, css)
		}
	}

	policy := page.Header.Get("Content-Security-Policy")
	for _, want := range []string{"https://cdn.example;", "style-src 'self' https://css.example;", "font-src 'self' https://css.example https://fonts.example;", " https://css.example; frame-src"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy has no %s: %s", want, policy)
		}
	}

	fonts := e2etest.Part(t, b.Object(b.Call("GET", "/config?order="+b.Order("mug"), "")), "elements.fonts")
	if want := `[{"family":"Lato","src":"url(https://fonts.example/lato.woff2)"},{"cssSrc":"https://css.example/more.css"}]`; fonts != want {
		t.Errorf("Stripe.js gets the fonts %s, want %s", fonts, want)
	}
}

// Contradictions between the catalog and the options are found at start.
func TestProductsThatArePaidAgainNeedMethodsThatCan(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ types, product, want string }{
		"a subscription by Klarna":     {"card,klarna", `"recurring":{"interval":"month"}`, "product tea charges its payment method again later, but PAYMENT_METHOD_TYPES contains klarna,"},
		"a saved method by Klarna":     {"klarna", `"setup_future_usage":"on_session"`, "product tea charges its payment method again later"},
		"a subscription by card":       {"card,sepa_debit", `"recurring":{"interval":"month"}`, ""},
		"a product of once, by Klarna": {"card,klarna", `"digital":true`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			catalog := `{"currency":"eur","products":[{"sku":"tea","name":"Tea","price":"9.00",` + tt.product + `}]}`
			if err := os.WriteFile(filepath.Join(dir, "shop.json"), []byte(catalog), 0o600); err != nil {
				t.Fatal(err)
			}

			cfg, err := config.Load(config.Sandbox, []string{"ADDR=127.0.0.1:0", "SANDBOX_ADDR=127.0.0.1:0", "CATALOG_FILE=" + filepath.Join(dir, "shop.json"),
				"SANDBOX_STATE_FILE=" + filepath.Join(dir, "s.json"), "DATABASE_URL=sqlite:" + filepath.Join(dir, "c.db"), "PAYMENT_METHOD_TYPES=" + tt.types}, e2etest.ReadNoDotenv)
			if err != nil {
				t.Fatal(err)
			}

			a, err := app.New(t.Context(), app.Options{
				Config: cfg,
				Log:    zerolog.Nop(),
				Now:    time.Now,
			})
			if err == nil {
				err = a.Close()
			}

			if got := fmt.Sprint(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// Stripe refuses to confirm an intent that differs from the Elements that the
// buyer filled in, so the intent is created with the options that the page
// received.
func TestPageAndIntentHaveTheSameOptions(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env  map[string]string
		want map[string]string
	}{
		"of every method": {map[string]string{
			"CAPTURE_METHOD":           "manual",
			"SETUP_FUTURE_USAGE":       "off_session",
			"ON_BEHALF_OF":             "acct_1Other",
			"REQUIRE_CVC_RECOLLECTION": "true",
			"PAYMENT_METHOD_CREATION":  "manual",
		}, map[string]string{
			"capture_method":     `"manual"`,
			"setup_future_usage": `"off_session"`,
			"on_behalf_of":       `"acct_1Other"`,
			"payment_method_options.card.require_cvc_recollection": `true`,
		}},
		"of explicit methods": {map[string]string{
			"PAYMENT_METHOD_TYPES": "card,us_bank_account",
			"CARD_INSTALLMENTS":    "true",
			"US_BANK_VERIFICATION": "instant",
		}, map[string]string{
			"payment_method_types":                                       `["card","us_bank_account"]`,
			"payment_method_options.card.installments.enabled":           `true`,
			"payment_method_options.us_bank_account.verification_method": `"instant"`,
			"capture_method":            `"automatic"`,
			"setup_future_usage":        `null`,
			"automatic_payment_methods": `null`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, with(switches, tt.env))
			v := e2etest.Visit(t, s)
			v.Order("song")
			v.PayWith(e2etest.CardPays)
			v.Until("location.pathname === '/complete'")
			intent := s.IntentOf("payment_intents")
			for path, want := range tt.want {
				if got := e2etest.Part(t, intent, path); got != want {
					t.Errorf("%s: got %s, want %s", path, got, want)
				}
			}
		})
	}
}
