package config

import (
	"errors"
	netmail "net/mail"
	"net/url"
	"strings"
	"unicode/utf8"

	"checkoutd/internal/cleantext"
)

// Seller is who sells, and where the shop's own pages are.
type Seller struct {
	ShopAddress   []string // lines
	ShopTaxNumber string
	TermsURL      string
	PrivacyURL    string
	ContactURL    string // or a mailto address
	ReturnsURL    string
	ImprintURL    string
	PortalURL     string // of Stripe's customer portal
	TermsConsent  string // none or required
	TermsVersion  string
}

// ConsentVersion returns the version of the terms that buyers have to agree to,
// "" if they need not.
func (s Seller) ConsentVersion() string {
	if s.TermsConsent != "required" {
		return ""
	}
	return s.TermsVersion
}

func sellerSection() section {
	return section{title: "Seller", finish: (*loading).finishSeller, options: []option{
		{
			name: "SHOP_ADDRESS",
			help: "The seller's address on receipts and in e-mails, its lines separated by semicolons, such as " +
				"1 High Street; London N1 1AA; United Kingdom. BRAND_NAME stands above it.",
			modes: checkoutModes,
			read:  readShopAddress,
		},
		{
			name:  "SHOP_TAX_NUMBER",
			help:  "The seller's tax number on receipts and in e-mails.",
			modes: checkoutModes,
			read:  shopLine(func(c *Config) *string { return &c.ShopTaxNumber }),
		},
		shopLink("SHOP_TERMS_URL", "your terms", func(c *Config) *string { return &c.TermsURL }),
		{
			name: "TERMS_CONSENT",
			def:  "none",
			help: "required: the form has a box by which buyers agree to your terms, and nobody pays without it. " +
				"The time and the version are stored with the order.",
			modes: checkoutModes,
			read:  oneOf(func(c *Config) *string { return &c.TermsConsent }, "none", "required"),
		},
		{
			name:  "TERMS_VERSION",
			def:   "1",
			help:  "The version of your terms, such as 2026-01. Whoever agreed to another one is asked again.",
			modes: checkoutModes,
			read:  shopLine(func(c *Config) *string { return &c.TermsVersion }),
		},
		shopLink("SHOP_PRIVACY_URL", "your privacy policy", func(c *Config) *string { return &c.PrivacyURL }),
		{
			name:  "SHOP_CONTACT_URL",
			help:  "The page on which buyers reach you, or mailto:help@shop.example; linked as SHOP_TERMS_URL is.",
			modes: checkoutModes,
			read:  orEmpty(readContact),
		},
		shopLink("SHOP_RETURNS_URL", "how to return goods", func(c *Config) *string { return &c.ReturnsURL }),
		shopLink("SHOP_IMPRINT_URL", "your legal notice", func(c *Config) *string { return &c.ImprintURL }),
		{
			name: "CUSTOMER_PORTAL_URL",
			help: "The login link of Stripe's customer portal (https://billing.stripe.com/p/login/…), to which " +
				"the receipts of subscriptions lead. Stripe's Dashboard shows it under Settings, Billing, " +
				"Customer portal. Empty: they say to contact the shop.",
			modes: checkoutModes,
			read:  orEmpty(webURL(func(c *Config) *string { return &c.PortalURL })),
		},
	}}
}

// shopLink is an option with the address of one of the shop's own pages.
func shopLink(name, what string, field func(*Config) *string) option {
	return option{
		name:  name,
		help:  "The https address of the page about " + what + ", linked on every page and in e-mails to buyers.",
		modes: checkoutModes,
		read:  orEmpty(webURL(field)),
	}
}

// webURL reads an https address with any path and query.
func webURL(field func(*Config) *string) reader {
	return func(c *Config, s string) error {
		u, err := parseWebURL(s)
		if err != nil {
			return err
		}
		if u.Scheme != "https" {
			return errors.New("is not https. Write the https address of the page")
		}
		*field(c) = u.String()
		return nil
	}
}

// readContact reads an https address or a mailto address.
func readContact(c *Config, s string) error {
	address, isMail := strings.CutPrefix(s, "mailto:")
	if !isMail {
		return webURL(func(c *Config) *string { return &c.ContactURL })(c, s)
	}

	if parsed, err := netmail.ParseAddress(address); err != nil || parsed.Address != address {
		return errors.New("has no e-mail address after mailto:. Write it like mailto:help@shop.example")
	}
	c.ContactURL = (&url.URL{Scheme: "mailto", Opaque: url.PathEscape(address)}).String()
	return nil
}

// maxShopLine is how many characters a line about the seller may have.
const maxShopLine = 100

func shopLine(field func(*Config) *string) reader {
	return orEmpty(func(c *Config, s string) error {
		s, err := cleantext.Line(s)
		if err != nil || utf8.RuneCountInString(s) > maxShopLine {
			return errors.New("is not a line of at most 100 characters")
		}
		*field(c) = s
		return nil
	})
}

// readShopAddress reads lines that are separated by semicolons.
func readShopAddress(c *Config, s string) error {
	for line := range strings.SplitSeq(s, ";") {
		var clean string
		if err := shopLine(func(*Config) *string { return &clean })(c, line); err != nil {
			return err
		}
		if clean != "" {
			c.ShopAddress = append(c.ShopAddress, clean)
		}
	}
	if len(c.ShopAddress) > 6 {
		return errors.New("has more than 6 lines. Leave some out")
	}
	return nil
}

func (l *loading) finishSeller() {
	if c := l.config; c.TermsConsent == "required" && c.TermsURL == "" && l.valid("TERMS_CONSENT", "SHOP_TERMS_URL") {
		l.problem("SHOP_TERMS_URL", "is not set, but TERMS_CONSENT is required. Set the address of your terms, too")
	}
}
