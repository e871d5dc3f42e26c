package golive_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/golive"
)

// probed plays Stripe and the inbox of a probe. Each look into the inbox takes
// a second.
type probed struct {
	now      time.Time
	arrivals map[int][]golive.Arrival // by the number of the look, from 1
	looks    int
	refused  error // of the creation
	closed   string
	opening  func() // is called while the intent is created, may be nil
}

func (p *probed) OpenIntent(ctx context.Context, _ int64, _ string) (string, error) {
	if p.opening != nil {
		p.opening()
	}
	return "pi_1", errors.Join(p.refused, ctx.Err())
}

func (p *probed) CloseIntent(_ context.Context, id string) error { p.closed = id; return nil }

func (p *probed) EventsOf(_ context.Context, id string, _ []string) (list []golive.Arrival, err error) {
	if id != "pi_1" {
		return nil, errors.New("asked for " + id)
	}
	p.looks++
	for n := 1; n <= p.looks; n++ {
		list = append(list, p.arrivals[n]...)
	}
	return list, nil
}

func TestProbe(t *testing.T) {
	t.Parallel()
	created := golive.Arrival{Type: "payment_intent.created", ByWebhook: true}
	canceled := golive.Arrival{Type: "payment_intent.canceled", ByWebhook: true}
	fetched := golive.Arrival{Type: "payment_intent.canceled"}
	other := canceled
	other.Mismatch = true

	for name, test := range map[string]struct {
		stripe *probed
		want   []string // words of the evidence, or of the error after "error"
	}{
		"both came": {
			&probed{arrivals: map[int][]golive.Arrival{1: {created}, 3: {canceled}}},
			[]string{"payment_intent.created and payment_intent.canceled came by webhook", "within 2s"},
		},
		"one was only fetched": {
			&probed{arrivals: map[int][]golive.Arrival{1: {created, fetched}}},
			[]string{
				"error", "payment_intent.canceled did not arrive at https://pay.shop.test/webhooks/stripe within 5s.",
				"the server and its database work", "STRIPE_WEBHOOK_SECRET",
			},
		},
		"none came": {
			&probed{},
			[]string{"error", "payment_intent.created and payment_intent.canceled did not arrive"},
		},
		"they came in another version": {
			&probed{arrivals: map[int][]golive.Arrival{1: {created, other}}},
			[]string{"error", "another API version"},
		},
		"Stripe refused": {
			&probed{refused: &golive.RefusedError{Permission: "rak_payment_intent_write"}},
			[]string{"error", "create an intent", "rak_payment_intent_write"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := test.stripe
			got, err := golive.Probe(t.Context(), golive.ProbeConfig{
				Stripe:   p,
				Inbox:    p,
				Address:  "https://pay.shop.test/webhooks/stripe",
				Amount:   50,
				Currency: "usd",
				Wait:     5 * time.Second,
				Pause:    func(context.Context, time.Duration) error { p.now = p.now.Add(time.Second); return nil },
				Now:      func() time.Time { return p.now },
			})
			if err != nil {
				got = "error " + err.Error()
				if arrival := errors.As(err, new(golive.ArrivalError)); arrival == (p.refused != nil) {
					t.Errorf("of an arrival: %t, for %v", arrival, err)
				}
			}

			for _, words := range test.want {
				if !strings.Contains(got, words) {
					t.Errorf("got %q, want it to contain %q", got, words)
				}
			}
			if p.refused == nil && p.closed != "pi_1" {
				t.Errorf("the intent was not canceled: %q", p.closed)
			}
		})
	}
}

// Whoever interrupts a probe leaves no open intent, whenever that is.
func TestInterruptedProbeCancelsItsIntent(t *testing.T) {
	t.Parallel()
	for _, early := range []bool{false, true} {
		ctx, interrupt := context.WithCancel(t.Context())
		p := &probed{}
		if early {
			p.opening = interrupt
		}

		_, err := golive.Probe(ctx, golive.ProbeConfig{
			Stripe: p,
			Inbox:  p,
			Wait:   time.Hour,
			Pause:  func(ctx context.Context, _ time.Duration) error { interrupt(); return ctx.Err() },
			Now:    func() time.Time { return p.now },
		})
		if err == nil || !strings.Contains(err.Error(), "the intent is canceled") || p.closed != "pi_1" {
			t.Errorf("while it is created: %t: got %v, closed %q", early, err, p.closed)
		}
	}
}
