package orders

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// checkSyntax returns what is wrong with the JSON of a catalog, with its line.
func checkSyntax(data []byte) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return errors.New("the file is empty")
	}

	if !utf8.Valid(data) {
		at := 0
		for rest := data; ; at = len(data) - len(rest) {
			r, size := utf8.DecodeRune(rest)
			if r == utf8.RuneError && size < 2 {
				break
			}

			rest = rest[size:]
		}

		return fmt.Errorf("line %d: this is not UTF-8; save the file as UTF-8", lineOf(data, at))
	}

	var any json.RawMessage
	err := json.Unmarshal(data, &any)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return syntaxMistake(data, syntax)
	case err != nil:
		return errors.New("this is not JSON")
	case kindOf(any) != "an object":
		return errors.New(`the file must be one object: {"products": […]}`)
	}

	return nil
}

// syntaxMistake says where JSON is broken, and guesses why.
func syntaxMistake(data []byte, e *json.SyntaxError) error {
	end := len(bytes.TrimRight(data, " \t\r\n"))
	if e.Offset > int64(end) || strings.Contains(e.Error(), "unexpected end") {
		return fmt.Errorf("line %d: the file ends too early; a closing quote, bracket or brace is missing",
			lineOf(data, end))
	}

	at := max(int(e.Offset)-1, 0)
	wrong, _ := utf8.DecodeRune(data[at:])
	before := bytes.TrimRight(data[:at], " \t\r\n")
	last := byte(0)
	if len(before) > 0 {
		last = before[len(before)-1]
	}

	hint := "look for a missing or a superfluous quote, comma or bracket"
	switch {
	case strings.Contains(e.Error(), "after top-level value"):
		hint = "the catalog has ended before it; a file holds one object"
	case last == ',' && (wrong == '}' || wrong == ']'):
		hint = "remove the comma before it"
	case (wrong == '"' || wrong == '{' || wrong == '[') && last != ',' && last != ':':
		hint = "write a comma before it"
	case wrong == '/' || wrong == '#':
		hint = "JSON has no comments; remove it"
	case wrong == '\'' || wrong == '“' || wrong == '”' || wrong == '„':
		hint = `write straight double quotes: "`
	case wrong == '\n' || wrong == '\r' || wrong == '\t':
		return fmt.Errorf("line %d: a text goes on beyond its line; close its quotes, or write \\n", lineOf(data, at))
	}

	return fmt.Errorf("line %d: there is %q where JSON allows none: %s", lineOf(data, at), wrong, hint)
}

// lineOf returns the number of the line that an offset is in.
func lineOf(data []byte, offset int) int { return 1 + bytes.Count(data[:offset], []byte("\n")) }

// member is a member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// membersOf returns the members of a JSON object whose syntax was checked, in
// their order.
func membersOf(raw json.RawMessage) (list []member) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	_, _ = dec.Token() // the brace
	for dec.More() {
		name, _ := dec.Token()
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return list
		}

		list = append(list, member{fmt.Sprint(name), value})
	}

	return list
}

// kindOf names what a JSON value is.
func kindOf(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return "nothing"
	}

	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}

	return "a number"
}
