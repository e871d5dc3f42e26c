// Package customersession hands the page a CustomerSession, so that a returning
// buyer sees saved payment methods (POST /create-customer-session).
//
// A session is made only for the order's own customer. The Stripe customer is
// made on first need and bound to a signed buyer cookie. The session is optional: when
// Stripe fails, the page goes on without it, as Stripe's guide asks
// (https://docs.stripe.com/payments/finalize-payments-on-the-server).
package customersession
