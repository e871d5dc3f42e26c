package wire

import (
	"maps"
	"strings"
	"unicode/utf8"
)

// Stripe's limits on metadata: https://docs.stripe.com/metadata#data.
const (
	maxMetadataKeys  = 50
	maxMetadataKey   = 40
	maxMetadataValue = 500
)

// MergeMetadata returns prev with the sent metadata merged in: sent keys
// replace, an empty value removes its key, and empty metadata removes all keys.
// See https://docs.stripe.com/api/metadata.
func MergeMetadata(prev map[string]string, p *Params) map[string]string {
	out := make(map[string]string, len(prev))
	if !p.Unset("metadata") {
		maps.Copy(out, prev)
	}

	sent := p.At("metadata")
	if sent == nil {
		return out
	}

	for _, key := range sent.Keys() {
		m := sent.Fields[key]
		if m.Value == "" {
			delete(out, key)
			continue
		}

		out[key] = m.Value
	}

	p.metadata = len(out)
	return out
}

// TooMuchMetadata returns an error if MergeMetadata has left an object with
// more keys than it may have.
func TooMuchMetadata(p *Params) error {
	if p == nil || p.metadata <= maxMetadataKeys {
		return nil
	}
	return manyKeys(p.metadata)
}

func manyKeys(n int) error {
	return Malformed("", "metadata", "Metadata can have up to %d keys, but you've set %d. Email us at support+metadata@stripe.com for more information.", maxMetadataKeys, n)
}

// CheckMetadata enforces Stripe's limits on sent metadata, at any level of the
// parameters.
func CheckMetadata(p *Params) error {
	if p == nil {
		return nil
	}

	for name, field := range p.Fields {
		err := CheckMetadata(field)
		if name == "metadata" {
			err = field.checkAsMetadata()
		}
		if err != nil {
			return err
		}
	}

	return nil
}

func (p *Params) checkAsMetadata() error {
	if len(p.Fields) > maxMetadataKeys {
		return manyKeys(len(p.Fields))
	}

	for key, m := range p.Fields {
		switch length, size := utf8.RuneCountInString(key), utf8.RuneCountInString(m.Value); {
		case len(m.Fields) > 0 || strings.ContainsAny(key, "[]"):
			return Malformed("", p.Path, "Metadata keys cannot contain square brackets. Invalid key: %s", key)
		case length > maxMetadataKey:
			return Malformed("", p.Path, "Metadata keys can have up to %d characters, but you passed in a key that is %d characters. Invalid key: %s", maxMetadataKey, length, key)
		case size > maxMetadataValue:
			return Malformed("", m.Path, "Metadata values can have up to %d characters, but you passed in a value that is %d characters. Invalid value: %s", maxMetadataValue, size, m.Value)
		}
	}

	return nil
}
