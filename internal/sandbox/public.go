package sandbox

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/desk"
	"checkoutd/internal/sandbox/hooks"
)

// What the methods of a Server take and return is declared in the rooms of the
// sandbox.
type (
	Endpoint     = hooks.Endpoint
	Delivery     = hooks.Delivery
	Event        = api.Event
	Fault        = api.Fault
	RequestEntry = api.RequestEntry
	Ledger       = desk.Ledger
	LedgerCharge = desk.LedgerCharge
	LedgerIntent = desk.LedgerIntent
	ObjectEntry  = desk.ObjectEntry
)

// APIVersion is the version of Stripe's API whose shapes the sandbox speaks.
const APIVersion = api.APIVersion

// PlatformAccount is the id of the one account that every test key opens.
const PlatformAccount = api.PlatformAccount

// The ways in which the sandbox misbehaves when it is told to.
const (
	FaultChargeThenCut   = api.FaultChargeThenCut   // do it, then cut the connection without an answer
	FaultChargeThen500   = api.FaultChargeThen500   // do it, then answer 500
	FaultChargeThenDelay = api.FaultChargeThenDelay // do it, then answer late
	FaultReset           = api.FaultReset           // cut the connection before doing anything
	FaultDelay           = api.FaultDelay           // wait before doing it (API) or before sending it (webhooks)
	FaultStatus500       = api.FaultStatus500       // answer 500 without doing it
	FaultStatus429       = api.FaultStatus429
	FaultStatus409       = api.FaultStatus409
	FaultDuplicate       = api.FaultDuplicate // send a webhook twice
	FaultReorder         = api.FaultReorder   // let the next webhook overtake this one
	FaultDrop            = api.FaultDrop      // never send a webhook
)

// Advance moves the sandbox's clock forward; what falls due runs at once.
func (s *Server) Advance(d time.Duration) { s.api.Advance(d) }

// AddFault puts a fault in force and returns it with its id.
func (s *Server) AddFault(f Fault) (Fault, error) { return s.api.Faults.Add(f) }

// RemoveFault ends one fault; it reports whether it was in force.
func (s *Server) RemoveFault(id string) bool { return s.api.Faults.Remove(id) }

// ClearFaults ends every fault.
func (s *Server) ClearFaults() { s.api.Faults.Clear() }

// Faults returns the faults in force.
func (s *Server) Faults() []Fault { return s.api.Faults.All() }

// Requests returns the remembered API requests, oldest first.
func (s *Server) Requests() []RequestEntry { return s.api.Log.Entries() }

// Events returns every event that is kept, oldest first.
func (s *Server) Events() []*Event { return s.api.Events() }

// Deliveries returns copies of the deliveries that are remembered, oldest
// first.
func (s *Server) Deliveries() []Delivery { return s.hooks.Deliveries() }

// Resend sends an event again to every endpoint and listener that wants it; it
// reports whether there is such an event.
func (s *Server) Resend(event string) bool { return s.hooks.Resend(event) }

// RotateWebhookSecret gives an endpoint (all when id is empty) a new secret,
// made up when empty, and returns the secrets by endpoint id. During overlap
// both secrets sign, as at Stripe:
// https://docs.stripe.com/webhooks#roll-endpoint-secrets.
func (s *Server) RotateWebhookSecret(id, secret string, overlap time.Duration) map[string]string {
	return s.hooks.Rotate(id, secret, overlap)
}

// Decide ends the processing of a delayed payment now: outcome "succeed",
// "fail", or "" for what its test account is for. It reports whether there was
// such a payment.
func (s *Server) Decide(intent, outcome string) bool { return s.payments.Decide(intent, outcome) }

// Ledger returns the charges and intents of every account at one moment.
func (s *Server) Ledger() Ledger { return s.desk.Ledger() }

// Objects lists the newest objects of every account, oldest first, events left
// out; with of, only those that belong to that object.
func (s *Server) Objects(of string) []ObjectEntry { return s.desk.Objects(of) }

// Seed makes n customers, each with a payment; every third is declined.
func (s *Server) Seed(n int) { s.desk.Seed(n) }

// Reset forgets every object, key, fault, request and delivery, and sets the
// configured endpoints up again. Deliveries in flight end as they may.
func (s *Server) Reset() { s.desk.Reset() }
