package payments

import (
	"slices"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// configurations is the API of payment method configurations, which decide what
// automatic payment methods offer. See
// https://docs.stripe.com/api/payment_method_configurations.
var configurations = api.RecordAPI{
	Kind:     api.KindConfiguration,
	Prefix:   "pmc",
	Noun:     "payment method configuration",
	Filters:  []string{"active", "application"},
	Defaults: func(_ *api.Call) (map[string]any, error) { return newConfiguration("Custom", false), nil },
	Finish: func(c *api.Call, fields map[string]any) error {
		// A caller sets only the preference; Stripe also returns what follows
		// from it.
		for name, v := range fields {
			sent, ok := v.(map[string]any)
			if !ok {
				continue
			}

			if display, ok := sent["display_preference"].(map[string]any); ok {
				fields[name] = preferenceOf(api.TextOf(display["preference"]))
			}
		}

		delete(fields, "created")
		return withoutMetadata(c, fields)
	},
}

// automaticKinds are the payment methods that a configuration can offer, in the
// order in which they are offered.
var automaticKinds = []string{
	"card",
	"amazon_pay",
	"ideal",
	"klarna",
	"link",
	"paypal",
	"sepa_debit",
	"us_bank_account",
}

// newConfiguration returns the fields of a configuration that offers what every
// account can take. A wallet of another company has to be switched on first.
func newConfiguration(name string, standard bool) map[string]any {
	out := map[string]any{
		"active":      true,
		"application": nil,
		"is_default":  standard,
		"livemode":    false,
		"name":        name,
		"parent":      nil,
	}

	for _, kind := range automaticKinds {
		preference := "on"
		if isWallet(kind) {
			preference = "off"
		}

		out[kind] = preferenceOf(preference)
	}

	return out
}

// preferenceOf returns a payment method's part of a configuration. The
// preference none leaves the choice to Stripe, which switches the method on.
func preferenceOf(preference string) map[string]any {
	value := preference
	if preference == "none" {
		value = "on"
	}

	return map[string]any{
		"available": value == "on",
		"display_preference": map[string]any{
			"overridable": nil,
			"preference":  preference,
			"value":       value,
		},
	}
}

// DefaultConfiguration returns the ID of the configuration that an account has
// from the start.
func DefaultConfiguration(account string) string {
	if account == api.PlatformAccount {
		return "pmc_1SbxDefaultConfiguration"
	}
	return "pmc_1Sbx" + fingerprint(account)
}

// initialObjects returns the objects of a new account.
func initialObjects(account string) []memory.Object {
	id := DefaultConfiguration(account)
	return []memory.Object{api.NewRecord(api.KindConfiguration, id, newConfiguration("Default", true))}
}

// offer is what automatic payment methods depend on.
type offer struct {
	currency      string
	configuration string
	redirects     bool // methods that send the buyer to another page are allowed
	hold          bool // capture_method=manual
}

// automaticTypes returns the payment methods that a configuration offers to a
// payment.
func (c *Call) automaticTypes(o offer) []string {
	settings, _ := configurations.Find(c.API(), o.configuration)

	var types []string
	for _, kind := range automaticKinds {
		switch {
		case !switchedOn(settings, kind), !TakesCurrency(kind, o.currency):
		case redirects(kind) && !o.redirects, o.hold && !canHold(kind):
		default:
			types = append(types, kind)
		}
	}

	return types
}

// SavableKinds are the payment methods that can be saved without a payment.
var SavableKinds = []string{"card", "amazon_pay", "link", "paypal", "sepa_debit", "us_bank_account"}

// SavableTypes returns the payment methods that a configuration offers for
// saving.
func (c *Call) SavableTypes(configuration string, withRedirects bool) []string {
	settings, _ := configurations.Find(c.API(), configuration)

	var types []string
	for _, kind := range SavableKinds {
		if (withRedirects || !redirects(kind)) && switchedOn(settings, kind) {
			types = append(types, kind)
		}
	}

	return types
}

// savable returns an error if the sandbox cannot save one of the types without
// a payment.
func savable(types []string) error {
	for _, kind := range types {
		if !slices.Contains(SavableKinds, kind) {
			return wire.Invalid(
				"", "payment_method_types",
				"The payment method type %s cannot be saved with a SetupIntent. (The offline "+
					"sandbox saves %s.)",
				kind, strings.Join(SavableKinds, ", "),
			)
		}
	}

	return nil
}

// switchedOn reports whether a configuration has a payment method switched on.
func switchedOn(o *api.Record, kind string) bool {
	method, _ := o.Fields[kind].(map[string]any)
	display, _ := method["display_preference"].(map[string]any)
	return display["value"] == "on"
}

// chosenConfiguration returns the ID of the configuration that the parameters
// name or, if they name none, of the account's default.
func (c *Call) chosenConfiguration(p *wire.Params) (string, error) {
	id := p.String("payment_method_configuration")
	if id == "" {
		return DefaultConfiguration(c.Account), nil
	}

	if _, ok := configurations.Find(c.API(), id); !ok {
		return "", wire.NoSuch(configurations.Noun, "payment_method_configuration", id)
	}
	return id, nil
}
