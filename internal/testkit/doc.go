// Package testkit holds the stand-ins that the tests of several rooms share: a
// clock that the test moves and a log that it reads. Each is safe for
// concurrent use, because the code under test runs in goroutines of its own.
package testkit
