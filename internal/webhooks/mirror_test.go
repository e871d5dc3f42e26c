package webhooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"checkoutd/internal/webhooks"
)

// copier notes what it gets for the copy of accounts' payments.
type copier struct {
	err error
	got []string
}

func (c *copier) Apply(_ context.Context, account string, raw []byte, created time.Time) error {
	var v struct{ ID string }
	if err := json.Unmarshal(raw, &v); err != nil || created.IsZero() {
		return errors.Join(err, errors.New("no object, or no time"))
	}
	c.got = append(c.got, account+" "+v.ID)
	return c.err
}

func TestEventsReachTheMirror(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, live bool) (*fixture, *copier) {
		c := &copier{}
		return newFixture(t, func(cfg *webhooks.Config) { cfg.Connect, cfg.Mirror, cfg.Livemode = true, c, live }), c
	}
	charge, of := object{"id": "ch_1", "object": "charge"}, object{"account": "acct_1"}

	t.Run("of a connected account", func(t *testing.T) {
		t.Parallel()
		f, c := start(t, false)
		for _, kind := range []string{"charge.succeeded", "payment_intent.canceled", "refund.failed", "charge.dispute.closed"} {
			f.deliver(f.eventWith(kind, charge, of))
		}
		f.deliver(f.eventWith("invoice.paid", object{"id": "in_1", "object": "invoice"}, of))
		f.work()
		if len(c.got) != 4 || c.got[0] != "acct_1 ch_1" {
			t.Errorf("got %v, want four of the account", c.got)
		}
	})

	t.Run("of the platform's own account they do not", func(t *testing.T) {
		t.Parallel()
		f, c := start(t, false)
		f.deliver(f.event("charge.succeeded", charge))
		f.work()
		if len(c.got) > 0 {
			t.Errorf("got %v", c.got)
		}
	})

	t.Run("of another mode they do not", func(t *testing.T) {
		t.Parallel()
		f, c := start(t, true)
		raw := f.eventWith("charge.succeeded", charge, of)
		f.deliver(raw)
		f.work()
		f.wantState(raw, webhooks.Ignored, "test event")
		if len(c.got) > 0 {
			t.Errorf("got %v", c.got)
		}
	})

	t.Run("an error is tried again", func(t *testing.T) {
		t.Parallel()
		f, c := start(t, false)
		c.err = errors.New("the database is down")
		raw := f.eventWith("charge.succeeded", charge, of)
		f.deliver(raw)
		f.work()
		f.wantState(raw, webhooks.Received, "database")
	})
}
