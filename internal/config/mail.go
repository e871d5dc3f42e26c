package config

import (
	"errors"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"

	"checkoutd/internal/texts"
)

// Mail is how e-mails are sent.
type Mail struct {
	SMTPURL       Secret // "" for no e-mails
	MailFrom      string
	MailShopTo    string // the shop's own address, "" for no e-mails to the shop
	MailLanguage  string
	MailTemplates string // a folder, "" for the built-in templates
}

func mailSection() section {
	return section{
		title:  "Mail",
		finish: (*loading).finishMail,
		options: []option{
			{
				name:   "SMTP_URL",
				file:   true,
				redact: redactAll,
				help: "The mail server that takes e-mails to buyers and to you, such as " +
					"smtp://user:password@mail.example:587 (STARTTLS) or smtps://… (TLS, port 465). Only a server " +
					"on this machine may be without encryption. Empty: no e-mails are sent, see docs/mail.md.",
				modes: checkoutModes,
				read:  readSMTP,
				live:  replaceSecret(func(c *Config) *Secret { return &c.SMTPURL }),
			},
			{
				name:  "MAIL_FROM",
				help:  "The sender of e-mails, such as Shop <orders@shop.example>.",
				modes: checkoutModes,
				read:  mailAddress(func(c *Config) *string { return &c.MailFrom }),
			},
			{
				name:  "MAIL_SHOP_TO",
				help:  "Your own address for e-mails about paid orders, refunds and failed renewals. Empty: none.",
				modes: checkoutModes,
				read:  mailAddress(func(c *Config) *string { return &c.MailShopTo }),
			},
			{
				name:  "MAIL_LANGUAGE",
				def:   "en",
				help:  "The language of e-mails whose order names none: " + strings.Join(texts.Languages(), ", ") + ".",
				modes: checkoutModes,
				read:  oneOf(func(c *Config) *string { return &c.MailLanguage }, texts.Languages()...),
			},
			{
				name:  "MAIL_TEMPLATES",
				help:  "A folder with email.html or email.txt that replace the built-in templates, see docs/mail.md.",
				modes: checkoutModes,
				read:  text(func(c *Config) *string { return &c.MailTemplates }),
			},
		},
	}
}

// readSMTP does not repeat the value, which holds a password.
func readSMTP(c *Config, s string) error {
	if s == "" {
		return nil
	}

	u, err := url.Parse(s)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return errors.New("is not an address like smtp://user:password@mail.example:587. " +
			"Write %40 for an @ in the password, %2F for a slash")
	}
	if n, err := strconv.Atoi(u.Port()); u.Port() != "" && (err != nil || n < 1 || n > 65535) {
		return errors.New("has a port that is not a number from 1 to 65535")
	}

	c.SMTPURL = Secret(s)
	return nil
}

// mailAddress reads an e-mail address with or without a name, or nothing.
func mailAddress(field func(*Config) *string) reader {
	return orEmpty(func(c *Config, s string) error {
		if _, err := netmail.ParseAddress(s); err != nil {
			return errors.New("is not an e-mail address. Write it like orders@shop.example or " +
				"Shop <orders@shop.example>")
		}
		*field(c) = s
		return nil
	})
}

func (l *loading) finishMail() {
	c := l.config
	if !l.valid("SMTP_URL", "MAIL_FROM") {
		return
	}

	switch {
	case c.SMTPURL != "" && c.MailFrom == "":
		l.problem("MAIL_FROM", "is not set, but SMTP_URL is. Set the address that your e-mails come from")
	case c.SMTPURL == "" && c.MailShopTo != "":
		l.problem("SMTP_URL", "is not set, but MAIL_SHOP_TO is. Set both, or neither")
	}
}
