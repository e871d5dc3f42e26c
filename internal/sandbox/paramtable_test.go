package sandbox_test

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stripe/stripe-mock/embedded"

	"checkoutd/internal/sandbox"
)

var update = flag.Bool("update", false, "rewrite params.txt from Stripe's OpenAPI document")

// later lists parameters that came after 2025-02-24.acacia.
var later = []string{
	"allowed_payment_method_types", "amount_to_confirm", "customer_account", "excluded_payment_method_types", "hooks",
	"managed_payments", "payment_details", "billing_mode", "billing_schedules", "pricing", "individual_name", "business_name",
}

// components.payment_details is one of the components of account sessions, not
// the parameter of payment intents that came later.
const component = "components.payment_details"

// former lists parameters of 2025-02-24.acacia that the document no longer has.
var former = map[string]string{
	"POST /v1/customers":              "coupon promotion_code card default_source validate:b",
	"POST /v1/customers/{id}":         "coupon? promotion_code? validate:b",
	"POST /v1/customers/{id}/sources": "validate:b",
	"POST /v1/promotion_codes":        "coupon",
	"POST /v1/subscriptions":          "coupon promotion_code plan quantity:i",
	"POST /v1/subscriptions/{id}":     "coupon? promotion_code?",
	"POST /v1/invoiceitems":           "price unit_amount:i",
	"POST /v1/invoiceitems/{id}":      "price unit_amount:i",
	"GET /v1/promotion_codes":         "coupon",
	"GET /v1/products":                "type",
	"GET /v1/subscriptions":           "plan",
	"POST /v1/accounts":               "requested_capabilities[]",
	"POST /v1/accounts/{id}":          "requested_capabilities[]",
	"POST /v1/products":               "type=good|service",
	"POST /v1/products/{id}":          "type=good|service",
}

// formerOperations are those of 2025-02-24.acacia that the document no longer
// has.
var formerOperations = []string{
	"GET /v1/invoices/upcoming",
	"GET /v1/invoices/upcoming/lines",
	"GET /v1/subscription_items/{subscription_item}/usage_record_summaries",
	"POST /v1/subscription_items/{subscription_item}/usage_records",
}

// formerInside lists those within other parameters, by a part of the operation
// and the path. stripe-go v81 has them all.
var formerInside = map[string]*schema{
	"/subscriptions: items.plan":                            {},
	"POST /v1/prices: recurring.aggregate_usage":            {Enum: []string{"last_during_period", "last_ever", "max", "sum"}},
	"POST /v1/prices: recurring.trial_period_days":          {Type: "integer"},
	"intents: payment_method_options.card.moto":             {Type: "boolean"},
	"intents: payment_method_options.link.persistent_token": {},
	"/payment_intents: payment_method_options.us_bank_account.preferred_settlement_speed": {
		AnyOf: []*schema{{Enum: []string{""}}, {Enum: []string{"fastest", "standard"}}},
	},
	"POST /v1/accounts: external_account": {AnyOf: []*schema{{Type: "string"}, {Properties: map[string]*schema{
		"account_holder_name": {},
		"account_holder_type": {},
		"account_number":      {},
		"account_type":        {},
		"country":             {},
		"currency":            {},
		"object":              {},
		"routing_number":      {},
		"token":               {},
	}}}},
	": payment_method_data.fpx.account_holder_type": {Enum: []string{"company", "individual"}},
	"/payment_methods: fpx.account_holder_type":     {Enum: []string{"company", "individual"}},
}

// schema is the part of OpenAPI's schema object that the table needs.
type schema struct {
	Type                 string             `json:"type"`
	Enum                 []string           `json:"enum"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	Items                *schema            `json:"items"`
	AnyOf                []*schema          `json:"anyOf"`
	AdditionalProperties json.RawMessage    `json:"additionalProperties"`
}

type operation struct {
	Parameters []struct {
		Name     string  `json:"name"`
		In       string  `json:"in"`
		Required bool    `json:"required"`
		Schema   *schema `json:"schema"`
	} `json:"parameters"`
	RequestBody struct {
		Content map[string]struct {
			Schema *schema `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
}

// TestParamTableIsStripes compares params.txt with Stripe's own document.
func TestParamTableIsStripes(t *testing.T) {
	t.Parallel()
	var doc struct {
		Paths map[string]map[string]operation `json:"paths"`
	}
	if err := json.Unmarshal(embedded.OpenAPISpec, &doc); err != nil {
		t.Fatal(err)
	}

	simulated := map[string]string{}
	for _, rt := range sandbox.Routes() {
		simulated[bare(rt)] = rt
	}

	lines := slices.Clone(formerOperations)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			name := strings.ToUpper(method) + " " + path
			if ours, ok := simulated[bare(name)]; ok {
				words := strings.Replace(op.words(name), "!promotion{", "promotion{", 1) // it was `coupon` in 2025-02-24.acacia
				name = ours + " " + strings.TrimSpace(former[ours]+" "+words)
			}

			lines = append(lines, strings.TrimSpace(name))
		}
	}

	sort.Strings(lines)
	table := "# Stripe's operations, and the parameters of the simulated ones. Made from Stripe's OpenAPI document by\n" +
		"# go test -run TestParamTableIsStripes -update. name, name:i integer, :b boolean, :n decimal, =a|b enum,\n" +
		"# :i=a|b integer or one of these words, {..} hash, [..] list,\n" +
		"# * map, leading ! required, trailing ? may be empty.\n" + strings.Join(lines, "\n") + "\n"

	if *update {
		if err := os.WriteFile("wire/params.txt", []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}

	have, err := os.ReadFile("wire/params.txt")
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != table {
		t.Error("params.txt is not what Stripe's document says; run with -update")
	}
}

// bare removes the names from the braces of a path.
func bare(route string) string {
	parts := strings.Split(route, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}

func (op operation) words(name string) string {
	root := &schema{Properties: map[string]*schema{}}
	for _, p := range op.Parameters {
		if p.In == "query" {
			root.Properties[p.Name] = p.Schema
			if p.Required {
				root.Required = append(root.Required, p.Name)
			}
		}
	}

	for _, c := range op.RequestBody.Content {
		for name, s := range c.Schema.Properties {
			root.Properties[name] = s
		}

		root.Required = append(root.Required, c.Schema.Required...)
	}

	for place, kid := range formerInside {
		part, path, _ := strings.Cut(place, ": ")
		if strings.Contains(name, part) {
			root.restore(strings.Split(path, "."), kid)
		}
	}

	return root.fields("")
}

// restore adds a parameter within those that have the outer ones.
func (s *schema) restore(path []string, kid *schema) {
	for _, inner := range append(s.AnyOf, s.Items) {
		if inner != nil {
			inner.restore(path, kid)
		}
	}

	switch outer := s.Properties[path[0]]; {
	case len(path) == 1 && len(s.Properties) > 0:
		s.Properties[path[0]] = kid
	case outer != nil:
		outer.restore(path[1:], kid)
	}
}

// fields returns the notation of the parameters within the one called outer.
func (s *schema) fields(outer string) string {
	var out []string
	for name, kid := range s.Properties {
		if slices.Contains(later, name) && outer+"."+name != component {
			continue
		}

		mark := ""
		if slices.Contains(s.Required, name) {
			mark = "!"
		}

		out = append(out, mark+name+kid.word(name))
	}

	sort.Strings(out)
	return strings.Join(out, " ")
}

// word returns the notation of one parameter. Alternatives are merged.
func (s *schema) word(name string) string {
	if len(s.AnyOf) > 0 {
		return s.alternatives(name)
	}

	switch {
	case len(s.Properties) > 0:
		return "{" + s.fields(name) + "}"
	case s.Type == "array":
		return "[" + s.Items.word(name) + "]"
	case s.Type == "object":
		return "*"
	case s.Type == "integer":
		return ":i"
	case s.Type == "boolean":
		return ":b"
	case s.Type == "number":
		return ":n"
	case slices.Contains(s.Enum, "jp_bank_transfer"): // Stripe's own command line sends another name in its fixture
		return "=" + strings.Join(append(s.Enum, "jp_bank_account"), "|")
	case len(s.Enum) > 0:
		return "=" + strings.Join(s.Enum, "|")
	}

	return ""
}

// mergedHashes merges the alternatives that have fields. A field is required
// only if all of them require it.
func (s *schema) mergedHashes() []*schema {
	merged, rest := &schema{Properties: map[string]*schema{}}, []*schema{}
	for i, alt := range s.AnyOf {
		if len(alt.Properties) == 0 {
			rest = append(rest, alt)
			continue
		}

		if len(merged.Properties) == 0 {
			merged.Required = s.AnyOf[i].Required
		}

		merged.Required = slices.DeleteFunc(slices.Clone(merged.Required), func(name string) bool { return !slices.Contains(alt.Required, name) })
		for name, kid := range alt.Properties {
			if merged.Properties[name] == nil {
				merged.Properties[name] = kid
			}
		}
	}

	if len(merged.Properties) > 0 {
		rest = append(rest, merged)
	}

	return rest
}

func (s *schema) alternatives(name string) string {
	hash, scalars, empty := "", []string{}, false
	for _, alt := range s.mergedHashes() {
		switch w := alt.word(name); {
		case w == "=":
			empty = true
		case strings.HasPrefix(w, "{"), strings.HasPrefix(w, "["), w == "*":
			if len(w) > len(hash) {
				hash = w
			}

		default:
			scalars = append(scalars, w)
		}
	}

	out := hash
	switch sort.Strings(scalars); { // a number comes before the words that it may be
	case hash == "" && len(scalars) == 1:
		out = scalars[0]
	case hash == "" && len(scalars) == 2 && scalars[0] == ":i" && strings.HasPrefix(scalars[1], "="):
		out = scalars[0] + scalars[1]
	}

	if empty || hash != "" && len(scalars) > 0 {
		out += "?"
	}

	return out
}
