// Package api serves Stripe's API: it takes a request through authentication,
// parameter checks, faults, idempotency and a transaction to the handler that
// some room registered, and sends the response and the events that come of it.
//
// It knows no rules of payments. Rooms of rules add a Module with their routes,
// their kinds of objects and what they need to resume after a restart. Their
// handlers get a Call, which is the request, the transaction and the clock in
// one.
package api
