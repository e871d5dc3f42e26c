package app

import (
	"context"
	"fmt"
	"slices"

	"checkoutd/internal/config"
	"checkoutd/internal/mail"
	"checkoutd/internal/stripeapi"
)

// live is what a running server may replace of its settings. It is replaced as
// a whole, so that whoever reads it once has parts that belong together.
type live struct {
	cfg     *config.Config
	secrets []string    // of Stripe's webhooks
	smtp    mail.Sender // nil: there is no mail server
}

func newLive(cfg *config.Config) (*live, error) {
	l := &live{cfg: cfg}
	for _, s := range slices.Concat(cfg.StripeWebhookSecrets, cfg.ConnectWebhookSecrets) {
		l.secrets = append(l.secrets, s.Reveal())
	}

	if cfg.SMTPURL != "" {
		smtp, err := mail.NewSMTP(cfg.SMTPURL.Reveal(), cfg.MailFrom)
		if err != nil {
			return nil, fmt.Errorf("SMTP_URL %w", err)
		}

		l.smtp = smtp
	}

	return l, nil
}

// The parts of the settings of now, for the rooms that use them.

func (a *App) secretKey() string { return a.live.Load().cfg.StripeSecretKey.Reveal() }

func (a *App) publishableKey() string { return a.live.Load().cfg.StripePublishableKey }

// webhookSecrets returns the secrets of both endpoints, which share an address.
func (a *App) webhookSecrets() []string { return a.live.Load().secrets }

func (a *App) preconfirmSecret() string { return a.live.Load().cfg.PreconfirmSecret.Reveal() }

// liveSMTP sends by the mail server of now.
type liveSMTP struct{ app *App }

// Send hands a message to the mail server.
func (s liveSMTP) Send(ctx context.Context, m mail.Message) error {
	return s.app.live.Load().smtp.Send(ctx, m)
}

// fixedKey returns the secret key of a configuration that stays.
func fixedKey(cfg *config.Config) func() string {
	return stripeapi.FixedKey(cfg.StripeSecretKey.Reveal())
}
