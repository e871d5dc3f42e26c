package main

import (
	"errors"
	"os"
	"runtime/debug"
	"testing"

	"github.com/rs/zerolog"
)

func TestMemoryLimitFollowsTheContainer(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "") // restores it afterwards
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)

	container := func() (uint64, error) { return 10 << 30, nil }
	none := func() (uint64, error) { return 0, errors.New("no cgroup") }

	// The variable, even empty, is the operator's.
	limitMemory(zerolog.Nop(), container)
	if got := debug.SetMemoryLimit(-1); got != before {
		t.Errorf("GOMEMLIMIT is set, but the limit became %d", got)
	}

	if err := os.Unsetenv("GOMEMLIMIT"); err != nil {
		t.Fatal(err)
	}

	limitMemory(zerolog.Nop(), none)
	if got := debug.SetMemoryLimit(-1); got != before {
		t.Errorf("without a container the limit became %d", got)
	}

	limitMemory(zerolog.Nop(), container)
	if got := debug.SetMemoryLimit(-1); got != 8<<30 {
		t.Errorf("the limit is %d, want four fifths of the container's", got)
	}
}
