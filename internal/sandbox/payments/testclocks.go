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

	next := prev.With(map[string]any{"frozen_time": frozenTime, "status": clockAdvancing})
	c.Tx.Put(next)
	c.EmitUpdate("test_helpers.test_clock.advancing", next, prev)
	c.Later(next.ID, c.Now, func(c *Call) error { return c.clockReady(next.ID) })

	return next, nil
}

const clockAdvancing = "advancing" // the status of a test clock

// clockReady ends the advance of a test clock. It does nothing if that has
// ended.
func (c *Call) clockReady(id string) error {
	prev, ok := clocks.Find(c.API(), id)
	if !ok || prev.Text("status") != clockAdvancing {
		return nil
	}

	next := prev.With(map[string]any{"status": "ready"})
	c.Tx.Put(next)
	c.EmitUpdate("test_helpers.test_clock.ready", next, prev)

	return nil
}
