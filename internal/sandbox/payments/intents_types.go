package payments

import (
	"cmp"
	"slices"
	"strings"

	"checkoutd/internal/sandbox/wire"
)

// chooseTypes decides which payment methods an intent takes. Since 2023-08-16
// automatic payment methods are the default:
// https://docs.stripe.com/upgrades#2023-08-16.
func (c *Call) chooseTypes(pi *PaymentIntent) error {
	types := c.Params.Strings("payment_method_types")
	if len(types) > 0 && c.Params.Bool("automatic_payment_methods", "enabled") {
		return wire.Malformed("", "payment_method_types", "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
	}

	switch {
	case len(types) > 0:
		for i, t := range types {
			if err := c.Supports(pi, t, i); err != nil {
				return err
			}
		}

		pi.PaymentMethodTypes = types

	case c.Params.Has("automatic_payment_methods") && !c.Params.Bool("automatic_payment_methods", "enabled"):
		pi.PaymentMethodTypes = []string{"card"}
	default:
		pi.private.Implicit = !c.Params.Has("automatic_payment_methods")
		redirects := cmp.Or(c.Params.String("automatic_payment_methods", "allow_redirects"), "always")
		pi.AutomaticPaymentMethods = &AutomaticMethods{AllowRedirects: redirects, Enabled: true}

		settings, err := c.chosenConfiguration(c.Params)
		if err != nil {
			return err
		}

		pi.PaymentMethodTypes = c.automaticTypes(offer{pi.Currency, settings, redirects != "never", c.Params.String("capture_method") == "manual"})
		pi.PaymentMethodConfig = &ConfigDetails{ID: settings}
	}

	pi.PaymentMethodOptions = DefaultOptions(pi.PaymentMethodTypes)
	return nil
}

// typeCurrencies lists the currencies of methods that do not take every one.
var typeCurrencies = map[string][]string{
	"ideal":            {"eur"},
	"sepa_debit":       {"eur"},
	"us_bank_account":  {"usd"},
	"klarna":           {"usd", "eur", "gbp", "sek", "dkk", "nok", "chf", "cad", "aud", "nzd", "pln", "czk"},
	"customer_balance": {"usd", "eur", "gbp", "jpy", "mxn"},
	"paypal":           {"eur", "usd", "gbp", "chf", "czk", "dkk", "nok", "pln", "sek", "aud", "cad", "hkd", "nzd", "sgd"},
	"amazon_pay":       {"usd", "aud", "gbp", "dkk", "eur", "hkd", "jpy", "nzd", "nok", "zar", "sek", "chf"},
}

func TakesCurrency(kind, cur string) bool {
	limited, only := typeCurrencies[kind]
	return !only || slices.Contains(limited, cur)
}

// knownMethods are the payment method types, for messages.
const knownMethods = "amazon_pay, card, customer_balance, ideal, klarna, link, paypal, sepa_debit and us_bank_account"

// Supports refuses a payment method type that the sandbox does not know or the
// currency does not allow.
func (c *Call) Supports(pi *PaymentIntent, kind string, _ int) error {
	switch kind {
	case "card", "amazon_pay", "link", "ideal", "klarna", "paypal", "sepa_debit", "us_bank_account", "customer_balance":
	default:
		return wire.Invalid("payment_intent_invalid_parameter", "payment_method_types", "The payment method type provided: %s is invalid. Please ensure the provided type is activated in your dashboard (https://dashboard.stripe.com/account/payments/settings) and your account is enabled for any preview features that you are trying to use. (The offline sandbox knows "+knownMethods+".)", kind)
	}
	if !TakesCurrency(kind, pi.Currency) {
		return wire.Invalid("payment_intent_invalid_currency", "payment_method_types", "The currency provided (%s) is invalid for one or more payment_method_types. Payment method type %s can only be used with these currencies: %s.", pi.Currency, kind, strings.Join(typeCurrencies[kind], ", "))
	}
	return nil
}

// DefaultOptions is what payment_method_options shows when nothing was asked
// for.
func DefaultOptions(types []string) map[string]any {
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
	cardOptions = map[string]any{
		"installments":           nil,
		"mandate_options":        nil,
		"network":                nil,
		"request_three_d_secure": "automatic",
	}
	klarnaOptions = map[string]any{"preferred_locale": nil}
	linkOptions   = map[string]any{"persistent_token": nil}
	paypalOptions = map[string]any{"preferred_locale": nil, "reference": nil}
	usBankOptions = map[string]any{"verification_method": "automatic"}
	noOptions     = map[string]any{}
)

// MergeOptions lays sent options over former ones without touching them.
func MergeOptions(old map[string]any, p *wire.Params) map[string]any {
	out := make(map[string]any, len(old))
	for k, v := range old {
		out[k] = v
	}

	for _, key := range p.Keys() {
		kid := p.Fields[key]
		if kid.Leaf && len(kid.Fields) == 0 {
			if kid.Value == "" {
				delete(out, key)
				continue
			}

			out[key] = optionValue(kid.Value)
			continue
		}

		former, _ := out[key].(map[string]any)
		out[key] = MergeOptions(former, kid)
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
