package sandbox

import (
	"cmp"
	"slices"
	"strings"
)

// chooseTypes decides which payment methods an intent takes.
// Since 2023-08-16 automatic payment methods are the default: https://docs.stripe.com/upgrades#2023-08-16.
func (c *call) chooseTypes(pi *PaymentIntent) error {
	types := c.p.strs("payment_method_types")
	if len(types) > 0 && c.p.flag("automatic_payment_methods", "enabled") {
		return malformed("", "payment_method_types", "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
	}
	switch {
	case len(types) > 0:
		for i, t := range types {
			if err := c.supports(pi, t, i); err != nil {
				return err
			}
		}
		pi.PaymentMethodTypes = types
	case c.p.has("automatic_payment_methods") && !c.p.flag("automatic_payment_methods", "enabled"):
		pi.PaymentMethodTypes = []string{"card"}
	default:
		pi.private.Implicit = !c.p.has("automatic_payment_methods")
		redirects := cmp.Or(c.p.str("automatic_payment_methods", "allow_redirects"), "always")
		pi.AutomaticPaymentMethods = &AutomaticMethods{AllowRedirects: redirects, Enabled: true}
		settings, err := c.chosenConfiguration(c.p)
		if err != nil {
			return err
		}
		pi.PaymentMethodTypes = c.automaticTypes(offer{pi.Currency, settings, redirects != "never", c.p.str("capture_method") == "manual"})
		pi.PaymentMethodConfig = &ConfigDetails{ID: settings}
	}
	pi.PaymentMethodOptions = defaultOptions(pi.PaymentMethodTypes)
	return nil
}

// typeCurrencies lists the currencies of methods that do not take every one.
var typeCurrencies = map[string][]string{
	"ideal": {"eur"}, "sepa_debit": {"eur"}, "us_bank_account": {"usd"},
	"klarna":           {"usd", "eur", "gbp", "sek", "dkk", "nok", "chf", "cad", "aud", "nzd", "pln", "czk"},
	"customer_balance": {"usd", "eur", "gbp", "jpy", "mxn"},
	"paypal":           {"eur", "usd", "gbp", "chf", "czk", "dkk", "nok", "pln", "sek", "aud", "cad", "hkd", "nzd", "sgd"},
	"amazon_pay":       {"usd", "aud", "gbp", "dkk", "eur", "hkd", "jpy", "nzd", "nok", "zar", "sek", "chf"},
}

func takesCurrency(kind, cur string) bool {
	limited, only := typeCurrencies[kind]
	return !only || slices.Contains(limited, cur)
}

// knownMethods are the payment method types, for messages.
const knownMethods = "amazon_pay, card, customer_balance, ideal, klarna, link, paypal, sepa_debit and us_bank_account"

// supports refuses a payment method type that the sandbox does not know or the currency does not allow.
func (c *call) supports(pi *PaymentIntent, kind string, _ int) error {
	switch kind {
	case "card", "amazon_pay", "link", "ideal", "klarna", "paypal", "sepa_debit", "us_bank_account", "customer_balance":
	default:
		return invalid("payment_intent_invalid_parameter", "payment_method_types", "The payment method type provided: %s is invalid. Please ensure the provided type is activated in your dashboard (https://dashboard.stripe.com/account/payments/settings) and your account is enabled for any preview features that you are trying to use. (The offline sandbox knows "+knownMethods+".)", kind)
	}
	if !takesCurrency(kind, pi.Currency) {
		return invalid("payment_intent_invalid_currency", "payment_method_types", "The currency provided (%s) is invalid for one or more payment_method_types. Payment method type %s can only be used with these currencies: %s.", pi.Currency, kind, strings.Join(typeCurrencies[kind], ", "))
	}
	return nil
}

// defaultOptions is what payment_method_options shows when nothing was asked for.
func defaultOptions(types []string) map[string]any {
	out := make(map[string]any, len(types))
	for _, kind := range types {
		switch kind {
		case "card":
			out[kind] = cardOptions
		case "klarna":
			out[kind] = klarnaOptions
		case "link":
			out[kind] = linkOptions
		case "paypal":
			out[kind] = paypalOptions
		case "us_bank_account":
			out[kind] = usBankOptions
		default:
			out[kind] = noOptions
		}
	}
	return out
}

// These maps are shared by all intents and never written to.
var (
	cardOptions   = map[string]any{"installments": nil, "mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"}
	klarnaOptions = map[string]any{"preferred_locale": nil}
	linkOptions   = map[string]any{"persistent_token": nil}
	paypalOptions = map[string]any{"preferred_locale": nil, "reference": nil}
	usBankOptions = map[string]any{"verification_method": "automatic"}
	noOptions     = map[string]any{}
)

// mergeOptions lays sent options over former ones without touching them.
func mergeOptions(old map[string]any, p *params) map[string]any {
	out := make(map[string]any, len(old))
	for k, v := range old {
		out[k] = v
	}
	for _, key := range p.keys() {
		kid := p.kids[key]
		if kid.leaf && len(kid.kids) == 0 {
			if kid.value == "" {
				delete(out, key)
				continue
			}
			out[key] = optionValue(kid.value)
			continue
		}
		former, _ := out[key].(map[string]any)
		out[key] = mergeOptions(former, kid)
	}
	return out
}

func optionValue(text string) any {
	switch text {
	case "true":
		return true
	case "false":
		return false
	}
	return text
}
