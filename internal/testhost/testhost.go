// Package testhost is what the test helpers share about the machine that they
// run on: when a test may be left out, and how a process that a test started
// is ended.
//
// It guarantees two things. No test is left out silently: Missing and Torture
// are the only places of the tree that skip (internal/archtest keeps it so),
// and in CI Missing fails instead. And nothing that a test binary started
// outlives it, however the binary ends: see Leash.
//
// It is for tests on Unix systems only; the product never imports it.
package testhost

import (
	"os"
	"testing"
)

// Missing ends the test because the machine lacks something that it needs.
// reason is one sentence that says what. The test is skipped, but it fails
// where every test has to run: see RequireAll.
func Missing(tb testing.TB, reason string) {
	tb.Helper()
	if RequireAll() {
		tb.Fatal(reason)
	}
	tb.Skip(reason)
}

// RequireAll tells whether no test may be left out: CI is "true" or
// CHECKOUTD_REQUIRE_ALL is "1".
func RequireAll() bool {
	return os.Getenv("CI") == "true" || os.Getenv("CHECKOUTD_REQUIRE_ALL") == "1"
}

// Torture skips a test that takes minutes, unless CHECKOUTD_TORTURE is "1", as
// it is under `make torture`.
func Torture(tb testing.TB) {
	tb.Helper()
	if os.Getenv("CHECKOUTD_TORTURE") != "1" {
		tb.Skip("a long test: make torture runs it")
	}
}
