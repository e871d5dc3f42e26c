package httpio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"checkoutd/internal/fault"
)

// maxDepth is far deeper than any valid body.
const maxDepth = 32

// scanJSON checks what encoding/json does not: that body is a single object in
// valid UTF-8, without NUL characters (PostgreSQL cannot store them), without
// repeated keys (parsers disagree about which one counts), and not nested
// deeper than maxDepth.
func scanJSON(body []byte) error {
	if !utf8.Valid(body) {
		return fault.New(fault.Malformed, "invalid_json", "The JSON is not valid UTF-8.")
	}
	if body[0] != '{' {
		return fault.New(fault.Malformed, "invalid_json", "This must be one JSON object.")
	}

	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()

	s := scanner{dec: dec}
	if err := s.value(0, ""); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Malformed, "invalid_json",
			"There is something after the JSON object: exactly one is allowed.")
	}

	return nil
}

// scanner reads tokens and checks them.
type scanner struct{ dec *json.Decoder }

func (s scanner) value(depth int, path string) error {
	tok, err := s.token()
	if err != nil {
		return err
	}

	delim, ok := tok.(json.Delim)
	if !ok {
		return nil
	}
	if depth >= maxDepth {
		return fault.New(fault.Malformed, "invalid_json", "The JSON is nested too deeply.")
	}
	if delim == '{' {
		return s.object(depth, path)
	}

	return s.list(depth, path)
}

func (s scanner) object(depth int, path string) error {
	seen := map[string]bool{}
	for s.dec.More() {
		tok, err := s.token()
		if err != nil {
			return err
		}

		name, _ := tok.(string)
		folded, inside := foldName(name), inObject(path, name)
		if seen[folded] {
			return fieldError("duplicate_field", inside, "is repeated")
		}

		seen[folded] = true
		if err := s.value(depth+1, inside); err != nil {
			return err
		}
	}

	_, err := s.token()
	return err
}

// list reads the values of a list and its end.
func (s scanner) list(depth int, path string) error {
	for i := 0; s.dec.More(); i++ {
		if err := s.value(depth+1, inList(path, i)); err != nil {
			return err
		}
	}
	_, err := s.token()
	return err
}

// inObject returns the path of a member of the object at path.
func inObject(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// inList returns the path of an element of the list at path.
func inList(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func (s scanner) token() (json.Token, error) {
	tok, err := s.dec.Token()
	if err != nil {
		return nil, fault.Wrap(err, fault.Malformed, "invalid_json",
			fmt.Sprintf("The JSON is not valid (near byte %d).", s.dec.InputOffset()))
	}
	if text, ok := tok.(string); ok && strings.ContainsRune(text, 0) {
		return nil, fault.New(fault.Malformed, "invalid_json", "The JSON contains a NUL character.")
	}
	return tok, nil
}

// foldName returns a key in the form in which encoding/json compares it.
// encoding/json takes "Amount" and "amount", and even "ſku" and "sku", for the
// same field, so two such keys count as a repeated key.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		smallest := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			smallest = min(smallest, f)
		}
		return smallest
	}, name)
}
