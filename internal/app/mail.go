package app

import (
	"fmt"
	"net/url"
	"slices"

	"checkoutd/internal/mail"
)

// newMail returns the service that sends e-mails, nil if the configuration has
// no mail server.
func (a *App) newMail() (*mail.Service, error) {
	cfg := a.cfg
	sender := a.mailSender()
	if sender == nil {
		return nil, nil //nolint:nilnil // nil: no e-mails
	}

	writer, err := mail.NewWriter(mail.WriterConfig{
		ShopName: cfg.BrandName,
		Language: cfg.MailLanguage,
		Seller:   sellerOf(cfg),
		Link:     a.orders.ReceiptURL,
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
		Sender:   sender,
		Writer:   writer,
		ShopTo:   a.shopTo(),
		Now:      a.opts.Now,
		Log:      a.opts.Log,
		Hostname: host,
		Meter:    a.metrics,
	}), nil
}

// mailSender returns what takes e-mails: the mail server, or in the sandbox
// without one an outbox that the desk shows; nil: nothing does.
func (a *App) mailSender() mail.Sender {
	switch {
	case a.cfg.SMTPURL != "":
		return liveSMTP{a}
	case a.outbox != nil:
		return a.outbox
	}
	return nil
}

// shopTo returns the shop's own address, "" if it wants no e-mails.
func (a *App) shopTo() string {
	if a.cfg.MailShopTo == "" && a.outbox != nil && a.cfg.SMTPURL == "" {
		return "shop@sandbox.example"
	}
	return a.cfg.MailShopTo
}

// recipients returns who gets an e-mail about a kind of effect.
func (a *App) recipients(kind string) (list []string) {
	if a.mail == nil {
		return nil
	}

	for _, to := range mail.Recipients(kind) {
		if to != mail.Shop || a.shopTo() != "" {
			list = append(list, string(to))
		}
	}
	return slices.Clip(list)
}

// planned looks for the webhooks and the e-mails that follow from an effect.
func (a *App) planned() {
	a.outgoing.Wake()
	if a.mail != nil {
		a.mail.Wake()
	}
}
