package deliveries

import (
	"time"

	"github.com/rs/zerolog"
)

// LogOwner returns an Owner that writes to the log, at the level of errors.
func LogOwner(log zerolog.Logger) Owner { return logOwner{log} }

type logOwner struct{ log zerolog.Logger }

// Exhausted implements Owner.
func (o logOwner) Exhausted(e Endpoint, d Delivery) {
	o.line(e).
		Str("delivery_id", d.ID).
		Str("order_id", d.OrderID).
		Str("account_id", d.AccountID).
		Str("type", d.Kind).
		Msg("a webhook did not arrive in three days of tries: mend the endpoint, then " +
			"\"server endpoints redeliver\" it")
}

// SwitchedOff implements Owner.
func (o logOwner) SwitchedOff(e Endpoint) {
	o.line(e).
		Str("reason", e.Reason).
		Msg("a webhook endpoint was switched off: mend it, then \"server endpoints enable\" it and redeliver")
}

func (o logOwner) line(e Endpoint) *zerolog.Event {
	line := o.log.Error().Str("endpoint_id", e.ID)
	if !e.FailingSince.IsZero() {
		line = line.Str("failing_since", e.FailingSince.UTC().Format(time.RFC3339))
	}
	return line
}
