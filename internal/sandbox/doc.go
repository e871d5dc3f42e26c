// Package sandbox is the offline Stripe: an HTTP server that speaks Stripe's
// wire format from memory, so that a checkout can be run, developed and tested
// with no account and no network.
//
// # What it owns
//
// Every object that a Stripe account would hold (customers, intents, charges,
// events, ...), the rules that move them, the sending of signed webhooks, the
// pages on which a buyer authenticates, and a management door (/_sandbox/)
// through which a test makes it misbehave.
//
// # How it works
//
// A request becomes a [call]; its handler runs inside a transaction ([tx])
// under the one lock of the server, reads and writes objects, and names the
// events that its changes cause. Objects are values that are never changed once
// they are stored: a change is a copy, so an event may keep the state of its
// moment by pointer and answers are written outside the lock. A transaction
// that fails leaves nothing behind, with one exception: a declined payment is
// an error for the caller and a change for the account, as with Stripe.
//
// # What it guarantees
//
// A state change and its events become visible together. With a state file,
// both are in the file before the answer leaves. It listens on loopback only,
// answers under loopback names only, refuses live keys, and takes every
// well-formed test key as its one account. Where it differs from Stripe is
// listed in docs/sandbox-divergences.md.
package sandbox
