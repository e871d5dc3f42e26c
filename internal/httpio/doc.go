// Package httpio is how handlers read requests and write answers.
//
// A handler returns an error, and one wrapper (Handle, HandleStripe or
// HandlePage) writes it once, as application/problem+json (RFC 9457) or as a
// page, and keeps it for the request's one log line. What the public sees is
// the fault.Error's code and sentence; the cause goes to the log alone.
//
// DecodeJSON reads bodies strictly and within a limit. Identify finds out who
// asks: request id, client address and scheme, believing forwarded headers
// from trusted proxies only.
package httpio
