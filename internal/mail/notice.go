package mail

import (
	"context"
	"html"

	"checkoutd/internal/orders"
)

// TellShop sends the shop an e-mail that belongs to no order, once. Nothing
// happens if the shop wants no e-mails. Its error is that of Sender.Send.
func (s *Service) TellShop(ctx context.Context, subject, text string) error {
	if s.cfg.ShopTo == "" {
		return nil
	}

	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	return s.cfg.Sender.Send(ctx, Message{
		ID:   orders.NewID("note_") + "@" + s.cfg.Hostname,
		To:   s.cfg.ShopTo,
		Date: s.cfg.Now(),
		Text: Text{Subject: subject, Plain: text + "\n", HTML: "<p>" + html.EscapeString(text) + "</p>"},
	})
}
