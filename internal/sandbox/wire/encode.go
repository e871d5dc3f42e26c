package wire

import (
	"bytes"
	"encoding/json"
)

// Encode writes JSON as Stripe does: no HTML escaping.
func Encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// EncodePretty writes JSON with two spaces of indentation, the form of answers
// and of webhook bodies.
func EncodePretty(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}

func DecodeTree(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var tree any
	err := dec.Decode(&tree)
	return tree, err
}

func AsTree(v any) (any, error) {
	body, err := Encode(v)
	if err != nil {
		return nil, err
	}
	return DecodeTree(body)
}
