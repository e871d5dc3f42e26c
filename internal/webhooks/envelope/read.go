package envelope

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

var (
	errNoObject = errors.New("envelope: the payload is no JSON object")
	errTrailing = errors.New("something follows the JSON object")
)

// newDecoder returns a decoder that reads a payload in place.
func newDecoder(payload []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(payload),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// checkEnd fails unless everything was read.
func checkEnd(d *jsontext.Decoder) error {
	_, err := d.ReadToken()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return errTrailing
	}
	return err
}

// member is a member of a T that is read. read takes exactly its value.
type member[T any] struct {
	name string
	read func(*T, *jsontext.Decoder) error
}

// plain is a member whose value is taken as a whole.
func plain[T any](set func(*T, jsontext.Value)) func(*T, *jsontext.Decoder) error {
	return func(to *T, d *jsontext.Decoder) error {
		v, err := d.ReadValue()
		if err == nil {
			set(to, v)
		}
		return err
	}
}

// readMembers reads an object: the members that are known, and skips the
// others.
func readMembers[T any](d *jsontext.Decoder, to *T, known []member[T]) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	return readRest(d, to, known)
}

// readRest reads the members of an object whose brace was read, and the brace
// that ends it.
func readRest[T any](d *jsontext.Decoder, to *T, known []member[T]) error {
	for d.PeekKind() != '}' {
		name, err := d.ReadValue()
		if err != nil {
			return err
		}

		if m := find(known, name); m != nil {
			err = m.read(to, d)
		} else {
			err = skip(d)
		}

		if err != nil {
			return err
		}
	}

	_, err := d.ReadToken()
	return err
}

// readLenient reads an object into a new T, or makes it zero for null. A value
// of another shape changes nothing.
func readLenient[T any](to *T, d *jsontext.Decoder, known []member[T]) error {
	var fresh T
	switch d.PeekKind() {
	case '{':
		if err := readMembers(d, &fresh, known); err != nil {
			return err
		}

		*to = fresh
		return nil

	case 'n':
		*to = fresh
	}

	return skip(d)
}

// skip reads a value. Decoder.SkipValue would stop at each of its tokens.
func skip(d *jsontext.Decoder) error {
	_, err := d.ReadValue()
	return err
}

// find returns the member of a quoted name, nil if it is not known.
func find[T any](known []member[T], quoted []byte) *member[T] {
	name := quoted[1 : len(quoted)-1]
	for i := range known {
		if string(name) == known[i].name {
			return &known[i]
		}
	}

	// Only a name with another letter than those of the known ones, or an
	// escaped one, can match them nevertheless.
	if !bytes.ContainsFunc(name, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
		return nil
	}

	text := ""
	setText(&text, quoted)

	for i := range known {
		if strings.EqualFold(text, known[i].name) {
			return &known[i]
		}
	}

	return nil
}

// setText reads a text, or null, which changes nothing. It reports whether the
// value is one of them.
func setText(to *string, v jsontext.Value) bool {
	switch v.Kind() {
	case 'n':
		return true
	case '"':
	default:
		return false
	}

	if text := v[1 : len(v)-1]; bytes.IndexByte(text, '\\') < 0 && utf8.Valid(text) {
		*to = string(text)
		return true
	}

	return json.Unmarshal(v, to) == nil
}

// setLenientText reads a text, or null as "". Another value changes nothing.
func setLenientText(to *string, v jsontext.Value) {
	if v.Kind() == 'n' {
		*to = ""
	}
	setText(to, v)
}

// setBool reads a truth value, or null, which changes nothing. It reports
// whether the value is one of them.
func setBool(to *bool, v jsontext.Value) bool {
	switch v.Kind() {
	case 't', 'f':
		*to = v.Kind() == 't'
	case 'n':
	default:
		return false
	}
	return true
}
