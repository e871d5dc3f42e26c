package payments

import (
	"context"
	"net/netip"
	"time"

	"checkoutd/internal/queue"
)

// Store keeps the payments of orders. Every method is one transaction and safe
// for concurrent use from several processes.
type Store interface {
	// Update locks the order, passes its state to change and commits what
	// change made of it. The same transaction marks claim as done; a nil claim
	// means none. If change fails, Update rolls back and returns its error
	// unchanged.
	//
	// A lost claim returns queue.ErrClaimLost and changes nothing. A second
	// active attempt returns ErrPaymentInProgress, a second started operation
	// ErrOperationInProgress, and an unknown order orders.ErrNotFound. Linking
	// an intent wakes the unmatched events about it, including one that a
	// worker holds at that moment.
	//
	// change may run again on a freshly read State when the database asks for
	// it (a deadlock, a busy file). It must keep nothing from a previous run
	// and must not call out. The store sets OrderID of appended rows, UpdatedAt
	// of every row that it writes, and Intent.Version; State holds them after
	// Update.
	Update(ctx context.Context, orderID string, claim *queue.Claim, change func(*State) error) error

	// Read returns the state without locking it.
	Read(ctx context.Context, orderID string) (*State, error)

	// OrderOfIntent returns the ID of the order of the account that an intent
	// is linked to, "" if there is none.
	OrderOfIntent(ctx context.Context, account, intentID string) (string, error)
	// OrderWithIntent is like OrderOfIntent for an intent of any account, whose
	// client secret the caller compares.
	OrderWithIntent(ctx context.Context, intentID string) (string, error)
	// OrderOfSubscription returns the ID of the order of the account that began
	// a subscription, "" if there is none.
	OrderOfSubscription(ctx context.Context, account, subscriptionID string) (string, error)

	// OrderOfTransfer returns the ID of the customer's order that a bank
	// transfer is for, "" if there is none. An open order comes first, then the
	// newest one that is closed. The customer is one of the account.
	OrderOfTransfer(ctx context.Context, account, customerID string) (string, error)

	// ClaimAttempts returns up to n active attempts that are due, and moves
	// their CheckAt to leaseUntil, so that no other worker claims them before.
	ClaimAttempts(ctx context.Context, now, leaseUntil time.Time, n int) ([]Attempt, error)

	// ClaimExpired returns up to n open orders that expired by now, and leases
	// them until leaseUntil.
	ClaimExpired(ctx context.Context, now, leaseUntil time.Time, n int) ([]string, error)
}

// Stripe is the calls to Stripe that payments needs. Errors are *CallError.
// Every POST carries an idempotency key (see package idempotency).
type Stripe interface {
	// Send makes the call of an attempt: it creates and confirms an intent, or
	// updates and confirms an existing one. In mode subscription the call has
	// several steps, each under a key made from the attempt's. Only the last
	// step may take money. An error of a later step carries the Snapshot of the
	// intent that an earlier step made.
	Send(ctx context.Context, p Params, idempotencyKey string) (Snapshot, error)
	// Method reads the payment method of a ConfirmationToken.
	Method(ctx context.Context, token string) (Method, error)
	// Intent reads an intent.
	Intent(ctx context.Context, id string) (Snapshot, error)
	// FindIntent looks for the intent that Stripe created between from and to
	// with exactly our metadata in p. The oldest counts: a copy of the metadata
	// comes after the original. ok is false if there is none.
	FindIntent(ctx context.Context, p Params, from, to time.Time) (s Snapshot, ok bool, err error)
	// CancelIntent cancels an intent that is not final, and with it a
	// subscription whose first invoice is not paid. It never ends a
	// subscription that is paid.
	CancelIntent(ctx context.Context, in Intent, idempotencyKey string) error
	// Subscription reads a subscription.
	Subscription(ctx context.Context, id string) (SubscriptionReading, error)
	// Invoice returns what an invoice refers to: its subscription, "" if it has
	// none, and our metadata on that.
	Invoice(ctx context.Context, invoiceID string) (Ref, error)
	// CashBalance returns the money of a customer that no payment has taken, in
	// minor units by currency.
	CashBalance(ctx context.Context, customerID string) (map[string]int64, error)
	// Refunds lists all refunds of an intent.
	Refunds(ctx context.Context, intentID string) ([]Refund, error)
	// Dispute reads a dispute.
	Dispute(ctx context.Context, id string) (Dispute, error)
}

// Guard decides whether an attempt may be made at all. It is asked before the
// attempt is reserved, and again only for another token.
type Guard interface {
	// Source returns what stands for a client's address, "" if its attempts are
	// not counted.
	Source(client netip.Addr) string
	// Admit returns the fault that refuses an attempt of a source to pay an
	// order of the customer, "" if it has none. done is to be called once the
	// attempt is committed, or will not be; calling it again does nothing.
	Admit(ctx context.Context, source, customer string) (done func(), err error)
}

// Meter counts attempts.
type Meter interface {
	// AttemptSent is called after a call that confirms a payment, with the
	// attempt's state after it. declineCode is Stripe's, "" if the bank did not
	// decline.
	AttemptSent(state, declineCode string)
}

// Operator is the calls to Stripe that Operations needs besides those of
// Stripe. Errors are *CallError. Every call carries the operation's idempotency
// key.
type Operator interface {
	// Capture captures op.Amount of the money that the intent holds and
	// releases the rest.
	Capture(ctx context.Context, op Operation) error
	// Refund refunds op.Amount. The refund names the operation in its metadata.
	Refund(ctx context.Context, op Operation) error
}
