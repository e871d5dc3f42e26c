package payments

import (
	"slices"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// configurations: https://docs.stripe.com/api/payment_method_configurations.
// They say what automatic payment methods offer.
var configurations = api.RecordAPI{
	Kind:     api.KindConfiguration,
	Prefix:   "pmc",
	Noun:     "payment method configuration",
	Defaults: func(_ *api.Call) (map[string]any, error) { return newConfiguration("Custom", false), nil },
	Finish: func(c *api.Call, fields map[string]any) error {
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
var automaticKinds = []string{"card", "amazon_pay", "ideal", "klarna", "link", "paypal", "sepa_debit", "us_bank_account"}

// newConfiguration offers what every account can take; a wallet of another
// company has to be switched on first.
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

// DefaultConfiguration is the id of the configuration that an account has from
// the start.
func DefaultConfiguration(account string) string {
	if account == api.PlatformAccount {
		return "pmc_1SbxDefaultConfiguration"
	}
	return "pmc_1Sbx" + fingerprint(account)
}

// firstObjects are what a new account holds.
func firstObjects(account string) []memory.Object {
	return []memory.Object{api.NewRecord(api.KindConfiguration, DefaultConfiguration(account), newConfiguration("Default", true))}
}

// offer is what automatic payment methods depend on besides the account's
// settings.
type offer struct {
	currency      string
	configuration string
	redirects     bool // pages of others are allowed
	hold          bool // capture_method=manual
}

// automaticTypes is what a configuration offers.
func (c *Call) automaticTypes(o offer) []string {
	settings, _ := configurations.Find(c.API(), o.configuration)
	var out []string
	for _, kind := range automaticKinds {
		if TakesCurrency(kind, o.currency) && (o.redirects || !redirects(kind)) && (!o.hold || holds(kind)) && offers(settings, kind) {
			out = append(out, kind)
		}
	}
	return out
}

// SavableKinds are the payment methods that can be saved without a payment.
var SavableKinds = []string{"card", "amazon_pay", "link", "paypal", "sepa_debit", "us_bank_account"}

// SavableTypes is what a configuration offers for saving.
func (c *Call) SavableTypes(configuration string, withRedirects bool) []string {
	settings, _ := configurations.Find(c.API(), configuration)
	var out []string
	for _, kind := range SavableKinds {
		if (withRedirects || !redirects(kind)) && offers(settings, kind) {
			out = append(out, kind)
		}
	}
	return out
}

// savable refuses payment method types that the sandbox cannot save without a
// payment.
func savable(types []string) error {
	for _, kind := range types {
		if !slices.Contains(SavableKinds, kind) {
			return wire.Invalid("", "payment_method_types", "The payment method type %s cannot be saved with a SetupIntent. (The offline sandbox saves %s.)", kind, strings.Join(SavableKinds, ", "))
		}
	}
	return nil
}

// offers tells whether a configuration has a payment method switched on.
func offers(o *api.Record, kind string) bool {
	method, _ := o.Fields[kind].(map[string]any)
	display, _ := method["display_preference"].(map[string]any)
	return display["value"] == "on"
}

// chosenConfiguration returns the id of the configuration that the parameters
// name, else of the account's default.
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
