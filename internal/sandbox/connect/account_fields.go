package connect

import (
	"cmp"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// countryCurrencies are the default currencies of accounts outside the euro
// area. See https://docs.stripe.com/connect/currencies.
var countryCurrencies = map[string]string{
	"AE": "aed",
	"AU": "aud",
	"BR": "brl",
	"CA": "cad",
	"CH": "chf",
	"CZ": "czk",
	"DK": "dkk",
	"GB": "gbp",
	"GI": "gbp",
	"HK": "hkd",
	"HU": "huf",
	"ID": "idr",
	"IN": "inr",
	"JP": "jpy",
	"LI": "chf",
	"MX": "mxn",
	"MY": "myr",
	"NO": "nok",
	"NZ": "nzd",
	"PL": "pln",
	"RO": "ron",
	"SE": "sek",
	"SG": "sgd",
	"TH": "thb",
	"US": "usd",
}

const euroCountries = "AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"

// currencyOfCountry returns the default currency of an account.
func currencyOfCountry(country string) string {
	country = strings.ToUpper(country)
	if api.ContainsWord(euroCountries, country) {
		return "eur"
	}
	return cmp.Or(countryCurrencies[country], "usd")
}

// defaultDelay is the shortest delay of payouts, in days, which
// delay_days=minimum asks for.
const defaultDelay int64 = 2

// controllers are what the three types of accounts stand for:
// https://docs.stripe.com/connect/migrate-to-controller-properties. Their
// fields are who pays Stripe's fees, who is liable for losses, who collects
// requirements, and the account's dashboard.
var controllers = map[string][4]string{
	"standard": {"account", "stripe", "stripe", "full"},
	"express":  {"application_express", "application", "stripe", "express"},
	"custom":   {"application_custom", "application", "application", "none"},
}

// controllerOf returns who controls an account that the platform creates, from
// the controller parameter or else from the type.
func controllerOf(kind string, sent *wire.Params) map[string]any {
	is := controllers[kind]
	if sent != nil {
		is = [4]string{
			cmp.Or(sent.String("fees", "payer"), "account"),
			cmp.Or(sent.String("losses", "payments"), "stripe"),
			cmp.Or(sent.String("requirement_collection"), "stripe"),
			cmp.Or(sent.String("stripe_dashboard", "type"), "full"),
		}
	}

	return map[string]any{
		"fees":                   map[string]any{"payer": is[0]},
		"is_controller":          true,
		"losses":                 map[string]any{"payments": is[1]},
		"requirement_collection": is[2],
		"stripe_dashboard":       map[string]any{"type": is[3]},
		"type":                   "application",
	}
}

// noAddress returns an address of which nothing is known.
func noAddress() map[string]any {
	return map[string]any{
		"city":        nil,
		"country":     nil,
		"line1":       nil,
		"line2":       nil,
		"postal_code": nil,
		"state":       nil,
	}
}

// noDocument returns a document that nobody has uploaded.
func noDocument() map[string]any {
	return map[string]any{"back": nil, "details": nil, "details_code": nil, "front": nil}
}

// noCompany returns the company of an account whose owner has said nothing.
func noCompany() map[string]any {
	return map[string]any{
		"address":             noAddress(),
		"directors_provided":  false,
		"executives_provided": false,
		"name":                nil,
		"owners_provided":     false,
		"tax_id_provided":     false,
		"verification":        map[string]any{"document": noDocument()},
	}
}

// noPerson returns the person behind an account, whose owner has said nothing.
func noPerson(account string, now int64) map[string]any {
	return map[string]any{
		"id":                  wire.NewID("person"),
		"object":              "person",
		"account":             account,
		"address":             noAddress(),
		"created":             now,
		"dob":                 map[string]any{"day": nil, "month": nil, "year": nil},
		"email":               nil,
		"first_name":          nil,
		"future_requirements": noRequirements(),
		"id_number_provided":  false,
		"last_name":           nil,
		"metadata":            map[string]string{},
		"phone":               nil,
		"relationship": map[string]any{
			"authorizer":        false,
			"director":          false,
			"executive":         false,
			"legal_guardian":    false,
			"owner":             false,
			"percent_ownership": nil,
			"representative":    true,
			"title":             nil,
		},
		"requirements":        noRequirements(),
		"ssn_last_4_provided": false,
		"verification": map[string]any{
			"additional_document": noDocument(),
			"details":             nil,
			"details_code":        nil,
			"document":            noDocument(),
			"status":              "unverified",
		},
	}
}

// noRequirements returns the requirements of a person who has met them all.
func noRequirements() map[string]any {
	return map[string]any{
		"alternatives":         []any{},
		"currently_due":        []any{},
		"errors":               []any{},
		"eventually_due":       []any{},
		"past_due":             []any{},
		"pending_verification": []any{},
	}
}

// provided replaces numbers that Stripe never shows by whether they are known.
func provided(fields map[string]any, names ...string) {
	for _, name := range names {
		if v, sent := fields[name]; sent {
			fields[name+"_provided"] = v != nil
			delete(fields, name)
		}
	}
}

// described returns where the caller describes an account, and its shape: the
// call's parameters, or an account token.
func described(c *api.Call) (*wire.Params, *wire.Shape, error) {
	token := c.Params.String("account_token")
	if token == "" {
		return c.Params, c.Shape(), nil
	}

	rec, err := payments.TakeToken(c, token, "account_token")
	if err != nil {
		return nil, nil, err
	}

	sent, err := wire.ParseForm(rec.Private.Secret)
	return sent.At("account"), wire.ShapeOf("POST /v1/tokens").At("account"), err
}

// describe lays what the caller said of the company and of the person over what
// is known of them.
func describe(c *api.Call, fields map[string]any) error {
	sent, shape, err := described(c)
	if err != nil {
		return err
	}

	if kind := sent.String("business_type"); kind != "" {
		fields["business_type"] = kind
	}

	if p := sent.At("company"); p != nil {
		prev, _ := fields["company"].(map[string]any)
		company := shape.At("company").Merge(prev, p)
		provided(company, "tax_id", "vat_id")
		delete(company, "registration_number")
		delete(company, "ownership_declaration_shown_and_signed")
		fields["company"] = company
	}

	person, known := fields["individual"].(map[string]any)
	if !known && (fields["business_type"] == "individual" || sent.Has("individual")) {
		id, _ := fields["id"].(string)
		person = noPerson(id, c.Now.Unix())
		fields["individual"] = person
	}

	if p := sent.At("individual"); p != nil {
		next := shape.At("individual").Merge(person, p)
		provided(next, "id_number", "id_number_secondary", "ssn_last_4")
		next["metadata"] = wire.MergeMetadata(nil, p)
		fields["individual"] = next
	}

	return nil
}
