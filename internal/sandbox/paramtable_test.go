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
	"managed_payments", "payment_details", "billing_mode", "billing_schedules", "pricing", "individual_name", "business_name", "account_tax_ids",
}

// former lists parameters of 2025-02-24.acacia that the document no longer has.
var former = map[string]string{
	"POST /v1/customers":              "coupon promotion_code default_source validate:b",
	"POST /v1/customers/{id}":         "coupon? promotion_code? validate:b",
	"POST /v1/customers/{id}/sources": "validate:b",
	"POST /v1/promotion_codes":        "coupon",
	"POST /v1/subscriptions":          "coupon promotion_code",
	"POST /v1/subscriptions/{id}":     "coupon? promotion_code?",
	"POST /v1/invoiceitems":           "price unit_amount:i",
	"POST /v1/invoiceitems/{id}":      "price unit_amount:i",
	"GET /v1/promotion_codes":         "coupon",
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

	var lines []string
	for path, methods := range doc.Paths {
		for method, op := range methods {
			name := strings.ToUpper(method) + " " + path
			if ours, ok := simulated[bare(name)]; ok {
				words := strings.Replace(op.words(), "!promotion{", "promotion{", 1) // it was `coupon` in 2025-02-24.acacia
				name = ours + " " + strings.TrimSpace(former[ours]+" "+words)
			}

			lines = append(lines, strings.TrimSpace(name))
		}
	}

	sort.Strings(lines)
	table := "# Stripe's operations, and the parameters of the simulated ones. Made from Stripe's OpenAPI document by\n" +
		"# go test -run TestParamTableIsStripes -update. name, name:i integer, :b boolean, :n decimal, =a|b enum, {..} hash, [..] list,\n" +
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

func (op operation) words() string {
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

	return root.fields()
}

func (s *schema) fields() string {
	var out []string
	for name, kid := range s.Properties {
		if slices.Contains(later, name) {
			continue
		}

		mark := ""
		if slices.Contains(s.Required, name) {
			mark = "!"
		}

		out = append(out, mark+name+kid.word())
	}

	sort.Strings(out)
	return strings.Join(out, " ")
}

// word returns the notation of one parameter. Alternatives are merged.
func (s *schema) word() string {
	if len(s.AnyOf) > 0 {
		return s.alternatives()
	}

	switch {
	case len(s.Properties) > 0:
		return "{" + s.fields() + "}"
	case s.Type == "array":
		return "[" + s.Items.word() + "]"
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

func (s *schema) alternatives() string {
	hash, scalars, empty := "", []string{}, false
	for _, alt := range s.mergedHashes() {
		switch w := alt.word(); {
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
	if hash == "" && len(scalars) == 1 {
		out = scalars[0]
	}

	if empty || hash != "" && len(scalars) > 0 {
		out += "?"
	}

	return out
}
