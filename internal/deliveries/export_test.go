package deliveries

import (
	"context"
	"net/http"
	"net/netip"
	"time"
)

// Check returns why nothing is sent to an address.
func (n Networks) Check(a netip.Addr, plain bool) error { return n.check(a, plain) }

// Sign returns the signatures of a message.
func Sign(secrets []Secret, id string, at time.Time, body []byte) (string, error) {
	return sign(secrets, id, at, body)
}

// Next decides what follows from a try that failed.
func (d *Delivery) Next(now time.Time, retryAfter time.Duration) (time.Time, bool) {
	return d.next(now, retryAfter)
}

// Signing returns the secrets that sign at now.
func (e *Endpoint) Signing(now time.Time) []Secret { return e.signing(now) }

// After calls do when an endpoint has answered.
func (s *Sender) After(do func()) {
	s.plain.Transport = after{s.plain.Transport, do}
}

type after struct {
	http.RoundTripper
	do func()
}

func (a after) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.RoundTripper.RoundTrip(r)
	a.do()
	return resp, err
}

// Work makes one try of a claimed delivery.
func (s *Service) Work(ctx context.Context, e Endpoint, j Job) error { return s.work(ctx, e, j) }
