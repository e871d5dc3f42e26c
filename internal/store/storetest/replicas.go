package storetest

import (
	"testing"
	"time"
)

// testReplicas checks that replicas count while they hold a lease.
func testReplicas(t *testing.T, e Engine) {
	f := newFixture(t, e)
	beat := func(id string, now time.Time) int {
		t.Helper()
		n, err := f.CountReplicas(f.ctx, id, now, now.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}

		return n
	}

	if got := beat("rep_1", start); got != 1 {
		t.Errorf("the first replica counts %d", got)
	}
	if got := beat("rep_2", start.Add(30*time.Second)); got != 2 {
		t.Errorf("the second replica counts %d", got)
	}
	if got := beat("rep_1", start.Add(40*time.Second)); got != 2 {
		t.Errorf("both running: %d", got)
	}
	if got := beat("rep_1", start.Add(90*time.Second)); got != 1 {
		t.Errorf("after the second one's lease: %d", got)
	}

	beat("rep_3", start.Add(90*time.Second))
	if err := f.RemoveReplica(f.ctx, "rep_3"); err != nil {
		t.Fatal(err)
	}
	if got := beat("rep_1", start.Add(91*time.Second)); got != 1 {
		t.Errorf("after a replica left: %d", got)
	}
}
