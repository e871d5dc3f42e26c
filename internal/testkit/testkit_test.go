package testkit_test

import (
	"fmt"
	"testing"
	"time"

	"checkoutd/internal/testkit"
)

func TestClockStandsStillUntilMoved(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()

	if got := clock.Now(); got != testkit.Start || got != clock.Now() {
		t.Errorf("a new clock shows %v, want %v", got, testkit.Start)
	}
	if got, want := clock.Advance(time.Hour), testkit.Start.Add(time.Hour); got != want || clock.Now() != want {
		t.Errorf("the moved clock shows %v, want %v", got, want)
	}
}

func TestLogBook(t *testing.T) {
	t.Parallel()
	var log testkit.LogBook
	for n := range 3 {
		_, _ = fmt.Fprintf(&log, "{\"n\":%d}\n", n)
	}

	if got, want := log.Tail(2), "{\"n\":1}\n{\"n\":2}"; got != want {
		t.Errorf("the tail is %q, want %q", got, want)
	}

	lines := log.Lines(t)
	if len(lines) != 3 || lines[2]["n"] != 2.0 {
		t.Errorf("the lines are %v, want three numbers", lines)
	}
}
