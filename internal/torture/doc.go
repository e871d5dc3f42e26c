// Package torture proves that no crash, no fault of Stripe and no number of
// replicas charges a buyer twice or loses a paid order. It holds tests only.
//
// The server under test is the real binary in a process of its own: SIGKILL
// takes from it what a crash would. The offline Stripe runs in the test, which
// reads its ledger and stops its requests at breakpoints. Webhooks pass a
// relay, which can stop them, too, and which records what the server
// acknowledged. Buyers are plain HTTP clients that retry what got lost, as a
// browser and its user do.
//
// Every test ends with the one comparison of compare_test.go: Stripe's ledger,
// the shop's database and everything that was promised to buyers and to Stripe
// must agree.
//
// A killed server leaves leases behind that would delay the next one by two
// minutes. Tests that cannot wait that long move those leases into the past
// while no server runs; see database.expireLeases.
//
// Between two commits no request can be stopped. There, a trigger in the
// database keeps the second one from being committed; see gaps.
//
// `go test` kills the server about a hundred times. `make torture`, which sets
// CHECKOUTD_TORTURE=1, kills it a thousand times on each engine (KILLS=n: n
// times), waits for the leases, mirrors 1,000,000 payments with a hundred
// kills, and prints what every test did. It ends with a short run in which the
// race detector watches the servers (CHECKOUTD_WATCHED=1). The mirror alone:
//
//	CHECKOUTD_MIRROR_PAYMENTS=1000000 CHECKOUTD_MIRROR_KILLS=100 \
//	go test -v -timeout 2h -run TestMirrorOfALargePast ./internal/torture
package torture
