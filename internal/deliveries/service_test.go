package deliveries_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
)

func TestEffectArrivesSignedAsItWas(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), newReceiver(t)
	e := f.add(r.URL+"/hooks", "order.paid", "order.refunded")
	f.order("ord_1")
	f.happen("ord_1", payments.EffectPaid, orders.Paid)
	f.happen("ord_1", payments.EffectReview, orders.Review) // not wanted, and later
	f.work()

	r.wantTypes(payments.EffectPaid)
	got := r.wait()
	if got.msg.Data.ID != "ord_1" || got.msg.Data.Status != "paid" || got.msg.Sequence != 1 {
		t.Errorf("the payload is %s", got.body)
	}
	if got.head.Get("webhook-id") != got.msg.ID || !strings.HasPrefix(got.msg.ID, "eff_") ||
		got.head.Get("Content-Type") != "application/json" {
		t.Errorf("the head is %v", got.head)
	}

	// The signature's time is the fixture's, which may be far from the
	// library's.
	want, err := deliveries.Sign(e.Secrets, got.msg.ID, f.clock.Now(), got.body)
	if err != nil || got.head.Get("webhook-signature") != want {
		t.Errorf("signed %s, %v; want %s", got.head.Get("webhook-signature"), err, want)
	}

	f.wantState("ord_1", e.ID, deliveries.Delivered)
	if e := f.endpoint(e.ID); !e.LastSuccessAt.Equal(f.clock.Now().Truncate(time.Microsecond)) {
		t.Errorf("the last success is %s", e.LastSuccessAt)
	}
}

func TestFailuresAreTriedAgainInOrder(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"500": status(http.StatusInternalServerError),
		"400": status(http.StatusBadRequest),
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		},
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, r := newFixture(t), newReceiver(t)
			e := f.add(r.URL)
			r.setAnswer(answer)
			f.order("ord_1")
			f.happen("ord_1", payments.EffectPaid, orders.Paid)
			f.happen("ord_1", payments.EffectReview, orders.Review)
			f.work()
			r.wantTypes(payments.EffectPaid)

			f.order("ord_2") // another order does not wait
			f.happen("ord_2", payments.EffectExpired, orders.Expired)
			f.work()
			r.wantTypes(payments.EffectPaid, payments.EffectExpired)

			r.setAnswer(nil)
			f.clock.Advance(time.Minute)
			f.work()
			f.wantState("ord_1", e.ID, deliveries.Delivered, deliveries.Delivered)
			f.wantState("ord_2", e.ID, deliveries.Delivered)

			got := r.types()
			paid, review := slices.Index(got[2:], payments.EffectPaid), slices.Index(got[2:], payments.EffectReview)
			if paid > review || len(got) != 5 {
				t.Errorf("received %v", got)
			}

			first := f.deliveries("ord_1", e.ID)[0]
			tries, err := f.store.Tries(t.Context(), first.ID)
			if err != nil || len(tries) != 2 || tries[0].OK() || !tries[1].OK() ||
				tries[0].Status+len(tries[0].Problem) == 0 {
				t.Errorf("the tries are %+v, %v", tries, err)
			}

			ids := map[string]int{}
			for _, got := range r.got {
				ids[got.msg.Type+got.head.Get("webhook-id")]++
			}
			if len(ids) != 3 || f.endpoint(e.ID).State != deliveries.Enabled {
				t.Errorf("a repetition has another ID: %v", ids)
			}
		})
	}
}

// The log keeps what an endpoint answers, and no secret.
func TestAnswerIsKeptWithoutTheSignature(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), newReceiver(t)
	e := f.add(r.URL)
	r.setAnswer(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "be\x00hind:\n "+req.Header.Get("webhook-signature")+strings.Repeat(" long", 1000))
	})
	f.order("ord_1")
	f.happen("ord_1", payments.EffectPaid, orders.Paid)
	f.work()

	d := f.deliveries("ord_1", e.ID)[0]
	tries, err := f.store.Tries(t.Context(), d.ID)
	if err != nil || len(tries) != 1 {
		t.Fatalf("%+v, %v", tries, err)
	}
	if x := tries[0]; x.Status != 503 || !strings.HasPrefix(x.Excerpt, "be hind: … long") || len(x.Excerpt) > 310 {
		t.Errorf("got %+v", x)
	}
	if want := f.clock.Now().Add(time.Hour).Truncate(time.Microsecond); !d.NextAt.Equal(want) {
		t.Errorf("the next try is at %s, want %s", d.NextAt, want)
	}
	text := f.log.String()
	if strings.Contains(text, "whsec_") || strings.Contains(text, "v1,") || !strings.Contains(text, `"status":503`) {
		t.Errorf("the log: %s", text)
	}
}

func TestGoneSwitchesTheEndpointOff(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), newReceiver(t)
	e := f.add(r.URL)
	r.setAnswer(status(http.StatusGone))
	f.order("ord_1")
	f.happen("ord_1", payments.EffectPaid, orders.Paid)
	f.happen("ord_1", payments.EffectReview, orders.Review)
	f.plan()
	f.work()

	f.wantTold("off: it answered 410 Gone")
	f.wantState("ord_1", e.ID, deliveries.Failed, deliveries.Failed)

	// What happens meanwhile is not lost.
	f.clock.Advance(time.Hour)
	f.order("ord_2")
	f.happen("ord_2", payments.EffectPaid, orders.Paid)
	f.work()
	f.wantState("ord_2", e.ID)
	r.wantTypes(payments.EffectPaid)

	r.setAnswer(nil)
	if _, err := f.store.ChangeEndpoint(t.Context(), e.ID, func(e *deliveries.Endpoint) error {
		e.Enable(f.clock.Now())
		return nil
	}); err != nil {
		t.Fatal(err)
	}

	since := deliveries.Filter{Since: f.clock.Now().Add(-2 * time.Hour)}
	if n, err := f.store.Redeliver(t.Context(), e.ID, since, f.clock.Now()); err != nil || n != 3 {
		t.Errorf("redelivered %d, %v; want 3", n, err)
	}

	f.work()
	f.wantState("ord_1", e.ID, deliveries.Delivered, deliveries.Delivered)
	f.wantState("ord_2", e.ID, deliveries.Delivered)
}

// An endpoint is switched off by time: five days without a success, and
// failures twelve hours apart.
func TestSwitchedOffByTime(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), newReceiver(t)
	e := f.add(r.URL)
	f.order("ord_0")
	f.happen("ord_0", payments.EffectPaid, orders.Paid)
	f.work()

	// A week without any order, then failures.
	f.clock.Advance(7 * 24 * time.Hour)
	r.setAnswer(status(http.StatusInternalServerError))
	f.order("ord_1")
	f.happen("ord_1", payments.EffectPaid, orders.Paid)
	for range 8 {
		f.work()
		f.clock.Advance(time.Hour)
	}
	if got := f.endpoint(e.ID); got.State != deliveries.Enabled || got.FailingSince.IsZero() {
		t.Fatalf("after eight hours it is %+v", got)
	}
	f.wantTold()

	for range 8 {
		f.clock.Advance(time.Hour)
		f.work()
	}
	if got := f.endpoint(e.ID); got.State != deliveries.Disabled {
		t.Errorf("after half a day it is %+v", got)
	}
	f.wantTold("off: nothing arrived for five days")
	f.wantState("ord_1", e.ID, deliveries.Failed)
}

func TestOwnerIsToldOfTheFirstExhaustedDelivery(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), newReceiver(t)
	e := f.add(r.URL)
	for _, id := range []string{"ord_1", "ord_2"} {
		f.order(id)
		f.happen(id, payments.EffectPaid, orders.Paid)
	}

	r.setAnswer(status(http.StatusInternalServerError))
	for range 40 {
		f.work()
		f.clock.Advance(2 * time.Hour)
	}

	f.wantState("ord_1", e.ID, deliveries.Failed)
	f.wantState("ord_2", e.ID, deliveries.Failed)
	f.wantTold("exhausted " + payments.EffectPaid)

	// The failed ones arrive when a person asks for them.
	r.setAnswer(nil)
	failed := deliveries.Filter{States: []deliveries.DeliveryState{deliveries.Failed}}
	if n, err := f.store.Redeliver(t.Context(), e.ID, failed, f.clock.Now()); err != nil || n != 2 {
		t.Errorf("redelivered %d, %v; want 2", n, err)
	}
	f.work()
	f.wantState("ord_1", e.ID, deliveries.Delivered)
	if got := f.endpoint(e.ID); !got.FailingSince.IsZero() || !got.ToldAt.IsZero() {
		t.Errorf("after a success it is %+v", got)
	}
}

func TestPrivateAddressIsRefusedAfterDNS(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	f := newFixtureOn(t, "sqlite:"+t.TempDir()+"/test.db", nil, testkit.NewClock()) // nothing is allowed
	e := f.add(strings.Replace(r.URL, "127.0.0.1", "localhost", 1))
	f.order("ord_1")
	f.happen("ord_1", payments.EffectPaid, orders.Paid)
	f.work()

	r.wantTypes()
	d := f.deliveries("ord_1", e.ID)[0]
	tries, err := f.store.Tries(t.Context(), d.ID)
	if err != nil || len(tries) != 1 || !strings.Contains(tries[0].Problem, "not public") ||
		strings.Contains(tries[0].Problem, "127.0.0.1") {
		t.Errorf("the tries are %+v, %v", tries, err)
	}
}

// running runs the services until the test ends.
func (f *fixture) running() {
	ctx, cancel := context.WithCancel(f.Context())
	ended := make(chan struct{}, 2)
	go func() { f.effects.Run(ctx); ended <- struct{}{} }()
	go func() { f.outgoing.Run(ctx); ended <- struct{}{} }()
	f.Cleanup(func() {
		cancel()
		<-ended
		<-ended
	})
}

// A receiver that hangs holds up neither another endpoint nor another order.
func TestHangingOrderHoldsUpNothingElse(t *testing.T) {
	t.Parallel()
	f, slow, quick := newFixture(t), newReceiver(t), newReceiver(t)
	hang := make(chan struct{})
	defer close(hang)
	slow.setAnswer(func(w http.ResponseWriter, req *http.Request) { <-hang })
	f.add(slow.URL)
	f.add(quick.URL)
	f.order("ord_stuck")
	f.order("ord_other")
	f.running()

	f.happen("ord_stuck", payments.EffectPaid, orders.Paid)
	slow.wait()
	quick.wait()

	f.happen("ord_other", payments.EffectPaid, orders.Paid)
	if got := slow.wait(); got.msg.Data.ID != "ord_other" {
		t.Errorf("got %s", got.body)
	}
	if got := quick.wait(); got.msg.Data.ID != "ord_other" {
		t.Errorf("got %s", got.body)
	}
}

// Two of an order are never on their way to an endpoint at a time.
func TestOneOfAnOrderAtATime(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), newReceiver(t)
	e := f.add(r.URL)
	var now atomic.Int32
	r.setAnswer(func(w http.ResponseWriter, _ *http.Request) {
		if now.Add(1) > 1 {
			t.Error("two at once")
		}
		time.Sleep(time.Millisecond)
		now.Add(-1)
	})

	f.order("ord_1")
	for _, kind := range payments.EffectKinds() {
		f.happen("ord_1", kind, orders.Paid)
	}
	f.running()
	for range payments.EffectKinds() {
		r.wait()
	}

	r.wantTypes(payments.EffectKinds()...)
	_ = e
}

// An endpoint that is added beside the server receives what happens then.
func TestEndpointAddedWhileRunning(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), newReceiver(t)
	f.running()
	f.order("ord_1")
	f.add(r.URL)
	f.happen("ord_1", payments.EffectPaid, orders.Paid)
	r.wait()
}

// The server stops between the answer of an endpoint and its commit.
func TestAnAnswerAtTheStopCounts(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), newReceiver(t)
	e := f.add(r.URL)
	f.order("ord_1")
	f.happen("ord_1", payments.EffectPaid, orders.Paid)
	if _, err := f.effects.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}

	now := f.clock.Now()
	jobs, err := f.store.ClaimDeliveries(t.Context(), e.ID, now, now.Add(time.Minute), 1)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("claimed %v, %v", jobs, err)
	}

	ctx, stop := context.WithCancel(t.Context())
	f.sender.After(stop)
	_ = f.outgoing.Work(ctx, e, jobs[0]) // the context has ended
	r.wait()

	f.clock.Advance(time.Hour)
	f.work()
	r.wantTypes(payments.EffectPaid)
}
