package drift

import (
	"context"
	"time"

	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
)

// Query asks for a page of a list, newest first.
type Query struct {
	List  string    // ListIntents or another list
	From  time.Time // created at or after
	Until time.Time // created before
	After string    // Page.Last of the previous page, "" for the first one
}

// Page is a page of a list.
type Page struct {
	Objects []Object
	Last    string // the ID of its last entry
	More    bool
}

// Object is an intent, a charge, a refund or a dispute of a list.
type Object struct {
	ID         string
	IntentID   string // "" for a charge that was made without one
	Mark       payments.Mark
	InvoiceID  string
	CustomerID string
	Amount     int64
	Captured   int64 // of an intent, what was received
	Refunded   int64
	Currency   string
	Status     string
	CreatedAt  time.Time // of its entry in the list
}

// Stripe reads one account. Its errors are *payments.CallError.
type Stripe interface {
	// DriftPage returns a page of a list. What the list holds besides intents,
	// charges, refunds and disputes is left out.
	DriftPage(ctx context.Context, q Query) (Page, error)
	Intent(ctx context.Context, id string) (payments.Snapshot, error)
	Refunds(ctx context.Context, intentID string) ([]payments.Refund, error)
	Dispute(ctx context.Context, id string) (payments.Dispute, error)
}

// Step is what a worker did in one step of a run.
type Step struct {
	Run      Run      // as it is now; its Claim ends
	Seen     []string // intents and refunds that Stripe has
	Suspects []Suspect
	Judged   []string // keys of suspects
	Found    []Finding
	// Reopen makes suspects of the account's open findings.
	Reopen bool
}

// Store keeps runs and findings, and reads the ledger. Every method is one
// transaction and safe for concurrent use from several processes.
type Store interface {
	// StartDrift adds a run, unless there is one of its ID. One that has ended
	// begins again if it did not compare as much, or with again. It reports
	// whether a run has begun.
	StartDrift(ctx context.Context, r Run, again bool) (bool, error)
	// ClaimDrift claims up to n runs that are due until leaseUntil: those of a
	// day, or all if it is "".
	ClaimDrift(ctx context.Context, day string, now, leaseUntil time.Time, n int) ([]Run, error)
	// CommitDrift stores a step and ends the claim. The end of a run makes
	// findings of its account gone that it has not seen. Each finding that is
	// new has an effect. A lost claim returns queue.ErrClaimLost and changes
	// nothing.
	CommitDrift(ctx context.Context, s Step) error
	// ReleaseDrift ends a claim; the run is due at dueAt.
	ReleaseDrift(ctx context.Context, claim queue.Claim, dueAt time.Time) error
	// DriftSuspects returns up to n suspects of a run.
	DriftSuspects(ctx context.Context, runID string, n int) ([]Suspect, error)
	// DriftUnseen returns up to n orders behind an ID that were paid, or have a
	// refund, from r.From until r.Until, although the run has not seen it at
	// Stripe.
	DriftUnseen(ctx context.Context, r Run, after string, n int) ([]string, error)
	// ChargedAccounts returns the connected accounts that orders are charged
	// in.
	ChargedAccounts(ctx context.Context) ([]string, error)

	// LastDriftDay returns the last day that has a run in the own account, ""
	// if none has.
	LastDriftDay(ctx context.Context) (string, error)
	// FirstOrder returns when the first order was created, zero if there is
	// none.
	FirstOrder(ctx context.Context) (time.Time, error)

	// DriftRuns returns the runs of a day, or the newest ones if it is "".
	DriftRuns(ctx context.Context, day string, n int) ([]Run, error)
	// DriftFindings returns the findings in a state (all if it is "") of a day
	// (all if it is ""), newest first.
	DriftFindings(ctx context.Context, state FindingState, day string, n int) ([]Finding, error)
	// DriftFinding returns a finding, or ErrNoFinding.
	DriftFinding(ctx context.Context, id string) (Finding, error)
	// DismissDrift closes an open finding, or returns ErrNoFinding.
	DismissDrift(ctx context.Context, id, note string, now time.Time) error

	// Read returns the state of an order; see payments.Store.
	Read(ctx context.Context, orderID string) (*payments.State, error)
	OrderOfIntent(ctx context.Context, account, intentID string) (string, error)
	OrderOfSubscription(ctx context.Context, account, subscriptionID string) (string, error)
	// HasSubscriber reports whether a customer of the account has a
	// subscription that began with an order.
	HasSubscriber(ctx context.Context, account, customerID string) (bool, error)
}
