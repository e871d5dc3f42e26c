package app_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/testkit"
)

func TestAJumpOfTheClockIsLoggedOnce(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	var (
		log       bytes.Buffer
		monotonic time.Duration
		recalled  [][2]time.Time
	)
	check := app.WatchClock(clock.Now, func() time.Duration { return monotonic },
		func(_ context.Context, prev, now time.Time) (int, error) {
			recalled = append(recalled, [2]time.Time{prev, now})
			return 3, nil
		}, zerolog.New(&log))

	// step lets both clocks run for 5 s, while the wall clock jumps.
	step := func(jump time.Duration) string {
		log.Reset()
		monotonic += 5 * time.Second
		clock.Advance(5*time.Second + jump)
		check(t.Context())
		return log.String()
	}

	for _, quiet := range []time.Duration{0, time.Second, -time.Second, 0} {
		if got := step(quiet); got != "" {
			t.Errorf("adjusted by %s: %s", quiet, got)
		}
	}

	if got := step(time.Hour); !strings.Contains(got, `"by":"1h0m0s"`) || len(recalled) != 0 {
		t.Errorf("forward: logged %q, recalled %v", got, recalled)
	}
	if got := step(0); got != "" {
		t.Errorf("logged again: %s", got)
	}

	want := [2]time.Time{clock.Now().Add(5 * time.Second), clock.Now().Add(5*time.Second - time.Hour)}
	got := step(-time.Hour)
	if !strings.Contains(got, `"by":"-1h0m0s"`) || !strings.Contains(got, `"made_due":3`) {
		t.Errorf("back: logged %q", got)
	}
	if len(recalled) != 1 || recalled[0] != want {
		t.Errorf("recalled %v, want %v", recalled, want)
	}
	if got := step(0); got != "" || len(recalled) != 1 {
		t.Errorf("logged again: %s", got)
	}
}
