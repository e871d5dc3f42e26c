package appearance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// object is a JSON object in the order of its file, with every member, even of
// one name. Values are object, []any, string, bool, json.Number or nil.
type object []member

type member struct {
	name  string
	value any
}

// maxDepth is deeper than any appearance.
const maxDepth = 8

func readObject(data []byte) (object, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := readValue(d, 0)
	if err == nil {
		if _, after := d.Token(); !errors.Is(after, io.EOF) {
			err = errors.New("there is something after the end")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("is not JSON near line %d: %w", 1+bytes.Count(data[:d.InputOffset()], []byte("\n")), err)
	}

	o, ok := v.(object)
	if !ok {
		return nil, errors.New("is not a JSON object. Write {\"theme\": …, \"variables\": {…}}")
	}

	return o, nil
}

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

	return out, closing(d)
}

func readList(d *json.Decoder, depth int) ([]any, error) {
	out := []any{}
	for d.More() {
		value, err := readValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, closing(d)
}

func closing(d *json.Decoder) error {
	_, err := d.Token()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
