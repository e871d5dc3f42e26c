package sandbox

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/desk"
	"checkoutd/internal/sandbox/hooks"
	"checkoutd/internal/sandbox/past"
)

// The types that Config and the methods of a Server use. The rooms declare
// them.
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

	AccountLedger = desk.AccountLedger
	AccountSums   = desk.AccountSums
	PastRequest   = past.Request
)

// APIVersion is the version of Stripe's API whose shapes the sandbox speaks.
const APIVersion = api.APIVersion

// PlatformAccount is the ID of the one account that every test key opens.
const PlatformAccount = api.PlatformAccount

// The faults that the sandbox can inject.
const (
	FaultChargeThenCut   = api.FaultChargeThenCut   // execute the request, then cut the connection
	FaultChargeThen500   = api.FaultChargeThen500   // execute the request, then respond with 500
	FaultChargeThenDelay = api.FaultChargeThenDelay // execute the request, then respond late
	FaultReset           = api.FaultReset           // cut the connection and do nothing
	FaultDelay           = api.FaultDelay           // wait before executing a request or sending a webhook
	FaultStatus500       = api.FaultStatus500       // respond with 500 and do nothing
	FaultStatus429       = api.FaultStatus429
	FaultStatus400       = api.FaultStatus400   // invalid_request_error: as if the shop had sent a wrong parameter
	FaultStatus401       = api.FaultStatus401   // as if the key had been revoked
	FaultIdempotency     = api.FaultIdempotency // as if the idempotency key had been used with other parameters
	FaultStatus409       = api.FaultStatus409   // as if another request with the same idempotency key were in progress
	FaultLockTimeout     = api.FaultLockTimeout // 429: another request has locked the object
	FaultDuplicate       = api.FaultDuplicate   // send a webhook twice
	FaultReorder         = api.FaultReorder     // let the next webhook overtake this one
	FaultDrop            = api.FaultDrop        // never send a webhook
	FaultOtherMode       = api.FaultOtherMode   // send a webhook of the other mode before this one
	FaultOrdered         = api.FaultOrdered     // send webhooks one after the other, oldest first
)

// Advance moves the sandbox's clock forward. Whatever is due then runs at once.
func (s *Server) Advance(d time.Duration) { s.api.Advance(d) }

// AddFault activates a fault and returns it with its ID.
func (s *Server) AddFault(f Fault) (Fault, error) { return s.api.Faults.Add(f) }

// RemoveFault deactivates a fault and reports whether it was active.
func (s *Server) RemoveFault(id string) bool { return s.api.Faults.Remove(id) }

// ClearFaults deactivates every fault.
func (s *Server) ClearFaults() { s.api.Faults.Clear() }

// Faults returns the active faults.
func (s *Server) Faults() []Fault { return s.api.Faults.All() }

// Requests returns the latest API requests, oldest first.
func (s *Server) Requests() []RequestEntry { return s.api.Log.Entries() }

// Events returns every stored event, oldest first.
func (s *Server) Events() []*Event { return s.api.Events() }

// Deliveries returns copies of the latest deliveries, oldest first.
func (s *Server) Deliveries() []Delivery { return s.hooks.Deliveries() }

// Resend sends an event again to every endpoint and command line that wants it.
// It reports whether the event exists.
func (s *Server) Resend(event string) bool { return s.hooks.Resend(event) }

// RotateWebhookSecret replaces the secret of one endpoint, or of all if id is
// empty, and returns the new secrets by endpoint ID. It creates a secret if
// none is given. During overlap both secrets sign, as at Stripe:
// https://docs.stripe.com/webhooks#roll-endpoint-secrets.
func (s *Server) RotateWebhookSecret(id, secret string, overlap time.Duration) map[string]string {
	return s.hooks.Rotate(id, secret, overlap)
}

// RollKey returns a new test key of the kind of another one, which expires
// after overlap, as in Stripe's Dashboard:
// https://docs.stripe.com/keys#rolling-keys.
func (s *Server) RollKey(key string, overlap time.Duration) (next string, err error) {
	return s.api.RollKey(key, overlap)
}

// Decide ends the processing of a delayed payment now. The outcome is
// "succeed", "fail", or "" for the one of the test account that pays. Decide
// reports whether the payment was in processing.
func (s *Server) Decide(intent, outcome string) bool { return s.payments.Decide(intent, outcome) }

// Disconnect ends the platform's access to an account, as its owner does at
// Stripe. It reports whether the account was connected.
func (s *Server) Disconnect(account string) bool { return s.connect.Disconnect(account) }

// Restrict disables the charges and payouts of an account, or enables them. It
// reports whether the account exists.
func (s *Server) Restrict(account string, restrict bool) bool {
	return s.connect.Restrict(account, restrict)
}

// Ledger returns the charges and intents of every account at one moment.
func (s *Server) Ledger() Ledger { return s.desk.Ledger() }

// AccountLedger counts and adds up everything that an account holds.
func (s *Server) AccountLedger(account string) AccountLedger { return s.desk.AccountLedger(account) }

// FillPast makes accounts with months of payments, or gives one that exists
// such a past, and returns their IDs.
func (s *Server) FillPast(r PastRequest) ([]string, error) { return s.past.Fill(r) }

// Objects returns the newest objects of every account except events, oldest
// first. If parent is not empty, it returns only the objects that belong to it.
func (s *Server) Objects(parent string) []ObjectEntry { return s.desk.Objects(parent) }

// Seed creates n customers with a payment each. Every third one is declined.
func (s *Server) Seed(n int) { s.desk.Seed(n) }

// Reset deletes every object, idempotency key, fault, request and delivery, and
// creates the configured endpoints again. Deliveries in flight are not stopped.
func (s *Server) Reset() { s.desk.Reset() }
