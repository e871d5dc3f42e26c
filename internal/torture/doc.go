// Package torture proves that no crash, no fault of Stripe's and no crowd of
// replicas charges a buyer twice or loses a paid order. It holds tests only.
//
// The server under test is the real binary in a process of its own, so that
// SIGKILL takes from it what a crash would. The offline Stripe runs in the
// test, which reads its ledger and stops its requests at chosen moments;
// webhooks pass a door that can stop them too and that notes what the server
// acknowledged. Buyers are plain HTTP clients that repeat what got lost, as a
// browser and its user do.
//
// Whatever a test did, it ends with the one comparison of compare_test.go:
// Stripe's ledger, the shop's database and everything that was promised to
// buyers and to Stripe must agree.
//
// A killed server leaves leases behind that would hold the next one up for two
// minutes. Tests that may not take that long let the time pass by moving those
// leases into the past while no server runs; see database.away.
//
// `go test` kills the server about fifty times; `make torture`, with
// CHECKOUTD_TORTURE=1, several hundred times, and waits for the leases.
package torture
