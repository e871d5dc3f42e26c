//go:build !race

package torture_test

// raceFlag builds the server as the tests were built.
var raceFlag []string
