package wire

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// Clause is one condition of a query: a field, an operator and a value.
type Clause struct {
	not       bool // the condition is negated
	path      []string
	op, value string
	null      bool
}

// clauseForm matches a field (for metadata, with a key in brackets), an
// operator and a quoted value, a number or null.
var clauseForm = regexp.MustCompile(`^\s*(-?)([a-z0-9_.]+)(?:\[["']([^"']+)["']\])?\s*(>=|<=|:|~|>|<)\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(-?[0-9.]+)|(null))\s*`)

var joinForm = regexp.MustCompile(`(?i)^(AND|OR)\s+`)

// ParseQuery parses Stripe's search language: clauses joined by AND (or blanks)
// or by OR, but not by both. anyOf reports that it was OR.
func ParseQuery(text string) (clauses []Clause, anyOf bool, err error) {
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

func newClause(m []string) Clause {
	c := Clause{not: m[1] == "-", path: strings.Split(m[2], "."), op: m[4], null: m[8] != ""}
	if m[3] != "" {
		c.path = append(c.path, m[3])
	}

	c.value = m[5] + m[6] + m[7]
	c.value = strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\\`, `\`).Replace(c.value)
	return c
}

func badQuery(text string) error {
	return Malformed("", "query", "We were unable to parse your search query. Try using the format `metadata[\"key\"]:\"value\"` to query for metadata or key:\"value\" to query for other fields. (%s)", text)
}

// matches reports whether a decoded object fulfills the condition.
func (c Clause) matches(tree any) bool {
	for _, step := range c.path {
		m, _ := tree.(map[string]any)
		tree = m[step]
	}
	return c.compare(tree) != c.not
}

func (c Clause) compare(have any) bool {
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

// FitsQuery reports whether an object fulfills all conditions, or any of them.
func FitsQuery(obj any, clauses []Clause, anyOf bool) bool {
	tree, err := ToTree(obj)
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
