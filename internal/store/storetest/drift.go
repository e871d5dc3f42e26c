package storetest

import (
	"errors"
	"testing"
	"time"

	"checkoutd/internal/drift"
	"checkoutd/internal/queue"
)

func testDrift(t *testing.T, e Engine) {
	f := newFixture(t, e)
	now := f.clock.Now()
	r, err := drift.NewRun("2025-02-28", "", now)
	f.must(err)

	for n, want := range []bool{true, false} {
		if begun, err := f.StartDrift(f.ctx, r, true); err != nil || begun != want {
			t.Errorf("start %d: begun %t, %v", n, begun, err)
		}
	}

	claim := func(want int) (r drift.Run) {
		t.Helper()
		list, err := f.ClaimDrift(f.ctx, "", f.clock.Now(), f.clock.Now().Add(time.Minute), 10)
		if err != nil || len(list) != want {
			t.Fatalf("claimed %d, %v; want %d", len(list), err, want)
		}
		if want > 0 {
			r = list[0]
		}
		return r
	}

	first := claim(1)
	claim(0) // somebody is at it
	f.clock.Advance(2 * time.Minute)
	second := claim(1)

	finding := drift.Finding{Kind: drift.ChargeUnknown, ObjectID: "pi_1", State: drift.Open, SeenAt: f.clock.Now()}
	step := drift.Step{Run: first, Found: []drift.Finding{finding}}
	if err := f.CommitDrift(f.ctx, step); !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("a lost claim: got %v", err)
	}
	if list, err := f.DriftFindings(f.ctx, "", "", 10); err != nil || len(list) != 0 {
		t.Errorf("a lost claim left %v, %v", list, err)
	}

	step.Run = second
	step.Run.State, step.Run.FinishedAt = drift.Done, f.clock.Now()
	f.must(f.CommitDrift(f.ctx, step))
	claim(0)

	list, err := f.DriftFindings(f.ctx, drift.Open, "", 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("found %v, %v", list, err)
	}
	if told, err := f.Effects(f.ctx, ""); err != nil || len(told) != 1 || told[0].Subject != list[0].ID {
		t.Errorf("told %v, %v", told, err)
	}

	figures, err := f.Figures(f.ctx, f.clock.Now())
	if err != nil || figures.Findings["charge_unknown"] != 1 || !figures.Compared.Equal(step.Run.FinishedAt) {
		t.Errorf("the figures are %v, %v, %v", figures.Findings, figures.Compared, err)
	}

	if begun, err := f.StartDrift(f.ctx, r, false); err != nil || begun {
		t.Errorf("a day that was compared began again: %t, %v", begun, err)
	}

	// What somebody dismissed stays so only while its amounts do.
	f.must(f.DismissDrift(f.ctx, list[0].ID, "Ann", f.clock.Now()))
	for _, c := range []struct {
		atStripe int64
		want     int
	}{{finding.AtStripe, 0}, {finding.AtStripe + 500, 1}} {
		finding.AtStripe = c.atStripe
		if begun, err := f.StartDrift(f.ctx, r, true); err != nil || !begun {
			t.Fatalf("it does not begin again: %t, %v", begun, err)
		}

		finding.SeenAt = f.clock.Now()
		step = drift.Step{Run: claim(1), Found: []drift.Finding{finding}}
		step.Run.State, step.Run.FinishedAt = drift.Done, f.clock.Now()
		f.must(f.CommitDrift(f.ctx, step))
		if open, err := f.DriftFindings(f.ctx, drift.Open, "", 10); err != nil || len(open) != c.want {
			t.Errorf("dismissed, and found with %d again: %v, %v; want %d open", c.atStripe, open, err, c.want)
		}
	}
}
