package app

import (
	"fmt"
	"net/url"
	"slices"

	"checkoutd/internal/mail"
)

// newMail returns the service that sends letters, nil if the configuration has
// no mail server.
func (a *App) newMail() (*mail.Service, error) {
	cfg := a.cfg
	if cfg.SMTPURL == "" {
		return nil, nil //nolint:nilnil // nil sends no letters
	}

	smtp, err := mail.NewSMTP(cfg.SMTPURL.Reveal(), cfg.MailFrom)
	if err != nil {
		return nil, fmt.Errorf("SMTP_URL %w", err)
	}

	writer, err := mail.NewWriter(mail.WriterConfig{
		ShopName: cfg.BrandName,
		Language: cfg.MailLanguage,
		Folder:   cfg.MailTemplates,
	})
	if err != nil {
		return nil, fmt.Errorf("MAIL_TEMPLATES: %w", err)
	}

	host := "localhost"
	if u, err := url.Parse(cfg.BaseURL); err == nil {
		host = u.Hostname()
	}

	return mail.New(mail.Config{
		Store:    a.store,
		Sender:   smtp,
		Writer:   writer,
		ShopTo:   cfg.MailShopTo,
		Now:      a.opts.Now,
		Log:      a.opts.Log,
		Hostname: host,
	}), nil
}

// recipients returns who gets a letter about a kind of effect.
func (a *App) recipients(kind string) (list []string) {
	if a.mail == nil {
		return nil
	}

	for _, to := range mail.Recipients(kind) {
		if to != mail.Shop || a.cfg.MailShopTo != "" {
			list = append(list, string(to))
		}
	}
	return slices.Clip(list)
}

// planned looks for the webhooks and the letters that follow from an effect.
func (a *App) planned() {
	a.outgoing.Wake()
	if a.mail != nil {
		a.mail.Wake()
	}
}
