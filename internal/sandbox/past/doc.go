// Package past gives accounts a history: months of payments, refunds, disputes
// and payouts that nobody made, for whoever mirrors accounts or shows them.
//
// The objects are computed when they are read, from a number (the seed) and
// their own number, so a million payments need some ten bytes each instead of
// some thousand, and the state file holds the parameters only. Each is a copy
// of an object that real calls have made in a sandbox of its own, with another
// amount, time, card and ID. The IDs tell where an object is in the history.
//
// Nothing is told about what is past: there are no events of it, as Stripe
// lists none that are older than 30 days. What changes from now on, such as a
// refund of an old payment, is stored and told like everything else.
package past
