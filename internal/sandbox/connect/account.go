package connect

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// retrieveOwnAccount handles GET /v1/account: it returns the platform, or the
// connected account that the request is made for.
func retrieveOwnAccount(c *call) (any, error) {
	if c.Account == api.PlatformAccount {
		return platform(c), nil
	}
	return connectedAccount(c, c.Account)
}

// platform returns the platform's account, the only account of every test key.
func platform(c *call) map[string]any {
	out := newAccount(api.PlatformAccount, "standard", c.Server.Config.Country)
	for name, value := range map[string]any{
		"id":                api.PlatformAccount,
		"object":            api.KindAccount,
		"created":           c.Now.Unix(),
		"email":             "sandbox@example.com",
		"metadata":          map[string]string{},
		"charges_enabled":   true,
		"payouts_enabled":   true,
		"details_submitted": true,
		"capabilities":      map[string]string{"card_payments": "active", "transfers": "active"},
	} {
		out[name] = value
	}

	profile, _ := out["business_profile"].(map[string]any)
	profile["name"] = c.Server.Config.BusinessName
	return out
}

// connectedAccount returns an account of the platform.
func connectedAccount(c *call, id string) (any, error) {
	obj, ok := c.Server.Store.Get(api.PlatformAccount, id)
	if !ok {
		return nil, wire.NotFound(api.KindAccount, id)
	}
	return obj, nil
}

// newAccount returns the fields of a new account. kind is standard, express or
// custom.
func newAccount(id, kind, country string) map[string]any {
	requirements := func() map[string]any {
		out := noRequirements()
		out["current_deadline"], out["disabled_reason"] = nil, nil
		return out
	}

	return map[string]any{
		"id": id,
		"business_profile": map[string]any{
			"annual_revenue":         nil,
			"estimated_worker_count": nil,
			"mcc":                    nil,
			"name":                   nil,
			"product_description":    nil,
			"support_address":        nil,
			"support_email":          nil,
			"support_phone":          nil,
			"support_url":            nil,
			"url":                    nil,
		},
		"business_type":       nil,
		"capabilities":        map[string]any{},
		"charges_enabled":     false,
		"company":             noCompany(),
		"controller":          map[string]any{"type": "account"},
		"country":             country,
		"default_currency":    currencyOfCountry(country),
		"details_submitted":   false,
		"email":               nil,
		"external_accounts":   wire.WholeList([]any{}, "/v1/accounts/"+id+"/external_accounts"),
		"future_requirements": requirements(),
		"payouts_enabled":     false,
		"requirements":        requirements(),
		"settings":            newSettings(kind),
		"tos_acceptance":      map[string]any{"date": nil, "ip": nil, "user_agent": nil},
		"type":                kind,
	}
}

// newSettings returns the settings of a new account.
func newSettings(kind string) map[string]any {
	return map[string]any{
		"bacs_debit_payments": map[string]any{"display_name": nil, "service_user_number": nil},
		"branding": map[string]any{
			"icon":            nil,
			"logo":            nil,
			"primary_color":   nil,
			"secondary_color": nil,
		},
		"card_issuing": map[string]any{"tos_acceptance": map[string]any{"date": nil, "ip": nil}},
		"card_payments": map[string]any{
			"decline_on":                        map[string]any{"avs_failure": false, "cvc_failure": false},
			"statement_descriptor_prefix":       nil,
			"statement_descriptor_prefix_kana":  nil,
			"statement_descriptor_prefix_kanji": nil,
		},
		"dashboard": map[string]any{"display_name": nil, "timezone": "Etc/UTC"},
		"invoices":  map[string]any{"default_account_tax_ids": nil},
		"payments": map[string]any{
			"statement_descriptor":       nil,
			"statement_descriptor_kana":  nil,
			"statement_descriptor_kanji": nil,
		},
		"payouts": map[string]any{
			"debit_negative_balances": kind != "custom",
			"schedule":                map[string]any{"delay_days": defaultDelay, "interval": "daily"},
			"statement_descriptor":    nil,
		},
		"sepa_debit_payments": map[string]any{},
	}
}
