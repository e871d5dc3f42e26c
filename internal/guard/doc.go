// Package guard keeps card testers away from Stripe. Somebody who has bought
// thousands of stolen card numbers tries them on a shop's form, to learn which
// ones still work (https://docs.stripe.com/disputes/prevention/card-testing).
// Every number costs the shop a request, a fee and some of its standing with
// the card networks.
//
// The guard decides before Stripe is called, and it counts nothing itself: it
// asks the ledger how earlier attempts ended. So replicas that share a database
// share its counts, and a restart forgets nothing.
//
// Two rules refuse an attempt:
//
//   - One source, or one customer, may have failed a number of times more often
//     than it has paid. A source is a client's address, for IPv6 its /64. An
//     office whose people pay can go on, since what they pay makes room for
//     what is declined.
//   - While most cards that the whole shop sees are declined, an alarm is on.
//     Then sources that have paid, and customers who have paid before, go on as
//     usual. All others together may try only as often as the shop usually
//     takes money.
//
// An attempt fails in this sense if the card was declined, or if its 3D Secure
// check failed, was abandoned or was replaced. An outage of Stripe, a wrong key
// or a refusal that only the shop can remove does not count. An attempt whose
// outcome is not known yet counts against its source, but raises no alarm.
package guard
