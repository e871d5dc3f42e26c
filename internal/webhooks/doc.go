// Package webhooks is the inbox of Stripe's events: POST /webhooks/stripe, the
// worker that processes what arrived, replay and backfill.
//
// It guarantees:
//   - A 2xx is answered only after the bytes of the event are committed.
//   - A duplicate ID changes nothing.
//   - Received and processed are two facts, each with its own time.
//   - An event that matches no order is kept, and worked if an order ever links
//     its intent.
//   - Events of other integrations on the account delay none of ours: each lane
//     (see Lane) has its own workers, and questions to Stripe have a budget.
//   - An event that needs nothing of Stripe waits for none that does.
//   - Hints that wait for the same reading are settled by one, which is made
//     after the last of them arrived.
//   - Whose an intent is, the ledger decides, not metadata.
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
//	                            done  `--> ignored: its type changes no order,
//	                                  |    or it is not ours; due again only
//	                                  |    when an order links its intent
//	                                  `--> unmatched: it has our proof, but
//	                                       its order is not here; due again
//	                                       by itself
//
// Events are worked in groups: an intent and the objects that refer to it, or a
// subscription and its invoices. Only one event of a group is in flight at a
// time. The lease of a worker that dies expires; what it had not committed
// never happened.
//
// What an event leads to is a row of the table in dispatch.go. To handle
// another type, add a row there and the function that it names.
package webhooks
