// Package people exports and erases what is stored of a customer of the shop.
// Tables is the map of personal data that both follow.
//
// The customer is named by the shop's own reference or by an e-mail address. An
// erasure removes their e-mail address, name, phone number and addresses
// wherever the database has them, the bindings of their browsers, and, if that
// is wanted, the customer at Stripe with the saved payment methods. The facts
// of the ledger stay: amounts, IDs, states and times. So does a proof of what
// was removed, under a keyed hash of the customer's name.
//
//	Begin, committed       the data is gone from this database, and the
//	                       customers to delete at Stripe are written down
//	deleting               DELETE /v1/customers/cus_… for each of them; a
//	                       customer that Stripe does not have counts as
//	                       deleted. One in a connected account whose owner
//	                       does not allow it is named in the proof, and found
//	                       again by a later erasure of the same customer.
//	                       The reference goes after the last one
//	closing                two minutes after Begin the data is removed once
//	                       more: an answer, a webhook's try or an event that
//	                       was in flight may have brought some back
//	done
//
// Each step may be repeated: a server that dies between any two leaves a row
// that the next claim goes on from, and nothing of it needs the former one.
package people
