package sandbox

import (
	"strings"
	"unicode/utf8"
)

// Stripe's limits on metadata: https://docs.stripe.com/metadata#data.
const (
	maxMetadataKeys  = 50
	maxMetadataKey   = 40
	maxMetadataValue = 500
)

// mergeMetadata applies Stripe's rule: sent keys replace, empty values remove a key, an empty metadata removes all.
// The result is a new map. See https://docs.stripe.com/api/metadata.
func mergeMetadata(old map[string]string, p *params) map[string]string {
	out := make(map[string]string, len(old))
	if !p.unset("metadata") {
		for k, v := range old {
			out[k] = v
		}
	}
	sent := p.at("metadata")
	if sent == nil {
		return out
	}
	for key, m := range sent.kids {
		if m.value == "" {
			delete(out, key)
			continue
		}
		out[key] = m.value
	}
	p.metadata = len(out)
	return out
}

// tooMuchMetadata refuses a call that would leave an object with more keys than it may have.
func tooMuchMetadata(p *params) error {
	if p == nil || p.metadata <= maxMetadataKeys {
		return nil
	}
	return manyKeys(p.metadata)
}

func manyKeys(n int) error {
	return malformed("", "metadata", "Metadata can have up to %d keys, but you've set %d. Email us at support+metadata@stripe.com for more information.", maxMetadataKeys, n)
}

// checkMetadata enforces Stripe's limits on what is sent, wherever in the parameters it stands.
func checkMetadata(p *params) error {
	if p == nil {
		return nil
	}
	for name, kid := range p.kids {
		err := checkMetadata(kid)
		if name == "metadata" {
			err = kid.checkAsMetadata()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *params) checkAsMetadata() error {
	if len(p.kids) > maxMetadataKeys {
		return manyKeys(len(p.kids))
	}
	for key, m := range p.kids {
		switch length, size := utf8.RuneCountInString(key), utf8.RuneCountInString(m.value); {
		case len(m.kids) > 0 || strings.ContainsAny(key, "[]"):
			return malformed("", p.path, "Metadata keys cannot contain square brackets. Invalid key: %s", key)
		case length > maxMetadataKey:
			return malformed("", p.path, "Metadata keys can have up to %d characters, but you passed in a key that is %d characters. Invalid key: %s", maxMetadataKey, length, key)
		case size > maxMetadataValue:
			return malformed("", m.path, "Metadata values can have up to %d characters, but you passed in a value that is %d characters. Invalid value: %s", maxMetadataValue, size, m.value)
		}
	}
	return nil
}
