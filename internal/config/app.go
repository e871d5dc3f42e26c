package config

import (
	"errors"
	"regexp"
)

// AppInfo is how the calls to Stripe and the page name the software that makes
// them, so that Stripe can reach its makers
// (https://docs.stripe.com/building-plugins#setappinfo).
type AppInfo struct {
	AppName    string // "" for checkoutd
	AppVersion string // "" for its own, if AppName is "" too
	AppURL     string
	PartnerID  string // "" for none
}

func appSection() section {
	return section{
		title:  "Your own product",
		finish: (*loading).finishApp,
		options: []option{
			{
				name: "APP_NAME",
				help: "If you ship checkoutd inside a product of your own: its name, as Stripe is told by every " +
					"call and by the page. Name its platform, too: WooCommerce MyPlugin. Empty: checkoutd.",
				modes: checkoutModes,
				read:  appText(func(c *Config) *string { return &c.AppName }),
			},
			{
				name:  "APP_VERSION",
				help:  "The version of your product. APP_NAME must be set, too.",
				modes: checkoutModes,
				read:  appText(func(c *Config) *string { return &c.AppVersion }),
			},
			{
				name:  "APP_URL",
				help:  "The page of your product, which says how to reach you. APP_NAME must be set, too.",
				modes: checkoutModes,
				read:  orEmpty(readAppURL),
			},
			{
				name:  "STRIPE_PARTNER_ID",
				help:  "Your ID (pp_partner_…) from the Dashboard's page for partners. Empty: none.",
				modes: checkoutModes,
				read:  orEmpty(readPartnerID),
			},
		},
	}
}

// The patterns of what is sent in headers.
var (
	appWords  = regexp.MustCompile(`^[\x20-\x7E]{0,100}$`)
	partnerID = regexp.MustCompile(`^pp_partner_[A-Za-z0-9]{1,100}$`)
)

func appText(field func(*Config) *string) reader {
	return func(c *Config, s string) error {
		if !appWords.MatchString(s) {
			return errors.New("must have at most 100 characters, all of them ASCII: it is sent in a header")
		}
		*field(c) = s
		return nil
	}
}

func readAppURL(c *Config, s string) error {
	u, err := parseWebURL(s)
	if err != nil {
		return err
	}
	c.AppURL = u.String()
	return nil
}

func readPartnerID(c *Config, s string) error {
	if !partnerID.MatchString(s) {
		return errors.New("is not the ID of a partner, which begins with pp_partner_")
	}
	c.PartnerID = s
	return nil
}

// finishApp refuses a version or an address under the name of checkoutd.
func (l *loading) finishApp() {
	c := l.config
	if c.AppName == "" && (c.AppVersion != "" || c.AppURL != "") && l.valid("APP_NAME", "APP_VERSION", "APP_URL") {
		l.problem("APP_NAME", "is not set, but APP_VERSION or APP_URL is. Set the name of your product, too")
	}
}
