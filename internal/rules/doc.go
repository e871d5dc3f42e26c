// Package rules decides, before Stripe is asked for money, whether an order may
// be paid with a payment method: by the shop's rules file, and by a call to the
// shop's own server.
//
// Both see the method as its ConfirmationToken shows it. A refusal is a
// sentence for the buyer, and nothing is left behind: no attempt, no intent. A
// token that has an attempt is never judged again, so a request that is sent
// again after a lost answer asks the shop once.
package rules
