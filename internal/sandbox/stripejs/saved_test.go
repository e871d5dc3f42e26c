package stripejs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
)

func saved(id, redisplay string) map[string]any {
	return map[string]any{
		"id":              id,
		"type":            "card",
		"allow_redisplay": redisplay,
		"billing_details": map[string]any{"name": "Jenny"},
		"card": map[string]any{
			"brand":     "visa",
			"last4":     "4242",
			"exp_month": 4,
			"exp_year":  2031,
		},
	}
}

func features(more map[string]any) map[string]any {
	out := map[string]any{
		"payment_method_redisplay":               "enabled",
		"payment_method_remove":                  "enabled",
		"payment_method_save":                    "enabled",
		"payment_method_save_usage":              "off_session",
		"payment_method_allow_redisplay_filters": []string{"always", "limited"},
		"payment_method_redisplay_limit":         3,
	}

	for key, value := range more {
		out[key] = value
	}

	return out
}

const withCustomer = "{mode: 'payment', amount: 1099, currency: 'eur', customerSessionClientSecret: 'cuss_secret_1'}"

func TestSavedMethods(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("a saved card is chosen first and makes a token without a form", func(t *testing.T) {
		w := newWire(t)
		w.saved(features(nil), saved("pm_1", "always"), saved("pm_2", "limited"), saved("pm_3", "unspecified"))
		s := newShop(t, tab, w, withCustomer, "{}")

		s.want(
			"[...inside('[data-saved]').querySelectorAll('[data-saved-method]')].map((el) => el.dataset.savedMethod)",
			`["pm_1","pm_2","new"]`,
		)
		s.want(
			"last('change')",
			`{"elementType":"payment","empty":false,"complete":true,"collapsed":false,"value":{"type":"card","payment_method":{"id":"pm_1","type":"card","billing_details":{"name":"Jenny"}}}}`,
		)
		s.picture("saved-1280")
		s.want("elements.submit()", `{"selectedPaymentMethod":"card"}`)

		s.run("stripe.createConfirmationToken({elements})")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"payment_method":                    "pm_1",
			"customer_session_client_secret":    "cuss_secret_1",
			"payment_method_data[type]":         "",
			"payment_method_options[card][cvc]": "",
		})
	})

	t.Run("the code of a saved card is asked again when the page wants it", func(t *testing.T) {
		w := newWire(t)
		w.saved(features(nil), saved("pm_1", "always"))
		s := newShop(
			t,
			tab,
			w,
			"{mode: 'payment', amount: 1, currency: 'eur', customerSessionClientSecret: "+
				"'cuss_1', paymentMethodOptions: {card: {require_cvc_recollection: true}}}",
			"{}",
		)

		s.want("elements.submit().then((r) => r.error.code)", `"incomplete_cvc"`)

		s.typeIn("cvc", "123")
		s.run("elements.submit().then(() => stripe.createConfirmationToken({elements}))")
		s.wantForm(
			"POST /v1/confirmation_tokens",
			map[string]string{"payment_method": "pm_1", "payment_method_options[card][cvc]": "123"},
		)
	})

	t.Run("removing asks first, detaches, notifies the page and moves on to the new form", func(t *testing.T) {
		w := newWire(t)
		w.saved(features(nil), saved("pm_1", "always"))
		w.answers["POST /v1/payment_methods/pm_1/detach"] = answer{200, map[string]any{"id": "pm_1"}}
		s := newShop(t, tab, w, withCustomer, "{}")

		s.do(chromedp.Click(inside("[data-remove=pm_1]")))
		s.want("inside('[data-confirm-remove]').getRootNode().activeElement.dataset.confirmRemove", `"pm_1"`)

		s.do(chromedp.Click(inside("[data-confirm-remove=pm_1]")))
		s.eventually("last('savedpaymentmethodremove')")
		s.want(
			"last('savedpaymentmethodremove')",
			`{"elementType":"payment","success":true,"payment_method":{"id":"pm_1","type":"card","billing_details":{"name":"Jenny"}}}`,
		)

		s.eventually("inside('[data-saved]').hidden")
		s.want("last('change').value", `{"type":"card"}`)
		s.wantForm(
			"POST /v1/payment_methods/pm_1/detach",
			map[string]string{"customer_session_client_secret": "cuss_secret_1", "key": "pk_test_shop"},
		)
	})

	t.Run("a removal that Stripe refuses keeps the method and says why", func(t *testing.T) {
		w := newWire(t)
		w.saved(features(nil), saved("pm_1", "always"))
		w.answers["POST /v1/payment_methods/pm_1/detach"] = answer{
			400,
			stripeError("invalid_request_error", "", "Not now."),
		}
		s := newShop(t, tab, w, withCustomer, "{}")

		s.do(chromedp.Click(inside("[data-remove=pm_1]")), chromedp.Click(inside("[data-confirm-remove=pm_1]")))
		s.eventually("last('savedpaymentmethodremove')")
		s.want("last('savedpaymentmethodremove').error", `"Not now."`)
		s.want("inside('[role=status]').textContent", `"Not now."`)
		s.want("Boolean(inside('[data-saved-method=pm_1]'))", "true")
	})

	t.Run("the features decide what shows", func(t *testing.T) {
		w := newWire(t)
		s := openShop(t, tab, w, "/v3/stripe.js")

		for name, c := range map[string]struct {
			change                map[string]any
			saved, remove, saving string
		}{
			"saving disabled still shows the saved methods": {
				map[string]any{"payment_method_save": "disabled"},
				"3",
				"2",
				"false",
			},
			"redisplay disabled": {
				map[string]any{"payment_method_redisplay": "disabled"},
				"0",
				"0",
				"true",
			},
			"removal disabled": {
				map[string]any{"payment_method_remove": "disabled"},
				"3",
				"0",
				"true",
			},
			"a limit of one": {
				map[string]any{"payment_method_redisplay_limit": 1},
				"2",
				"1",
				"true",
			},
			"only what may always show": {
				map[string]any{"payment_method_allow_redisplay_filters": []string{"always"}},
				"2",
				"1",
				"true",
			},
		} {
			t.Log(name)
			w.saved(features(c.change), saved("pm_1", "always"), saved("pm_2", "limited"))
			s.boot(withCustomer, "{}", "payment")
			s.want("inside('[data-saved]').querySelectorAll('[data-saved-method]').length", c.saved)
			s.want("inside('[data-saved]').querySelectorAll('[data-remove]').length", c.remove)
			s.run("inside('[data-saved-method=new]')?.click()")
			s.want("!inside('[name=save]').closest('label').hidden", c.saving)
		}
	})
}

// TestSaveCheckbox combines what the features, the page and the buyer choose
// about saving, and checks the token (docs: customer_sessions,
// payment_method_save and payment_method_save_usage).
func TestSaveCheckbox(t *testing.T) {
	t.Parallel()

	w := newWire(t)
	s := openShop(t, browsertest.New(t), w, "/v3/stripe.js")

	const none, off, on = "", "off_session", "on_session"
	for _, c := range []struct {
		mode, save, usage, future string
		box, check                bool
		redisplay, want           string
	}{
		{"payment", "enabled", off, none, true, true, "always", off},
		{"payment", "enabled", on, none, true, true, "always", on},
		{"payment", "enabled", none, none, true, true, "always", none},
		{"payment", "enabled", off, none, true, false, "unspecified", none},
		{"payment", "enabled", off, on, true, true, "always", off},
		{"payment", "enabled", off, off, true, false, "limited", off},
		{"payment", "disabled", off, none, false, false, "unspecified", none},
		{"payment", "disabled", off, on, false, false, "limited", on},
		{"setup", "enabled", off, none, true, true, "always", none},
		{"setup", "enabled", off, none, true, false, "limited", none},
		{"setup", "disabled", none, none, false, false, "limited", none},
		{"subscription", "enabled", off, none, true, true, "always", off},
		{"subscription", "enabled", off, none, true, false, "limited", none},
		{"subscription", "disabled", none, off, false, false, "limited", off},
	} {
		more := map[string]any{"payment_method_save": c.save, "payment_method_save_usage": c.usage}
		if c.usage == none {
			more["payment_method_save_usage"] = nil
		}

		w.saved(features(more))

		future := ""
		if c.future != none {
			future = ", setupFutureUsage: '" + c.future + "'"
		}

		t.Logf("%+v", c)
		s.boot(
			"{mode: '"+c.mode+"', amount: 1099, currency: 'eur', customerSessionClientSecret: 'cuss_1'"+future+"}",
			"{}",
			"payment",
		)
		s.want("inside('[name=save]').checkVisibility()", fmt.Sprint(c.box))

		s.fillCard("4242424242424242")

		if c.check {
			s.do(chromedp.Click(inside("[name=save]")))
		}

		s.want(
			"elements.submit().then(() => stripe.createConfirmationToken({elements})).then((r) "+
				"=> r.confirmationToken?.id)",
			`"ctoken_1"`,
		)
		s.wantForm(
			"POST /v1/confirmation_tokens",
			map[string]string{"payment_method_data[allow_redisplay]": c.redisplay, "setup_future_usage": c.want},
		)
	}
}

// TestSavingWithSaved checks that saved methods show and can be removed,
// whatever the other features are.
func TestSavingWithSaved(t *testing.T) {
	t.Parallel()

	w := newWire(t)
	s := openShop(t, browsertest.New(t), w, "/v3/stripe.js")

	for i := range 8 {
		state := func(bit int) string { return []string{"disabled", "enabled"}[i>>bit&1] }
		redisplay, save, remove := state(0), state(1), state(2)
		t.Logf("redisplay %s, save %s, remove %s", redisplay, save, remove)
		w.saved(features(map[string]any{
			"payment_method_redisplay": redisplay,
			"payment_method_save":      save,
			"payment_method_remove":    remove,
		}), saved("pm_1", "always"))

		s.boot(withCustomer, "{}", "payment")
		shown := redisplay == "enabled"
		s.want("[Boolean(inside('[data-saved-method=pm_1]')), "+
			"Boolean(inside('[data-remove=pm_1]')), last('change').value.payment_method?.id ?? "+
			"null]",
			strings.ReplaceAll(
				fmt.Sprintf(
					"[%t,%t,%s]",
					shown,
					shown && remove == "enabled",
					map[bool]string{true: `"pm_1"`, false: "null"}[shown],
				),
				" ",
				"",
			))

		s.run("inside('[data-saved-method=new]')?.click()")
		s.want(
			"[inside('[name=save]').checkVisibility(), last('change').value.payment_method ?? null]",
			fmt.Sprintf("[%t,null]", save == "enabled"),
		)
	}
}
