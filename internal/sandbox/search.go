package sandbox

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// searchResult is Stripe's answer to a search: https://docs.stripe.com/search.
type searchResult struct {
	Object   string  `json:"object"`
	Data     any     `json:"data"`
	HasMore  bool    `json:"has_more"`
	NextPage *string `json:"next_page"`
	URL      string  `json:"url"`
}

// clause is one condition of a query: field, operator, value; not turns it round.
type clause struct {
	not       bool
	path      []string
	op, value string
	null      bool
}

// clauseForm is a field (with a key in brackets for metadata), an operator and a quoted value, a number or null.
var clauseForm = regexp.MustCompile(`^\s*(-?)([a-z0-9_.]+)(?:\[["']([^"']+)["']\])?\s*(>=|<=|:|~|>|<)\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(-?[0-9.]+)|(null))\s*`)

var joinForm = regexp.MustCompile(`(?i)^(AND|OR)\s+`)

// parseQuery reads Stripe's search language: clauses joined by AND (or blanks) or by OR, never by both.
func parseQuery(text string) (clauses []clause, anyOf bool, err error) {
	rest, joined := text, ""
	for strings.TrimSpace(rest) != "" {
		m := clauseForm.FindStringSubmatch(rest)
		if m == nil {
			return nil, false, badQuery(text)
		}
		rest = rest[len(m[0]):]
		clauses = append(clauses, newClause(m))
		if j := joinForm.FindString(rest); j != "" {
			rest = rest[len(j):]
			word := strings.ToUpper(strings.TrimSpace(j))
			if joined != "" && word != joined || strings.TrimSpace(rest) == "" {
				return nil, false, badQuery(text)
			}
			joined = word
		}
	}
	if len(clauses) == 0 || len(clauses) > maxClauses {
		return nil, false, badQuery(text)
	}
	return clauses, joined == "OR", nil
}

const maxClauses = 10

func newClause(m []string) clause {
	c := clause{not: m[1] == "-", path: strings.Split(m[2], "."), op: m[4], null: m[8] != ""}
	if m[3] != "" {
		c.path = append(c.path, m[3])
	}
	c.value = m[5] + m[6] + m[7]
	c.value = strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\\`, `\`).Replace(c.value)
	return c
}

func badQuery(text string) error {
	return malformed("", "query", "We were unable to parse your search query. Try using the format `metadata[\"key\"]:\"value\"` to query for metadata or key:\"value\" to query for other fields. (%s)", text)
}

// matches tests a clause on a decoded object.
func (c clause) matches(tree any) bool {
	for _, step := range c.path {
		m, _ := tree.(map[string]any)
		tree = m[step]
	}
	return c.compare(tree) != c.not
}

func (c clause) compare(have any) bool {
	if c.null {
		return have == nil
	}
	switch v := have.(type) {
	case string:
		if c.op == "~" {
			return strings.Contains(strings.ToLower(v), strings.ToLower(c.value))
		}
		return c.op == ":" && strings.EqualFold(v, c.value)
	case bool:
		return c.op == ":" && strconv.FormatBool(v) == c.value
	case json.Number:
		return compareNumbers(v, c.op, c.value)
	}
	return false
}

func compareNumbers(have json.Number, op, value string) bool {
	a, errA := have.Float64()
	b, errB := strconv.ParseFloat(value, 64)
	if errA != nil || errB != nil {
		return false
	}
	switch op {
	case ":":
		return a == b
	case ">":
		return a > b
	case "<":
		return a < b
	case ">=":
		return a >= b
	}
	return op == "<=" && a <= b
}

// search makes the handler of a kind's search. Unlike Stripe's, it sees every object at once.
func search(kind string) handler {
	return func(c *call) (any, error) {
		if c.p.str("query") == "" {
			return nil, missingParam("query")
		}
		clauses, anyOf, err := parseQuery(c.p.str("query"))
		if err != nil {
			return nil, err
		}
		limit, err := pageLimit(c.p)
		if err != nil {
			return nil, err
		}
		sh := c.tx.world.kinds[kind]
		if sh == nil {
			sh = &shelf{}
		}
		from := len(sh.ids) - 1
		if after, ok := c.tx.world.objects[c.p.str("page")]; ok {
			from = sh.position(c.tx.world, after.seq) - 1
		}
		found := gather(c.tx, sh, from, false, limit+1, func(obj object) bool {
			return obj.objectKind() == kind && fitsQuery(obj, clauses, anyOf)
		})
		return c.searchPage(found, limit), nil
	}
}

func (c *call) searchPage(found []object, limit int) searchResult {
	out := searchResult{Object: "search_result", URL: c.req.URL.Path, HasMore: len(found) > limit}
	if out.HasMore {
		found = found[:limit]
		out.NextPage = ptr(found[limit-1].objectID())
	}
	if found == nil {
		found = []object{}
	}
	out.Data = found
	return out
}

func fitsQuery(obj object, clauses []clause, anyOf bool) bool {
	tree, err := asTree(obj)
	if err != nil {
		return false
	}
	for _, cl := range clauses {
		if cl.matches(tree) == anyOf {
			return anyOf
		}
	}
	return !anyOf
}

// searchRoutes are the searches of the simulated kinds.
func searchRoutes() []route {
	var out []route
	for path, kind := range map[string]string{
		"charges": kindCharge, "customers": kindCustomer, "payment_intents": kindIntent, "prices": kindPrice, "products": kindProduct, "subscriptions": kindSubscription, "invoices": kindInvoice,
	} {
		out = append(out, route{http.MethodGet, "/v1/" + path + "/search", secretOnly, search(kind)})
	}
	return out
}
