// Package sandbox is the offline Stripe: an HTTP server that speaks Stripe's
// wire format from memory. With it a checkout can be run, developed and tested
// without an account and without a network.
//
// # What it owns
//
// Every object that a Stripe account would hold (customers, intents, charges,
// events, ...), the rules that change them, the delivery of signed webhooks,
// the pages on which a buyer authenticates, and a management API (/_sandbox/)
// with which a test injects faults, moves the clock and reads what happened.
//
// # What it guarantees
//
// A change and its events become visible together. With a state file, both are
// in the file before the response leaves, and no caller waits while the file is
// compacted (memory/doc.go). The sandbox listens on loopback only, answers
// under loopback names only, refuses live keys, and takes every well-formed
// test key as a key of its one account. The differences from Stripe are listed
// in docs/sandbox-divergences.md.
//
// # Inside the sandbox
//
// The sandbox is a small program of its own. Its rooms are the packages below
// this one, and each imports only rooms above it in this list
// (internal/archtest checks it):
//
//	wire        forms, parameters, errors, IDs, JSON: Stripe's wire format
//	clock       runs functions at times of a clock that can be moved
//	testcards   Stripe's test cards and bank accounts
//	memory      the store, its transactions, the state file (on wire)
//	api         requests, keys, idempotency, faults, lists, events
//	hooks       webhook endpoints and the delivery of events (on api)
//	stripecli   what Stripe's command line connects to (on hooks)
//	payments    customers, intents, charges, refunds, disputes (on api and
//	            testcards)
//	billing     products, prices, subscriptions, invoices (on payments)
//	connect     connected accounts, transfers, OAuth (on payments)
//	past        accounts with months of generated payments (on connect)
//	desk        the management API and its web page (on hooks, payments)
//	sandbox     assembles the rooms; the only one that others import
//
// payments calls billing and connect through two interfaces that it declares,
// payments.Followers and payments.Connected, because an invoice follows its
// PaymentIntent and a fee its charge.
//
// A request goes through api.Server.Serve: it is authenticated, its parameters
// are checked against Stripe's own table (wire/params.txt), a fault may strike,
// and its idempotency key is looked up. Then its handler runs in a transaction
// on one account, under the one lock of the store. It reads and stages objects
// and emits events. Stored objects never change: an update is a copy, so an
// event keeps the object of its moment by pointer, and JSON is encoded outside
// the lock. If the handler fails, nothing is kept, with one exception: a
// declined payment is an error for the caller and a change for the account, as
// at Stripe. After the commit the journal is written, the events are queued for
// delivery, and the response is sent.
//
// To add an operation, write its handler in its room and a row in the table of
// operations there (routes.go); params.txt already has its parameters. To add a
// kind of object, name it in api/kinds.go, implement memory.Object and list an
// empty value in the room's Module, so that the state file can be read. To add
// an event, call Call.Emit or Call.EmitUpdate in the transaction that causes
// it. What is scheduled for later must be scheduled again in the Resume
// function of the room's Module, because a restart forgets the schedule.
package sandbox
