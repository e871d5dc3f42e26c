// Package httpserver is everything around the handlers: the chain of
// middleware, the security headers, the probes, and the server that listens,
// limits and stops.
//
// It guarantees that every request that can be read ends as one log line, that a panic is a 500
// problem and not a dead process, that a browser's state-changing call comes
// from our own pages, that no client can hold a connection or memory without
// bound, and that a stop lets requests in flight (a webhook's acknowledgement,
// a payment) finish within a deadline.
package httpserver
