package sandbox

import "time"

// Advance moves the sandbox's clock forward; what falls due runs at once.
func (s *Server) Advance(d time.Duration) { s.api.advance(d) }

// AddFault puts a fault in force and returns it with its id.
func (s *Server) AddFault(f Fault) (Fault, error) { return s.api.faults.add(f) }

// RemoveFault ends one fault; it reports whether it was in force.
func (s *Server) RemoveFault(id string) bool { return s.api.faults.remove(id) }

// ClearFaults ends every fault.
func (s *Server) ClearFaults() { s.api.faults.clear() }

// Faults returns the faults in force.
func (s *Server) Faults() []Fault { return s.api.faults.all() }

// Requests returns the remembered API requests, oldest first.
func (s *Server) Requests() []RequestEntry { return s.api.log.entries() }

// Events returns every event that is kept, oldest first.
func (s *Server) Events() []*Event { return s.api.events() }

// Deliveries returns copies of the deliveries that are remembered, oldest first.
func (s *Server) Deliveries() []Delivery { return s.hooks.deliveries() }

// Resend sends an event again to every endpoint and listener that wants it; it reports whether there is such an event.
func (s *Server) Resend(event string) bool { return s.hooks.resend(event) }

// RotateWebhookSecret gives an endpoint (all when id is empty) a new secret, made up when empty, and returns the secrets
// by endpoint id. During overlap both secrets sign, as at Stripe: https://docs.stripe.com/webhooks#roll-endpoint-secrets.
func (s *Server) RotateWebhookSecret(id, secret string, overlap time.Duration) map[string]string {
	return s.hooks.rotate(id, secret, overlap)
}

// Decide ends the processing of a delayed payment now: outcome "succeed", "fail", or "" for what its test account is for.
// It reports whether there was such a payment.
func (s *Server) Decide(intent, outcome string) bool { return s.payments.Decide(intent, outcome) }

// Ledger returns the charges and intents of every account at one moment.
func (s *Server) Ledger() Ledger { return s.desk.Ledger() }

// Objects lists the newest objects of every account, oldest first, events left out; with of, only those that belong to
// that object.
func (s *Server) Objects(of string) []ObjectEntry { return s.desk.Objects(of) }

// Seed makes n customers, each with a payment; every third is declined.
func (s *Server) Seed(n int) { s.desk.Seed(n) }

// Reset forgets every object, key, fault, request and delivery, and sets the configured endpoints up again.
// Deliveries in flight end as they may.
func (s *Server) Reset() { s.desk.Reset() }
