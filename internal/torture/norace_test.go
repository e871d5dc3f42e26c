//go:build !race

package torture_test

// raceFlag builds the server with or without the race detector, as these tests.
var raceFlag []string
