package appearance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// object is a JSON object with its members in the order of the file, including
// repeated ones. Values are object, []any, string, bool, json.Number or nil.
type object []member

type member struct {
	name  string
	value any
}

// maxDepth is deeper than any valid file.
const maxDepth = 8

// readObject parses a file that consists of one JSON object.
func readObject(data []byte) (object, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()

	v, err := readValue(d, 0)
	if err == nil {
		if _, next := d.Token(); !errors.Is(next, io.EOF) {
			err = errors.New("there is something after the object")
		}
	}

	if err != nil {
		line := 1 + bytes.Count(data[:d.InputOffset()], []byte("\n"))
		return nil, fmt.Errorf("is not JSON near line %d: %w", line, err)
	}

	o, ok := v.(object)
	if !ok {
		return nil, errors.New("is not a JSON object. Write {\"theme\": …, \"variables\": {…}}")
	}

	return o, nil
}

// readValue reads the next value, which is depth levels deep.
func readValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}

	opening, nested := token.(json.Delim)
	if err != nil || !nested {
		return token, err
	}
	if depth == maxDepth {
		return nil, errors.New("it is nested too deeply")
	}

	if opening == '[' {
		return readList(d, depth)
	}

	return readMembers(d, depth)
}

// readMembers reads the rest of an object.
func readMembers(d *json.Decoder, depth int) (object, error) {
	out := object{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}

		value, err := readValue(d, depth+1)
		if err != nil {
			return nil, err
		}

		out = append(out, member{name.(string), value})
	}

	return out, readEnd(d)
}

// readList reads the rest of a list.
func readList(d *json.Decoder, depth int) ([]any, error) {
	out := []any{}
	for d.More() {
		value, err := readValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, readEnd(d)
}

// readEnd reads the bracket that ends a list or an object.
func readEnd(d *json.Decoder) error {
	_, err := d.Token()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
