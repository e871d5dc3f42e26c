// Package mirror keeps a copy of the payments of connected accounts: their
// PaymentIntents, charges, refunds and disputes, with amounts, states, times
// and fees. It holds no names, no e-mail addresses and no metadata. Of a card
// it holds brand and last four digits, and only if the configuration asks.
//
// # How nothing is lost
//
// A mirror is made in passes. The first one, the backfill, begins to take the
// account's events, then lists everything from now back to where the history is
// to start. A later one lists what was created since the former pass began
// (which finds what no webhook told), the events since then (which tell of
// changes to older objects) and the balance transactions (which know the fees
// of what was captured late).
//
//	CommitMirror, one transaction:
//	    the objects of a page, the cursor behind it, the end of the claim
//
// Whatever dies between two steps, the next worker reads the same page again.
// An object is stored by its ID, so that a page that is read twice, or comes
// with an event too, changes nothing. A newer reading replaces an older one,
// and never the other way around: see Reading.
//
// All lists of a pass go back in time together, the one that is least far
// first, so that "back to DATE" is true of all of them.
//
// # How nobody is held up
//
// The unit of work is one page of one account. Accounts are claimed in the
// order in which they were last served: a thousand of them share the pace,
// however much each has. An account has at most one page in flight, and a pace
// of its own; all together have another one; and both stand behind every other
// request to Stripe (budget.Mirror). A 429 doubles the account's pause, which
// shrinks again with success. Replicas share the work by the leases of the
// claims.
//
// # How it stops
//
// Nothing is claimed and nothing is committed for an account that is not
// connected: the condition is in the statements. What was stored is erased
// then, unless the configuration keeps it. An account that is connected again
// is listed again, since nobody told what changed meanwhile.
package mirror
