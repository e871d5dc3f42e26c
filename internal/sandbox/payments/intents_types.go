package payments

import (
	"cmp"
	"slices"
	"strings"

	"checkoutd/internal/sandbox/wire"
)

// chooseTypes sets the payment method types that an intent takes. Since
// 2023-08-16, automatic payment methods are the default:
// https://docs.stripe.com/upgrades#2023-08-16.
func (c *Call) chooseTypes(pi *PaymentIntent) error {
	types := c.Params.Strings("payment_method_types")
	if len(types) > 0 && c.Params.Bool("automatic_payment_methods", "enabled") {
		return bothKindsOfTypes()
	}

	switch {
	case len(types) > 0:
		for _, kind := range types {
			if err := c.Supports(pi, kind); err != nil {
				return err
			}
		}

		pi.PaymentMethodTypes = types

	case c.onlyCards():
		pi.PaymentMethodTypes = []string{"card"}
	default:
		pi.private.Implicit = !c.Params.Has("automatic_payment_methods")
		redirects := cmp.Or(c.Params.String("automatic_payment_methods", "allow_redirects"), "always")
		pi.AutomaticPaymentMethods = &AutomaticMethods{AllowRedirects: redirects, Enabled: true}

		settings, err := c.chosenConfiguration(c.Params)
		if err != nil {
			return err
		}

		pi.PaymentMethodTypes = c.automaticTypes(offer{
			currency:      pi.Currency,
			configuration: settings,
			redirects:     redirects != "never",
			hold:          c.Params.String("capture_method") == "manual",
		})

		pi.PaymentMethodConfig = &ConfigDetails{ID: settings}
	}

	pi.PaymentMethodOptions = DefaultOptions(pi.PaymentMethodTypes)
	return nil
}

// onlyCards reports whether an intent whose creator listed no types takes cards
// only: automatic payment methods are refused, or the caller speaks an API
// version in which they were not yet the default.
func (c *Call) onlyCards() bool {
	if c.Params.Has("automatic_payment_methods") {
		return !c.Params.Bool("automatic_payment_methods", "enabled")
	}
	return c.VersionBefore("2023-08-16")
}

// bothKindsOfTypes is Stripe's refusal of an intent that lists its payment
// methods and yet leaves them to Stripe.
func bothKindsOfTypes() error {
	return wire.Malformed("", "payment_method_types",
		"You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
}

// typeCurrencies are the currencies of the payment methods that do not take
// every currency.
var typeCurrencies = map[string][]string{
	"boleto":           {"brl"},
	"ideal":            {"eur"},
	"konbini":          {"jpy"},
	"multibanco":       {"eur"},
	"oxxo":             {"mxn"},
	"sepa_debit":       {"eur"},
	"us_bank_account":  {"usd"},
	"klarna":           {"usd", "eur", "gbp", "sek", "dkk", "nok", "chf", "cad", "aud", "nzd", "pln", "czk"},
	"customer_balance": {"usd", "eur", "gbp", "jpy", "mxn"},
	"paypal": {
		"eur", "usd", "gbp", "chf", "czk", "dkk", "nok",
		"pln", "sek", "aud", "cad", "hkd", "nzd", "sgd",
	},
	"amazon_pay": {"usd", "aud", "gbp", "dkk", "eur", "hkd", "jpy", "nzd", "nok", "zar", "sek", "chf"},
}

// TakesCurrency reports whether a payment method type takes a currency.
func TakesCurrency(kind, cur string) bool {
	currencies, limited := typeCurrencies[kind]
	return !limited || slices.Contains(currencies, cur)
}

// knownMethods lists the payment method types for messages.
const knownMethods = "amazon_pay, boleto, card, customer_balance, ideal, klarna, konbini, link, " +
	"multibanco, oxxo, paypal, sepa_debit and us_bank_account"

// Supports returns an error if the sandbox does not know a payment method type
// or the type does not take the currency of the intent.
func (c *Call) Supports(pi *PaymentIntent, kind string) error {
	switch kind {
	case "card", "amazon_pay", "link", "ideal", "klarna", "paypal",
		"sepa_debit", "us_bank_account", "customer_balance", "boleto", "konbini", "multibanco", "oxxo":
	default:
		return wire.Invalid(
			"payment_intent_invalid_parameter", "payment_method_types",
			"The payment method type provided: %s is invalid. Please ensure the provided type is activated "+
				"in your dashboard (https://dashboard.stripe.com/account/payments/settings) and your account "+
				"is enabled for any preview features that you are trying to use. "+
				"(The offline sandbox knows "+knownMethods+".)",
			kind,
		)
	}

	if !TakesCurrency(kind, pi.Currency) {
		return wire.Invalid(
			"payment_intent_invalid_currency", "payment_method_types",
			"The currency provided (%s) is invalid for one or more payment_method_types. Payment "+
				"method type %s can only be used with these currencies: %s.",
			pi.Currency, kind, strings.Join(typeCurrencies[kind], ", "),
		)
	}

	return nil
}

// DefaultOptions returns the payment_method_options of an intent whose creator
// set none.
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

// All intents share these maps, which nothing ever changes.
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
	usBankOptions = map[string]any{
		"financial_connections": map[string]any{"permissions": []any{"payment_method"}, "prefetch": []any{}},
		"mandate_options":       map[string]any{},
		"verification_method":   "automatic",
	}
	noOptions = map[string]any{}
)

// mergeOptions returns prev with the call's payment_method_options merged in.
// It does not change prev, which other intents may share.
func (c *Call) mergeOptions(prev map[string]any) map[string]any {
	merged := c.Shape("payment_method_options").Merge(prev, c.Params.At("payment_method_options"))

	// Stripe does not show whether an order came by mail or telephone.
	if card, ok := merged["card"].(map[string]any); ok && card["moto"] != nil {
		delete(card, "moto")
	}

	return merged
}
