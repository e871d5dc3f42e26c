// Package payments takes the money for an order, once.
//
// It owns the attempt ledger, the intents linked to an order, and the subscriptions that
// began with one. An order's mode says what its attempts do: pay once, save a method
// without paying (a SetupIntent), or make the first payment of a subscription. All go
// through the same ledger and the same settle. It guarantees, whatever fails:
//
//   - an order has at most one active attempt, written before Stripe is called;
//   - an order has one intent for its whole life, and another only when the former is
//     canceled at Stripe, with the subscription that it was to begin;
//   - settle is the only code that makes an order paid, from whichever side the news
//     comes, and its state and its effects commit in one transaction;
//   - a call whose outcome is not known stays unknown until Stripe has told.
//
// doc.go draws the states.
package payments

import (
	"context"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
)

// AttemptState is where an attempt stands.
type AttemptState string

// The states; doc.go draws what leads where.
const (
	Started         AttemptState = "started"
	Unknown         AttemptState = "unknown"
	RequiresAction  AttemptState = "requires_action"
	Processing      AttemptState = "processing"
	RequiresCapture AttemptState = "requires_capture"
	Succeeded       AttemptState = "succeeded"
	Failed          AttemptState = "failed"
	Canceled        AttemptState = "canceled"
)

// Active reports whether the attempt may still take money, so that no other may start.
func (s AttemptState) Active() bool {
	switch s {
	case Started, Unknown, RequiresAction, Processing, RequiresCapture:
		return true
	}
	return false
}

// Open reports whether what becomes of the call is not known to us yet.
func (s AttemptState) Open() bool { return s == Started || s == Unknown }

// Params are the exact parameters of an attempt's call. They are stored before
// the call, so that it can be sent again to the letter under the same
// idempotency key.
type Params struct {
	Mode           orders.Mode       `json:"mode,omitempty"`             // empty: ModePayment
	IntentID       string            `json:"intent,omitempty"`           // confirm this intent again; empty: create one
	BringUpToDate  bool              `json:"bring_up_to_date,omitempty"` // set amount and customer on it first
	Token          string            `json:"token"`                      // ConfirmationToken
	Amount         int64             `json:"amount"`
	Currency       string            `json:"currency"`
	Customer       string            `json:"customer,omitempty"`
	Items          []orders.Item     `json:"items,omitempty"` // what is subscribed to
	orders.Options                   // flat, beside the others
	Contact        orders.Contact    `json:"contact,omitzero"`
	ReturnURL      string            `json:"return_url"`
	Metadata       map[string]string `json:"metadata"`
}

// Attempt is one try to pay an order with one ConfirmationToken.
type Attempt struct {
	ID             string
	OrderID        string
	N              int64 // counts from 1 within the order
	IdempotencyKey string
	Params         Params
	IntentID       string // "" until Stripe has named it
	State          AttemptState
	ErrorType      string // Stripe's error type, code, decline code and buyer-safe message
	ErrorCode      string
	DeclineCode    string
	Message        string
	Checks         int64     // how often the resolver has looked
	CheckAt        time.Time // when it looks next; zero: never
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Intent is what we know of a PaymentIntent or SetupIntent that was ever linked to an order.
type Intent struct {
	ID           string
	OrderID      string
	Status       Status
	ClientSecret string
	Amount       int64
	Captured     int64 // amount_received
	Currency     string
	// CaptureBefore is when a hold lapses, zero if it is not known or there is none.
	CaptureBefore  time.Time
	SubscriptionID string // of the subscription whose invoice it pays, "" for none
	Renewal        bool   // it pays a later invoice than the first: not the order, which is paid
	Version        int64  // counts our writes; a fresh reading is kept only if none came between
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Effect is a consequence that happens exactly once per order and kind: the row is
// written in the transaction that causes it.
type Effect struct {
	OrderID   string
	Kind      string // EffectPaid, EffectSaved, EffectReview
	CreatedAt time.Time
}

// The kinds of effect.
const (
	EffectPaid   = "order.paid"
	EffectSaved  = "order.method_saved" // of an order in mode setup, instead of order.paid
	EffectReview = "order.review"
)

// Refund is a refund of an order's charge, keyed by Stripe's own re_ id.
type Refund struct {
	ID       string
	OrderID  string
	IntentID string
	Amount   int64
	Currency string
	Status   string // pending, requires_action, succeeded, failed, canceled
	Reason   string
	// OperationID names the operation of ours that asked for it, "" for the Dashboard's.
	OperationID string
	CreatedAt   time.Time // by Stripe's clock
	UpdatedAt   time.Time
}

// Dispute is a dispute about an order's charge, keyed by Stripe's own dp_ id.
type Dispute struct {
	ID        string
	OrderID   string
	IntentID  string
	Amount    int64
	Currency  string
	Status    string // needs_response, under_review, won, lost, warning_…
	Reason    string
	UpdatedAt time.Time
}

// State is all that the rules need of one order, read and written back under
// the order's lock. A rule changes it in place: it may alter Order and the elements of
// the lists, and append to the lists. Nothing is ever taken out.
type State struct {
	Order    orders.Order
	Attempts []Attempt // oldest first; at most one is active
	Intents  []Intent  // every intent ever linked to the order, oldest first
	Refunds  []Refund
	Disputes []Dispute
	// Subscriptions are all that the order began, oldest first. At most one is alive.
	Subscriptions []Subscription
	// Operations are what the shop asked of Stripe, oldest first. At most one is started.
	Operations []Operation
	Effects    []Effect // only new ones; one that is there already is left alone
}

// Active points to the active attempt in the list, or is nil.
func (st *State) Active() *Attempt {
	for i := range st.Attempts {
		if st.Attempts[i].State.Active() {
			return &st.Attempts[i]
		}
	}
	return nil
}

// Intent points to the linked intent with the id in the list, or is nil.
func (st *State) Intent(id string) *Intent {
	for i := range st.Intents {
		if st.Intents[i].ID == id {
			return &st.Intents[i]
		}
	}
	return nil
}

// Store keeps orders' payments. Every method is one transaction, and safe for
// concurrent use from several processes.
type Store interface {
	// Update locks the order, hands its state to change and commits what it
	// became, together with the end of claim (nil: none), which becomes done. An
	// error of change rolls back and is returned as it is. A claim that was lost
	// gives queue.ErrClaimLost and changes nothing; a second active attempt gives
	// ErrPaymentInProgress, a second started operation ErrOperationInProgress; a wrong id
	// orders.ErrNotFound. An intent that becomes
	// linked wakes the unmatched events about it, also one that is worked just now.
	//
	// change may run again, on a State read afresh, when the database asks for it (a
	// deadlock, a busy file): it keeps nothing of a former run and calls nobody. The
	// store sets OrderID of appended rows, UpdatedAt of all that it writes and
	// Intent.Version; they are in the State after Update.
	Update(ctx context.Context, orderID string, claim *queue.Claim, change func(*State) error) error

	// Read gives the state without locking it.
	Read(ctx context.Context, orderID string) (*State, error)

	// OrderOfIntent names the order that an intent is linked to, "" if none.
	OrderOfIntent(ctx context.Context, intentID string) (string, error)
	// OrderOfSubscription names the order that a subscription began with, "" if none.
	OrderOfSubscription(ctx context.Context, subscriptionID string) (string, error)

	// ClaimAttempts takes up to n active attempts whose CheckAt has come and moves it to
	// until, so that nobody else takes them meanwhile.
	ClaimAttempts(ctx context.Context, now, until time.Time, n int) ([]Attempt, error)

	// ClaimExpired takes up to n open orders whose time is over at now, and
	// leaves them alone until until.
	ClaimExpired(ctx context.Context, now, until time.Time, n int) ([]string, error)
}

// Stripe is the calls that payments needs. Errors are *CallError. Every POST
// carries an idempotency key made from the attempt's or the order's id.
type Stripe interface {
	// Send makes the call of an attempt: it creates and confirms an intent, or
	// brings an existing one up to date and confirms it. In mode subscription the call has
	// several steps, each under a key made from the attempt's; only the last may take
	// money, and an error of a later step carries the Snapshot of what an earlier one made.
	Send(ctx context.Context, p Params, idempotencyKey string) (Snapshot, error)
	// Intent reads an intent.
	Intent(ctx context.Context, id string) (Snapshot, error)
	// FindIntent looks for the intent that the parameters' order got between from and to;
	// ok is false if there is none.
	FindIntent(ctx context.Context, p Params, from, to time.Time) (s Snapshot, ok bool, err error)
	// CancelIntent cancels an intent that is not final, and what it was to begin: a
	// subscription whose first invoice is not paid. It never ends one that is paid.
	CancelIntent(ctx context.Context, in Intent, idempotencyKey string) error
	// Subscription reads a subscription.
	Subscription(ctx context.Context, id string) (SubscriptionReading, error)
	// InvoiceSubscription names the subscription of an invoice, "" if it has none.
	InvoiceSubscription(ctx context.Context, invoiceID string) (string, error)
	// Refunds lists all refunds of an intent.
	Refunds(ctx context.Context, intentID string) ([]Refund, error)
	// Dispute reads a dispute.
	Dispute(ctx context.Context, id string) (Dispute, error)
}
