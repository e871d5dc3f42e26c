package payments

import (
	"net/mail"
	"net/url"
	"strings"

	"checkoutd/internal/sandbox/wire"
)

// checkEmail returns Stripe's refusal of a parameter that is no e-mail address.
// An empty one is none.
func checkEmail(p *wire.Params, names ...string) error {
	text := p.String(names...)
	if text == "" {
		return nil
	}

	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text || strings.Contains(text, "@.") {
		return wire.Invalid("email_invalid", p.At(names...).Path, "Invalid email address: %s", text)
	}
	return nil
}

// checkURL returns Stripe's refusal of a parameter that is no URL. Any scheme
// will do, because mobile apps have their own.
func checkURL(p *wire.Params, name string) error {
	text := p.String(name)
	if text == "" {
		return nil
	}

	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme == "" || parsed.Host == "" {
		return wire.Invalid("url_invalid", p.At(name).Path, "Not a valid URL")
	}
	return nil
}
