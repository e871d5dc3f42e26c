// Package testhost holds what the test helpers share about the machine on which
// they run: when a test may be skipped, and how a process that a test started
// is ended.
//
// It guarantees two things:
//   - No test is skipped silently. Missing and Torture are the only functions
//     of the tree that skip, which internal/archtest checks, and in CI Missing
//     fails instead.
//   - Nothing that a test binary started outlives it, however the binary ends.
//     See Leash.
//
// It works on Unix systems only. The product never imports it.
package testhost

import (
	"os"
	"testing"
	"time"
)

// Patience bounds every wait of a test for something that must happen. It only
// ends hangs: a test passes on a machine that is a hundred times slower than
// the developer's, and none measures how long something took.
const Patience = 5 * time.Minute

// Missing ends a test because the machine lacks something that the test needs;
// reason is one sentence that names it. The test is skipped, or fails where
// every test must run: see RequireAll.
func Missing(tb testing.TB, reason string) {
	tb.Helper()
	if RequireAll() {
		tb.Fatal(reason)
	}
	tb.Skip(reason)
}

// RequireAll reports whether every test must run: CI is "true" or
// CHECKOUTD_REQUIRE_ALL is "1".
func RequireAll() bool {
	return os.Getenv("CI") == "true" || os.Getenv("CHECKOUTD_REQUIRE_ALL") == "1"
}

// Torture skips a test that takes minutes unless CHECKOUTD_TORTURE is "1",
// which `make torture` sets.
func Torture(tb testing.TB) {
	tb.Helper()
	if os.Getenv("CHECKOUTD_TORTURE") != "1" {
		tb.Skip("a long test: make torture runs it")
	}
}
