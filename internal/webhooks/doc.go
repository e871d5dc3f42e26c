// Package webhooks is the inbox: POST /webhooks/stripe, its worker, its replay and its
// backfill.
//
// It guarantees: 2xx is answered only after the event's bytes are committed; a
// duplicate id changes nothing; received and processed are two facts; an event that
// matches no order waits and is not dropped; what an event changes and the end of its
// work commit in one transaction.
//
//	                    bad signature, stale, unreadable: 400, counted
//	                   /
//	request -- verify -- envelope -- commit -- 200
//	                                   |
//	       wrong mode or account       |
//	quarantined <----------------------+
//	                                   v
//	        lease over            received <------ retry, with jittered back-off
//	      +--------------------> /    |                    ^
//	      |            replay --'     | claim (lease)      |
//	      +--------------------- working ------------------+
//	                               |  |  \
//	                 change + end  |  |   `--> dead, after many tries; for a person
//	                 in one commit |  |
//	                            done  `--> ignored: a type that changes nothing here
//	                                  `--> unmatched: due again by itself and when an
//	                                       order links the intent
//
// One event of a group (an intent and what hangs on it, or a subscription and its
// invoices) is worked at a time. A worker
// that dies loses its lease; what it had not committed never happened.
package webhooks
