package payments

import (
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
)

// Attempt is one try to pay an order with one ConfirmationToken.
type Attempt struct {
	ID             string
	OrderID        string
	N              int64 // counts from 1 within the order
	IdempotencyKey string
	Params         Params
	IntentID       string // "" until Stripe has returned it
	State          AttemptState
	ErrorType      string // Stripe's error type, code, decline code and buyer-safe message
	ErrorCode      string
	DeclineCode    string
	Message        string
	MethodType     string       // of the payment method that failed, "" if it is not known
	Instructions   Instructions // while the state is RequiresAction; their kind and date stay
	Source         string       // who made it, for the guard; "" if it is not counted
	Verdict        string       // what the shop's rules decided, "" if it has none
	Checks         int64        // how many times the resolver has checked it
	CheckAt        time.Time    // when the resolver checks it next; zero: never
	Trace          string       // the span that its news continues, a W3C traceparent; "" if it was not traced
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Params are the exact parameters of an attempt's call. They are stored before
// the call, so that the call can be repeated to the letter under the same
// idempotency key.
type Params struct {
	Account       string        `json:"account,omitempty"`          // the connected account that is charged
	Mode          orders.Mode   `json:"mode,omitempty"`             // empty: ModePayment
	IntentID      string        `json:"intent,omitempty"`           // confirm this intent again; empty: create one
	BringUpToDate bool          `json:"bring_up_to_date,omitempty"` // update the intent before confirming it
	Token         string        `json:"token"`                      // ConfirmationToken
	Amount        int64         `json:"amount"`
	Currency      string        `json:"currency"`
	Customer      string        `json:"customer,omitempty"`
	Items         []orders.Item `json:"items,omitempty"`      // of a subscription's first invoice
	TrialDays     int64         `json:"trial_days,omitempty"` // with which it begins
	// What the platform takes: a fee, or a share (in basis points) of each
	// invoice of a subscription. And whom it pays: all but the fee goes to
	// TransferTo, or Transfer of it if that is not 0.
	Fee            int64  `json:"application_fee_amount,omitempty"`
	FeeShare       int64  `json:"application_fee_share,omitempty"`
	TransferTo     string `json:"transfer_to,omitempty"`
	Transfer       int64  `json:"transfer,omitempty"`
	orders.Options        // flat, beside the others
	// What the shop's backend has Stripe show; its metadata is in Metadata,
	// beside our mark.
	Description     string            `json:"description,omitempty"`
	StatementSuffix string            `json:"statement_descriptor_suffix,omitempty"`
	Contact         orders.Contact    `json:"contact,omitzero"`
	ReturnURL       string            `json:"return_url"`
	Metadata        map[string]string `json:"metadata"`
}

// AttemptState is the state of an attempt.
type AttemptState string

// The states of an attempt; doc.go draws the transitions.
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

// Active reports whether the attempt may still take money, so that no other
// attempt may start.
func (s AttemptState) Active() bool {
	switch s {
	case Started, Unknown, RequiresAction, Processing, RequiresCapture:
		return true
	}
	return false
}

// Open reports whether the outcome of the attempt's call is not known yet.
func (s AttemptState) Open() bool { return s == Started || s == Unknown }

// unsettled reports whether only Stripe or the buyer's bank can decide the
// attempt, so that neither an operation nor expiry may interfere.
func (s AttemptState) unsettled() bool { return s.Open() || s == Processing }

// attemptStateOf maps an intent's status to the state of its attempt. A status
// that is missing here says that nothing was paid yet.
var attemptStateOf = map[Status]AttemptState{
	StatusRequiresAction:  RequiresAction,
	StatusProcessing:      Processing,
	StatusRequiresCapture: RequiresCapture,
	StatusSucceeded:       Succeeded,
	StatusCanceled:        Canceled,
}

// move sets the state of an attempt and schedules the resolver's next check.
func (r rules) move(a *Attempt, to AttemptState) {
	if a.State != to {
		a.Checks = 0
	}

	a.State = to
	a.CheckAt = time.Time{}
	if to.Active() {
		a.CheckAt = r.now.Add(r.patience(to, a.Checks))
	}

	if to != RequiresAction {
		a.Instructions.URL = "" // nobody needs the buyer's data any more
	}
}

// fail marks an attempt failed, with Stripe's error if there is one.
func (r rules) fail(a *Attempt, e *StripeError) {
	if e != nil {
		a.ErrorType, a.ErrorCode, a.DeclineCode, a.Message = e.Type, e.Code, e.DeclineCode, e.Message
		a.MethodType = e.MethodType
	}
	r.move(a, Failed)
}

// markUnknown marks an attempt unknown and schedules its next check.
func (r rules) markUnknown(a *Attempt) {
	a.State = Unknown
	a.CheckAt = r.now.Add(r.patience(Unknown, a.Checks))
	a.Checks++
}

// patience returns how long an attempt may stay in a state before the resolver
// checks it, after the given number of checks.
func (r rules) patience(s AttemptState, checks int64) time.Duration {
	n := int(checks) + 1
	switch s {
	case Started:
		return r.unknownAfter
	case Unknown:
		return queue.Backoff(n, time.Second, 5*time.Minute)
	case RequiresAction:
		return queue.Backoff(n, 10*time.Minute, 6*time.Hour)
	default: // processing and requires_capture take days, and webhooks report them
		return queue.Backoff(n, time.Hour, 12*time.Hour)
	}
}

const (
	lapseWarning = 24 * time.Hour   // how long before a hold lapses the log warns
	lapseGrace   = 10 * time.Minute // how long after it the intent is read, should no webhook arrive
)

// nextCheck returns when the resolver checks a waiting attempt again. A hold
// (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method) gets one
// check on its last day, for which lapses is when the hold ends. Otherwise
// lapses is zero.
func (r rules) nextCheck(a *Attempt, in *Intent) (checkAt, lapses time.Time) {
	checkAt = r.now.Add(r.patience(a.State, a.Checks))
	if a.State != RequiresCapture || in == nil || in.CaptureBefore.IsZero() {
		return checkAt, lapses
	}

	warnAt, goneAt := in.CaptureBefore.Add(-lapseWarning), in.CaptureBefore.Add(lapseGrace)
	switch {
	case r.now.Before(warnAt) && checkAt.After(warnAt):
		return warnAt, lapses
	case r.now.Before(warnAt), !r.now.Before(goneAt):
		return checkAt, lapses
	case r.now.Before(in.CaptureBefore):
		lapses = in.CaptureBefore
	}

	return goneAt, lapses
}
