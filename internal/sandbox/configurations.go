package sandbox

import (
	"slices"
	"strings"
)

// configurations: https://docs.stripe.com/api/payment_method_configurations. They say what automatic payment methods offer.
var configurations = recordAPI{
	kind: kindConfiguration, prefix: "pmc", noun: "payment method configuration",
	defaults: func(_ *call) (map[string]any, error) { return newConfiguration("Custom", false), nil },
	finish: func(c *call, fields map[string]any) error {
		for name, v := range fields {
			sent, ok := v.(map[string]any)
			if !ok {
				continue
			}
			if display, ok := sent["display_preference"].(map[string]any); ok {
				fields[name] = preferenceOf(textOf(display["preference"]))
			}
		}
		delete(fields, "created")
		return withoutMetadata(c, fields)
	},
}

// automaticKinds are the payment methods that a configuration can offer, in the order in which they are offered.
var automaticKinds = []string{"card", "amazon_pay", "ideal", "klarna", "link", "paypal", "sepa_debit", "us_bank_account"}

// newConfiguration offers what every account can take; a wallet of another company has to be switched on first.
func newConfiguration(name string, standard bool) map[string]any {
	out := map[string]any{"active": true, "application": nil, "is_default": standard, "livemode": false, "name": name, "parent": nil}
	for _, kind := range automaticKinds {
		preference := "on"
		if isWallet(kind) {
			preference = "off"
		}
		out[kind] = preferenceOf(preference)
	}
	return out
}

func preferenceOf(preference string) map[string]any {
	value := preference
	if preference == "none" {
		value = "on"
	}
	return map[string]any{
		"available":          value == "on",
		"display_preference": map[string]any{"overridable": nil, "preference": preference, "value": value},
	}
}

// defaultConfiguration is the id of the configuration that an account has from the start.
func defaultConfiguration(account string) string {
	if account == PlatformAccount {
		return "pmc_1SbxDefaultConfiguration"
	}
	return "pmc_1Sbx" + fingerprint(account)
}

// firstObjects are what a new account holds.
func firstObjects(account string) []object {
	return []object{newRecord(kindConfiguration, defaultConfiguration(account), newConfiguration("Default", true))}
}

// offer is what automatic payment methods depend on besides the account's settings.
type offer struct {
	currency      string
	configuration string
	redirects     bool // pages of others are allowed
	hold          bool // capture_method=manual
}

// automaticTypes is what a configuration offers.
func (c *call) automaticTypes(o offer) []string {
	settings, _ := configurations.find(c, o.configuration)
	var out []string
	for _, kind := range automaticKinds {
		if takesCurrency(kind, o.currency) && (o.redirects || !redirects(kind)) && (!o.hold || holds(kind)) && offers(settings, kind) {
			out = append(out, kind)
		}
	}
	return out
}

// savableKinds are the payment methods that can be saved without a payment.
var savableKinds = []string{"card", "amazon_pay", "link", "paypal", "sepa_debit", "us_bank_account"}

// savableTypes is what a configuration offers for saving.
func (c *call) savableTypes(configuration string, withRedirects bool) []string {
	settings, _ := configurations.find(c, configuration)
	var out []string
	for _, kind := range savableKinds {
		if (withRedirects || !redirects(kind)) && offers(settings, kind) {
			out = append(out, kind)
		}
	}
	return out
}

// savable refuses payment method types that the sandbox cannot save without a payment.
func savable(types []string) error {
	for _, kind := range types {
		if !slices.Contains(savableKinds, kind) {
			return invalid("", "payment_method_types", "The payment method type %s cannot be saved with a SetupIntent. (The offline sandbox saves %s.)", kind, strings.Join(savableKinds, ", "))
		}
	}
	return nil
}

// offers tells whether a configuration has a payment method switched on.
func offers(o *Record, kind string) bool {
	method, _ := o.fields[kind].(map[string]any)
	display, _ := method["display_preference"].(map[string]any)
	return display["value"] == "on"
}

// chosenConfiguration returns the id of the configuration that the parameters name, else of the account's default.
func (c *call) chosenConfiguration(p *params) (string, error) {
	id := p.str("payment_method_configuration")
	if id == "" {
		return defaultConfiguration(c.account), nil
	}
	if _, ok := configurations.find(c, id); !ok {
		return "", noSuch(configurations.noun, "payment_method_configuration", id)
	}
	return id, nil
}
