package payments_test

import (
	"bytes"
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// A dispute is told once for each step that it takes, with its deadline. The
// order stays as it is: a person decides.
func TestDisputeIsToldWithItsDeadline(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := newFixture(t)
	f.config.Log = zerolog.New(&log)
	f.svc = payments.New(f.config)

	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	due := f.clock.Now().Add(10 * 24 * time.Hour).Truncate(time.Second)
	for _, step := range []struct {
		id, status string
		told       string // in the log, "" for nothing
		level      string
		effects    []string
	}{
		{"dp_1", "warning_needs_response", due.Format(time.RFC3339), "warn", []string{"order.disputed dp_1"}},
		{"dp_1", "warning_needs_response", "", "", nil}, // a duplicate
		{"dp_1", "needs_response", due.Format(time.RFC3339), "warn", nil},
		{"dp_1", "under_review", "under_review", "info", nil},
		{"dp_2", "needs_response", "dp_2", "warn", []string{"order.disputed dp_2"}},
		{"dp_1", "lost", "lost", "info", []string{"order.dispute_closed dp_1"}},
		{"dp_1", "lost", "", "", nil},
	} {
		log.Reset()
		before := maps.Clone(f.store.effects)
		f.stripe.PutDispute(payments.Dispute{
			ID:            step.id,
			IntentID:      intentID,
			Amount:        1099,
			Currency:      "usd",
			Status:        step.status,
			Reason:        "fraudulent",
			EvidenceDueBy: due,
		})

		if err := f.svc.SettleDispute(context.Background(), orderID, step.id, nil); err != nil {
			t.Fatal(err)
		}

		line := log.String()
		if step.told == "" && line != "" || !strings.Contains(line, step.told) ||
			!strings.Contains(line, step.level) {
			t.Errorf("%s %s is told as %q", step.id, step.status, line)
		}

		var got []string
		for effect := range f.store.effects {
			if before[effect] == 0 {
				got = append(got, strings.TrimPrefix(effect, orderID+" "))
			}
		}

		if strings.Join(got, ",") != strings.Join(step.effects, ",") {
			t.Errorf("%s %s: the effects are %v, want %v", step.id, step.status, got, step.effects)
		}
	}

	f.wantOrder(orders.Paid, orders.PaymentPaid)
	f.wantPaidOnce()
}
