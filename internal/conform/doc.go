// Package conform holds the contract between checkoutd and Stripe: a table of
// the calls that this product makes, of the refusals that it relies on, and of
// what its offline Stripe assumes where nothing public shows Stripe's answer.
// Run tries them against any server that speaks Stripe's API: the offline
// Stripe in the tests, and the real one with the test keys of whoever runs
// `server conform`.
//
// It guarantees that it never sends a live key; that it sends no more requests
// a second than its budget allows and waits when Stripe asks for that; that
// everything it creates is marked, and removed at the end of the run, after an
// interruption too, or by the next run; that it touches no object without its
// mark; and that a report names no key, account, object, address or e-mail.
//
// It shares no code with stripeapi, so that a mistake there is not repeated
// here, and uses plain HTTP, so that it sees the answers as they are.
package conform
