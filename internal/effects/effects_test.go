package effects_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/connect"
	"checkoutd/internal/drift"
	"checkoutd/internal/effects"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/testkit"
)

// memory is a store with one effect.
type memory struct {
	mu       sync.Mutex
	job      effects.Job
	claimed  bool
	err      error // of FinishEffect
	finished []effects.Plan
	retried  []time.Time
}

func (m *memory) ClaimEffects(context.Context, time.Time, time.Time, int) ([]effects.Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.claimed {
		return nil, nil
	}
	m.claimed = true
	return []effects.Job{m.job}, nil
}

func (m *memory) FinishEffect(_ context.Context, _ effects.Job, plan effects.Plan) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finished = append(m.finished, plan)
	return m.err
}

func (m *memory) RetryEffect(_ context.Context, _ queue.Claim, dueAt time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.retried = append(m.retried, dueAt)
	return nil
}

// work works one effect and returns what became of it.
func work(t *testing.T, m *memory) (log string, planned int) {
	t.Helper()
	book, clock := &testkit.LogBook{}, testkit.NewClock()
	s := effects.New(effects.Config{
		Store:   m,
		Now:     clock.Now,
		Log:     zerolog.New(book),
		Workers: 1,
		Planned: func() { planned++ },
	})
	if n, err := s.RunOnce(t.Context()); n != 1 || err != nil {
		t.Fatalf("worked %d, %v", n, err)
	}
	return book.String(), planned
}

func TestEveryKindOfEffectHasARow(t *testing.T) {
	t.Parallel()
	var got []string
	for _, k := range effects.Kinds() {
		got = append(got, k.Name)
		if k.Means == "" {
			t.Errorf("%s does not say what it means", k.Name)
		}
	}
	if want := slices.Concat(payments.EffectKinds(), connect.EffectKinds(), drift.EffectKinds()); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEffectsAreAnnounced(t *testing.T) {
	t.Parallel()
	for _, kind := range payments.EffectKinds() {
		m := &memory{job: effects.Job{Effect: payments.Effect{ID: "eff_1", Kind: kind}}}
		if _, planned := work(t, m); planned != 1 || len(m.finished) != 1 || !m.finished[0].Announce {
			t.Errorf("%s: finished %+v, announced %d times", kind, m.finished, planned)
		}
	}
}

func TestEffectThatCannotBeFinishedIsRetried(t *testing.T) {
	t.Parallel()
	m := &memory{err: errors.New("the database is away"), job: effects.Job{
		Effect: payments.Effect{ID: "eff_1", Kind: payments.EffectPaid},
	}}
	log, planned := work(t, m)
	if len(m.retried) != 1 || planned != 0 || !strings.Contains(log, "eff_1") {
		t.Errorf("retried %v, announced %d times, log %s", m.retried, planned, log)
	}
}

// A release that is replaced meets what its successor wrote.
func TestEffectOfAnUnknownKindWaits(t *testing.T) {
	t.Parallel()
	m := &memory{job: effects.Job{Effect: payments.Effect{ID: "eff_1", Kind: "order.sung_about"}}}
	log, planned := work(t, m)
	if len(m.finished) != 0 || len(m.retried) != 1 || planned != 0 || !strings.Contains(log, "order.sung_about") {
		t.Errorf("finished %v, retried %v, log %s", m.finished, m.retried, log)
	}
}

// An operator finds the end of every payment in one line of the log.
func TestEffectsAreLogged(t *testing.T) {
	t.Parallel()
	log, _ := work(t, &memory{job: effects.Job{Effect: payments.Effect{
		ID:      "eff_1",
		OrderID: "ord_1",
		Kind:    payments.EffectPaid,
		Then: payments.ThenOf(&orders.Order{
			Status:   orders.Paid,
			Amount:   2400,
			Captured: 2400,
			Currency: "usd",
		}),
	}}})

	for _, want := range []string{
		`"message":"order.paid"`, `"order_id":"ord_1"`, `"order_status":"paid"`, `"amount":2400`, `"currency":"usd"`, `"at":"`,
	} {
		if strings.Count(log, "\n") != 1 || !strings.Contains(log, want) {
			t.Errorf("the log is %q, want one line with %s", log, want)
		}
	}
}
