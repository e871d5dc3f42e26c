package main

import (
	"testing"
	"time"

	"checkoutd/internal/cli"
)

// TestDrift compares a day beside a sandbox, as an operator does.
func TestDrift(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t)
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)

	s.wantOutput(s.ok("drift"), yesterday, "own", "done", "nothing differs")
	s.wantOutput(s.ok("drift", "list"), "nothing differs")

	for _, args := range [][]string{
		{"drift", "--day", "someday"}, {"drift", "now"}, {"drift", "dismiss"}, {"drift", "dismiss", "drf_none", "--by", "Ann"},
		{"drift", "--day", time.Now().UTC().AddDate(0, 0, 2).Format(time.DateOnly)},
	} {
		if _, _, err := s.run(args...); cli.ExitCode(err) != exitNotRun {
			t.Errorf("%v: got %v, want the exit code %d", args, err, exitNotRun)
		}
	}

	if _, _, err := s.run("drift", "--help"); err != nil {
		t.Errorf("help: got %v", err)
	}

	out, _, err := s.run("drift", "--json", "--again")
	if err != nil || out != "" {
		t.Errorf("as JSON: got %q, %v", out, err)
	}
}
