// Package httpio reads requests and writes responses for the handlers.
//
// A handler returns an error, and one wrapper (Handle, HandleStripe or
// HandlePage) writes it once, as application/problem+json (RFC 9457) or as a
// page, and keeps it for the request's one log line. The caller sees the code
// and the sentence of the fault.Error; its cause goes to the log only.
//
// DecodeJSON reads bodies strictly and within a limit. Identify determines the
// request ID, the client's address and the scheme. It trusts the forwarded
// headers of trusted proxies only.
package httpio
