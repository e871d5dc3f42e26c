// Package api serves the shop's backend: keys with scopes, and the order as
// JSON.
package api
