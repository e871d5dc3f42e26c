package wire

import (
	"bytes"
	"encoding/json"
)

// Encode returns JSON like Stripe's, without HTML escaping.
func Encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	if err := EncodeTo(&buf, v); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// EncodeTo appends to buf what Encode returns.
func EncodeTo(buf *bytes.Buffer, v any) error {
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// EncodePretty returns JSON indented by two spaces, like Stripe's responses and
// webhooks.
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

// DecodeTree decodes JSON and keeps its numbers as they are written.
func DecodeTree(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var tree any
	err := dec.Decode(&tree)
	return tree, err
}

// ToTree returns a value as DecodeTree would return its JSON.
func ToTree(v any) (any, error) {
	body, err := Encode(v)
	if err != nil {
		return nil, err
	}
	return DecodeTree(body)
}
