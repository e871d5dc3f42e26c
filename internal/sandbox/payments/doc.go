// Package payments has Stripe's rules of payments: customers and their payment
// methods, PaymentIntents and SetupIntents, charges and their capture, refunds,
// disputes and the balance.
//
// These resources are one machine at Stripe, and they are one package here. A
// confirmation builds an Attempt, which the rules of its payment method carry
// to a charge, to an action of the buyer, or to a decline. Objects are written
// through the transaction of the Call, together with the events they cause.
package payments
