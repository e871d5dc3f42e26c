package payments

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// clocks is the API of test clocks. They store a time; nothing here bills by
// it. See https://docs.stripe.com/api/test_clocks.
var clocks = api.RecordAPI{
	Kind:   "test_helpers.test_clock",
	Prefix: "clock",
	Noun:   "test clock",
	Event:  "test_helpers.test_clock",
	Defaults: func(c *api.Call) (map[string]any, error) {
		return map[string]any{
			"deletes_after":  c.Now.Add(30 * 24 * time.Hour).Unix(),
			"name":           nil,
			"status":         "ready",
			"status_details": map[string]any{},
		}, nil
	},
	Finish: withoutMetadata,
}

// advanceClock is POST /v1/test_helpers/test_clocks/{id}/advance.
func advanceClock(c *Call) (any, error) {
	prev, err := clocks.FromPath(c.API())
	if err != nil {
		return nil, err
	}

	frozenTime := c.Params.Int("frozen_time")
	if frozenTime <= api.WholeNumber(prev.Fields["frozen_time"]) {
		return nil, wire.Invalid(
			"", "frozen_time",
			"The new frozen time must be after the clock's current frozen time.",
		)
	}

	next := prev.With(map[string]any{"frozen_time": frozenTime})
	c.Tx.Put(next)
	c.EmitUpdate("test_helpers.test_clock.ready", next, prev)

	return next, nil
}
