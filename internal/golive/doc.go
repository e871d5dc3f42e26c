// Package golive is the checklist of an installation that takes real payments:
// what Stripe asks of an integration before it goes live
// (https://docs.stripe.com/get-started/checklist/go-live), and of a plugin
// (https://docs.stripe.com/building-plugins), checked by the program as far as
// an API shows it, and ticked by a person where none does.
//
// A run first reads everything that the checks need, each part once: the
// account at Stripe, the database, our own public address from outside, the
// files here. Then every check judges what was read. It is a row of the table
// in checks.go: a name, and a function of the facts that returns green, red or
// not visible. A check that could not be made is never green:
//
//   - Stripe refused the reading for lack of a permission (403): not visible,
//     with the permission that Stripe names.
//   - Stripe gave no answer, or another error: red.
//
// Nothing at Stripe is changed by a run: all its calls are GETs. Only
// CreateEndpoints and Probe change something there, and only when they are
// asked to.
package golive
