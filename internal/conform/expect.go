package conform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// answer is what came back for a call.
type answer struct {
	status int
	header http.Header
	tree   any // the decoded JSON, nil if the body is none
}

func newAnswer(status int, header http.Header, body []byte) answer {
	a := answer{status: status, header: header}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if dec.Decode(&a.tree) != nil {
		a.tree = nil
	}
	return a
}

// at returns the value at a dotted path, such as "data.0.id". "*" stands for
// every member of a list.
func (a answer) at(path string) any { return at(a.tree, path) }

func at(node any, path string) any {
	steps := strings.Split(path, ".")
	for n, step := range steps {
		switch in := node.(type) {
		case map[string]any:
			node = in[step]
		case []any:
			if step == "*" {
				rest, all := strings.Join(steps[n+1:], "."), make([]any, len(in))
				for i, member := range in {
					all[i] = at(member, rest)
				}

				return all
			}

			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}

			node = in[i]

		default:
			return nil
		}
	}

	return node
}

// text returns the value at a path as text. "http" is the status, and
// "header:Name" a header.
func (a answer) text(path string) string {
	if path == "http" {
		return strconv.Itoa(a.status)
	}
	if name, ok := strings.CutPrefix(path, "header:"); ok {
		return a.header.Get(name)
	}
	return text(a.at(path))
}

func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}

	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}

	return string(raw)
}

// member returns the first member of the list whose value at a path is the
// text, nil if there is none.
func (a answer) member(path, value string) any {
	list, _ := a.at("data").([]any)
	i := slices.IndexFunc(list, func(member any) bool { return text(at(member, path)) == value })
	if i < 0 {
		return nil
	}
	return list[i]
}

// refusal returns an error of Stripe in one line.
func (a answer) refusal() string {
	parts := []string{strconv.Itoa(a.status)}
	for _, path := range []string{"error.type", "error.code", "error.decline_code", "error.param", "error.message"} {
		if s := a.text(path); s != "" {
			parts = append(parts, s)
		}
	}
	if s, ok := a.at("error").(string); ok { // OAuth
		parts = append(parts, s, a.text("error_description"))
	}
	return strings.Join(parts, " ")
}

// The signs between a path and what is expected there.
const (
	isEqual    = '=' // the value is the text; nothing or null is ""
	contains   = '~' // the value contains the text
	beginsWith = '^' // the value begins with the text
	hasLength  = '#' // the list has this many members
	isSet      = '?' // at the end: there is a value other than null
	isUnset    = '!' // at the end: there is none
)

// expectation is one thing that an answer must be, written as path, sign and
// text: "status=succeeded", "id^pi_", "next_action!".
type expectation struct {
	path string
	sign rune
	text string
}

func parseExpectation(s string) expectation {
	if last := rune(s[len(s)-1]); last == isSet || last == isUnset {
		return expectation{path: s[:len(s)-1], sign: last}
	}
	i := strings.IndexAny(s, "=~^#")
	return expectation{path: s[:i], sign: rune(s[i]), text: s[i+1:]}
}

// holds reports whether the answer is as expected, and returns what it is.
func (e expectation) holds(a answer) (got string, ok bool) {
	got = a.text(e.path)
	switch e.sign {
	case isEqual:
		return got, got == e.text
	case contains:
		return got, strings.Contains(got, e.text)
	case beginsWith:
		return got, strings.HasPrefix(got, e.text)
	case isSet:
		return got, got != ""
	case isUnset:
		return got, got == ""
	}

	list, _ := a.at(e.path).([]any)
	got = strconv.Itoa(len(list))
	return got, got == e.text
}

// String returns the expectation for a report.
func (e expectation) String() string {
	switch e.sign {
	case isEqual:
		return strconv.Quote(e.text)
	case contains:
		return "a text with " + strconv.Quote(e.text)
	case beginsWith:
		return "a text that begins with " + strconv.Quote(e.text)
	case hasLength:
		return e.text + " in the list"
	case isUnset:
		return "nothing"
	}

	return "a value"
}
