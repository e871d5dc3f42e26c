// Package customersession creates CustomerSessions for the page, so that a
// returning buyer sees saved payment methods (POST /create-customer-session).
//
// A session is created only for the order's own customer. That Stripe customer
// is created when it is first needed. A random token in the buyer cookie, of
// which the database has the hash alone, recognizes the buyer on the next
// order; it ends after a year and can be revoked. The session is optional: if
// Stripe fails, the page goes on without it, as Stripe's guide asks
// (https://docs.stripe.com/payments/finalize-payments-on-the-server).
package customersession
