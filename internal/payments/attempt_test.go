package payments_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// TestWarnsOnceBeforeAHoldLapses: the log warns on the hold's last day.
func TestWarnsOnceBeforeAHoldLapses(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := newShop(t)
	s.config.Log = zerolog.New(&log)
	s.restart()
	lapses := s.clock.Now().Add(7 * 24 * time.Hour)
	s.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		made := snap(p, capturing)
		made.CaptureBefore = lapses
		truth := made
		s.stripe.PutIntent(truth)
		return made, nil
	})

	if _, err := s.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	var warned []time.Time
	for s.clock.Now().Before(lapses) {
		log.Reset()
		s.runOnce()

		if strings.Contains(log.String(), "a hold lapses soon") {
			warned = append(warned, s.clock.Now())
			if !strings.Contains(log.String(), orderID) {
				t.Errorf("the warning does not name the order: %s", log.String())
			}
		}

		s.clock.Advance(10 * time.Minute)
	}

	if len(warned) != 1 || lapses.Sub(warned[0]) > 24*time.Hour || lapses.Sub(warned[0]) < 23*time.Hour {
		t.Errorf("warned at %v, the hold lapses at %v", warned, lapses)
	}

	s.stripe.SetStatus(intentID, gone)
	readings := s.stripe.Readings()
	s.clock.Advance(10 * time.Minute)
	s.runOnce() // no webhook came

	if s.stripe.Readings() == readings {
		t.Error("the intent was not read after the hold had lapsed")
	}

	s.wantMoney(0, 0)
	if o := s.state().Order; o.Status == orders.Authorized || o.Status == orders.Paid {
		t.Errorf("the order is %s", o.Status)
	}
}
