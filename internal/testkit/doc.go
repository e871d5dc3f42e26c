// Package testkit holds the stand-ins that the tests of several rooms share: a
// clock that the test moves, a log that it reads, a Stripe in memory, and a
// buyer who speaks HTTP. All are safe for concurrent use, because the code
// under test runs in goroutines of its own.
package testkit
