// Package webhooks is the inbox of Stripe's events: POST /webhooks/stripe, the
// worker that processes what arrived, replay and backfill.
//
// It guarantees:
//   - A 2xx is answered only after the bytes of the event are committed.
//   - A duplicate ID changes nothing.
//   - Received and processed are two facts, each with its own time.
//   - An event that matches no order waits; it is not dropped.
//   - What an event changes and the end of its claim commit in one transaction.
//
// An event moves through these states:
//
//	                    bad signature, stale, unreadable: 400, counted
//	                   /
//	request -- verify -- envelope -- commit -- 200
//	                                   |
//	       wrong mode or account       |
//	quarantined <----------------------+
//	                                   v
//	      lease expired         received <------ retry, with jittered backoff
//	      +--------------------> /    |                    ^
//	      |            replay --'     | claim (lease)      |
//	      +--------------------- working ------------------+
//	                               |  |  \
//	                 change + end  |  |   `--> dead: given up after many tries
//	                 in one commit |  |
//	                            done  `--> ignored: its type changes no order
//	                                  `--> unmatched: due again by itself, and
//	                                       when an order links the intent
//
// Events are worked in groups: an intent and the objects that refer to it, or a
// subscription and its invoices. Only one event of a group is in flight at a
// time. The lease of a worker that dies expires; what it had not committed
// never happened.
//
// What an event leads to is a row of the table in dispatch.go. To handle
// another type, add a row there and the function that it names.
package webhooks
