// Package httpserver is everything around the handlers: the chain of
// middleware, the security headers, the probes, and the server that listens,
// limits and stops.
//
// It guarantees that every request that can be read ends as one log line, that a panic is a 500
// problem and not a dead process, that a browser's state-changing call comes
// from our own pages, that a client's headers (32 KiB, 5 s), body (Options.MaxBody,
// 20 s), answer (90 s) and idle connection (2 min) are bounded, and that a stop lets requests in flight (a webhook's acknowledgement,
// a payment) finish within a deadline. It does not bound how many connections there
// are: that is the proxy's.
package httpserver
