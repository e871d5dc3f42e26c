package e2etest

import (
	"strings"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/payments"
)

// Operations returns where the shop captures and refunds, beside the running server, as `server orders` does.
func (s *Shop) Operations() *payments.Operations {
	s.T.Helper()
	books, err := app.OpenBooks(s.T.Context(), s.Config, zerolog.Nop(), time.Now)
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() {
		if err := books.Close(); err != nil {
			s.T.Error(err)
		}
	})
	cfg := *s.Config
	cfg.SandboxAddr = strings.TrimPrefix(cfg.StripeAPIBase, "http://")
	operations, err := books.Operations(s.T.Context(), &cfg, "test", zerolog.Nop(), time.Now)
	if err != nil {
		s.T.Fatal(err)
	}
	return operations
}
