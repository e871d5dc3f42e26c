// Package dashboard lets the owner of a connected account see and manage the
// account's payments on a page of ours, with Stripe's embedded components.
//
// The platform decides who may, and what: it creates a link for an account,
// with the components and their features, and sends the person to it. The link
// is unguessable, works once and expires soon. It becomes a session of that
// browser for that account, which a cookie holds.
//
// It guarantees:
//
//   - What a link does not name, its session does not get: every feature is
//     sent to Stripe as on or off, and Stripe enforces it. Payouts are off
//     unless the link turns them on. An account that is connected read-only
//     gets nothing that changes it.
//   - Neither the token of a link nor that of a session is stored, only their
//     SHA-256. The client secret of a session at Stripe is passed on and never
//     stored or logged.
//   - A session ends with its account's connection: every call looks at the
//     account. One that is connected again needs a new link.
package dashboard
