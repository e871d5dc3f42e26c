package deliveries_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// A payload that can never be made ends, with its reason in the log of
// deliveries, and the order's later webhooks go on.
func TestPayloadThatCannotBeMadeEnds(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), newReceiver(t)
	e := f.add(r.URL)
	f.outgoing = deliveries.New(deliveries.Config{
		Store:  f.store,
		Sender: f.sender,
		Owner:  f.owner,
		Render: func(o *orders.Order) any {
			if o.Status == orders.Paid {
				return make(chan int) // no JSON
			}
			return render(o)
		},
		Now: f.clock.Now,
		Log: zerolog.New(f.log),
	})

	f.order("ord_1")
	f.happen("ord_1", payments.EffectPaid, orders.Paid)
	f.happen("ord_1", payments.EffectReview, orders.Review)
	f.plan()

	tries := 0
	for ; tries < 100 && f.deliveries("ord_1", e.ID)[0].State == deliveries.Pending; tries++ {
		r.wantTypes()
		_, _ = f.outgoing.RunOnce(t.Context()) // it returns the failure
		f.clock.Advance(time.Hour)
	}
	f.work()

	f.wantState("ord_1", e.ID, deliveries.Failed, deliveries.Delivered)
	r.wantTypes(payments.EffectReview)
	if got := f.deliveries("ord_1", e.ID)[0]; tries != 10 || got.Tries != 10 || !strings.Contains(got.Note, "could not be made") {
		t.Errorf("after %d rounds: %+v", tries, got)
	}
	if !strings.Contains(f.log.String(), `"level":"error"`) {
		t.Errorf("the log has no error: %s", f.log)
	}
	if got := f.endpoint(e.ID); got.State != deliveries.Enabled || !got.FailingSince.IsZero() {
		t.Errorf("the endpoint is blamed: %+v", got)
	}
	f.wantTold()
}
