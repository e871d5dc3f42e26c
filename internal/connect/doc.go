// Package connect owns the Stripe accounts of others that are connected to
// this platform: the links by which their owners connect them, OAuth, and what
// is known of each account.
//
// An account is connected by its owner, at Stripe, and disconnected by either
// side. Calls are made for it with the platform's key and the Stripe-Account
// header, so no token is stored: nothing that gives access to an account can
// leak from the database.
package connect
