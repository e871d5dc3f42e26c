package deliveries

import "context"

// log writes the one log line about a try.
func (s *Service) log(ctx context.Context, e Endpoint, d Delivery, t Try) {
	line := s.cfg.Log.Info()
	if !t.ok() {
		line = s.cfg.Log.Warn().Str("problem", t.Problem)
	}

	line.
		Ctx(ctx).
		Str("endpoint_id", e.ID).
		Str("delivery_id", d.ID).
		Str("order_id", d.OrderID).
		Str("account_id", d.AccountID).
		Str("type", d.Kind).
		Int64("tries", d.Tries).
		Int("status", t.Status).
		Dur("took", t.Took).
		Str("state", string(d.State)).
		Msg("webhook sent")
}
