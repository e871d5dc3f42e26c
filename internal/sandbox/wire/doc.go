// Package wire is Stripe's wire format: bracketed form parameters and the table
// that says which parameters an operation takes, error objects, lists, search
// queries, metadata, IDs and JSON.
package wire
