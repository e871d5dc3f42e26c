// Package testcards holds the cards and bank accounts that Stripe documents for
// testing, with what each of them does.
package testcards
