package e2etest

import (
	"strings"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/payments"
)

// Operations returns the shop's captures and refunds beside the running server,
// as `server orders` has them.
func (s *Shop) Operations() *payments.Operations {
	s.T.Helper()
	reader, err := app.OpenOrderReader(s.T.Context(), s.Config, zerolog.Nop(), time.Now)
	if err != nil {
		s.T.Fatal(err)
	}

	s.T.Cleanup(func() {
		if err := reader.Close(); err != nil {
			s.T.Error(err)
		}
	})

	cfg := *s.Config
	cfg.SandboxAddr = strings.TrimPrefix(cfg.StripeAPIBase, "http://")

	operations, err := reader.Operations(s.T.Context(), &cfg, "test", zerolog.Nop(), time.Now)
	if err != nil {
		s.T.Fatal(err)
	}

	return operations
}
