// Package httpserver is everything around the handlers: the middleware chain,
// the security headers, the probes, and the server that listens, limits
// clients and shuts down.
//
// It guarantees that
//
//   - every request that can be parsed ends in one log line;
//   - a panic becomes a 500 problem and does not end the process;
//   - a browser's state-changing request comes from the shop's own pages;
//   - a client's headers (16 KiB, 5 s), body (Options.MaxBody, 20 s), response
//     (90 s) and idle connections (2 min) are bounded;
//   - connections, of one address and in all, the requests of HTTP/2, which
//     count as connections, and the bodies in flight are bounded; the client
//     that keeps the server waiting longest makes room for the next
//     (connections.go);
//   - https (Config.Certificate) has the same limits as http (tls.go);
//   - a shutdown lets requests in flight (a payment, the acknowledgement of a
//     webhook) finish before a deadline.
package httpserver
