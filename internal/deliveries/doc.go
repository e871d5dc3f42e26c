// Package deliveries tells the shop's backend what happened to its orders: it
// sends signed webhooks, by the Standard Webhooks specification
// (https://www.standardwebhooks.com), to the endpoints that the shop has added.
//
// An effect (package effects) becomes one delivery for each enabled endpoint
// that wants its kind, in the transaction that ends the effect's claim. From
// then on:
//
//	pending ──> delivered   the endpoint answered 2xx
//	   │  ^
//	   │  └──── any other answer, or none: tried again, with growing delays
//	   │
//	   └──────> failed      three days have passed, or the endpoint is off, or
//	                        the payload could not be made in ten tries
//
// A person can make any of them pending again ("server endpoints redeliver").
//
//   - Deliveries happen at least once. The server may die between the answer
//     of the endpoint and its commit: HTTP forces that. Each repetition has the
//     ID of its effect in the header webhook-id, so that a receiver can drop
//     it.
//   - An endpoint gets the deliveries of an order one at a time, in the order
//     in which the effects happened: the next one waits until its predecessor
//     is delivered or has failed. A unique index enforces that among replicas.
//   - Endpoints have runners of their own: one that is down, or slow, delays
//     no other. Of one endpoint, an order that is stuck occupies one of many
//     workers, and delays no other order.
//   - Nothing is sent to an address that is not public, unless the
//     configuration allows its network. That is checked at every connection,
//     after DNS (guard.go). Redirects are not followed.
//
// The payload is made when it is sent, from the order, with the order's status
// and amounts as they were when the effect was committed: type and data.status
// always agree, and no copy of the buyer's data is kept.
package deliveries
