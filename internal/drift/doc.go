// Package drift compares the orders with what Stripe holds. Every charge that
// is ours must have its order, every order that is paid its charge, and amounts
// and refunds must be equal. It only reads, and changes no order: what differs
// is a Finding, about which a person decides.
//
// A run compares a day (UTC) of one account in phases:
//
//	payment_intents        lists of Stripe, of what was created that day,
//	balance_transactions   from an hour before, since both sides have
//	refunds                clocks of their own
//	disputes
//	orders                 those paid that day whose money no list has shown
//	open                   what former runs have found
//	judge                  everything that differs is looked at once more
//
// A phase before the last only notes suspects. What is judged is read afresh,
// at Stripe first and then here: an event that came late has settled its
// order by then, and nothing is found. Findings that are not found again are
// gone.
//
//	CommitDrift, one transaction:
//	    what a step noted and found, its cursor, the end of the claim
//
// Whatever dies between two steps, the next worker takes the same step again.
// A day of an account has at most one worker, under a lease. The requests to
// Stripe stand behind all others and have a pace of their own.
//
// Whose an intent is, the ledger decides (payments). Charges that no order
// refers to and that have no proof of ours are those of neighbours: they are
// counted. Money that is known to be foreign, and orders in review, have a
// person already.
package drift
