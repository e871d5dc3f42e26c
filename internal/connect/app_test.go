package connect_test

import (
	"testing"
	"time"

	"checkoutd/internal/connect"
)

func TestWhoMayUseTheApp(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for status, want := range map[string]struct{ active, running bool }{
		"trialing":           {true, true},
		"active":             {true, true},
		"past_due":           {true, true}, // of yesterday
		"unpaid":             {false, true},
		"paused":             {false, true},
		"incomplete":         {false, false},
		"incomplete_expired": {false, false},
		"canceled":           {false, false},
	} {
		a := connect.AppSubscription{Status: status, PastDueSince: now.Add(-24 * time.Hour)}
		if got := a.Active(now, 72*time.Hour); got != want.active {
			t.Errorf("%q: active %t", status, got)
		}
		if got := a.Running(); got != want.running {
			t.Errorf("%q: running %t", status, got)
		}
	}

	late := connect.AppSubscription{Status: "past_due", PastDueSince: now.Add(-72 * time.Hour)}
	if late.Active(now, 72*time.Hour) {
		t.Error("the grace never ends")
	}
}
