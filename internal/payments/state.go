package payments

import (
	"slices"
	"time"

	"checkoutd/internal/orders"
)

// State is everything that the rules need about one order, read and written
// back under the order's lock. A rule changes it in place: it may alter Order
// and the elements of the lists, and append to the lists. It never removes an
// element.
type State struct {
	Order    orders.Order
	Attempts []Attempt // oldest first; at most one is active
	Intents  []Intent  // every intent ever linked to the order, oldest first
	Refunds  []Refund
	Disputes []Dispute
	// Subscriptions are all that the order began, oldest first. At most one is
	// running.
	Subscriptions []Subscription
	// Operations are the captures, cancellations and refunds that the shop
	// asked for, oldest first. At most one is started.
	Operations []Operation
	// ForeignPayments are the money of others that names the order.
	ForeignPayments []ForeignPayment
	Effects         []Effect // new ones only; the store ignores one that exists
}

// Intent is what is known of a PaymentIntent or SetupIntent that was ever
// linked to an order.
type Intent struct {
	ID           string
	OrderID      string
	Status       Status
	ClientSecret string
	Amount       int64
	Captured     int64 // amount_received
	Currency     string
	// CaptureBefore is when a hold lapses, zero if that is not known or there
	// is no hold.
	CaptureBefore  time.Time
	SubscriptionID string // the subscription whose invoice it pays, "" for none
	Renewal        bool   // it pays a later invoice than the first, so not the order
	PaidOutOfBand  bool   // its invoice was marked as paid outside of Stripe
	Version        int64  // counts our writes; a fresh reading counts only if none came between
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// pending reports whether the intent may still pay the order.
func (in *Intent) pending() bool { return !in.Status.Final() && !in.Renewal }

// paid reports whether what the intent is for is paid, by it or outside of
// Stripe.
func (in *Intent) paid() bool { return in.Status == StatusSucceeded || in.PaidOutOfBand }

// paidOutOfBand reports whether the order's own invoice was paid outside of
// Stripe.
func (st *State) paidOutOfBand() bool {
	return slices.ContainsFunc(st.Intents, func(in Intent) bool { return in.PaidOutOfBand && !in.Renewal })
}

// Active returns the active attempt, nil if there is none. The pointer is into
// the list, as with the other lookups here.
func (st *State) Active() *Attempt {
	return find(st.Attempts, func(a *Attempt) bool { return a.State.Active() })
}

func (st *State) attempt(id string) *Attempt {
	return find(st.Attempts, func(a *Attempt) bool { return a.ID == id })
}

// attemptWith returns the attempt that a ConfirmationToken started, nil if
// there is none.
func (st *State) attemptWith(token string) *Attempt {
	return find(st.Attempts, func(a *Attempt) bool { return a.Params.Token == token })
}

// Intent returns the linked intent with the ID, nil if there is none.
func (st *State) Intent(id string) *Intent {
	return find(st.Intents, func(in *Intent) bool { return in.ID == id })
}

// livingIntent returns the order's own intent that is not canceled, nil if
// there is none.
func (st *State) livingIntent() *Intent {
	for i := len(st.Intents) - 1; i >= 0; i-- {
		if in := &st.Intents[i]; in.Status != StatusCanceled && !in.Renewal {
			return in
		}
	}
	return nil
}

// Subscription returns the subscription with the ID, nil if there is none.
func (st *State) Subscription(id string) *Subscription {
	return find(st.Subscriptions, func(sub *Subscription) bool { return sub.ID == id })
}

// StartedOperation returns the operation whose outcome is not known, nil if
// there is none.
func (st *State) StartedOperation() *Operation {
	return find(st.Operations, func(op *Operation) bool { return op.State == OperationStarted })
}

func (st *State) operation(id string) *Operation {
	return find(st.Operations, func(op *Operation) bool { return op.ID == id })
}

// refundBy returns the refund that an operation led to, nil if there is none.
func (st *State) refundBy(operationID string) *Refund {
	return find(st.Refunds, func(re *Refund) bool { return re.OperationID == operationID })
}

// find returns a pointer to the first element that matches, nil if none does.
func find[T any](list []T, matches func(*T) bool) *T {
	for i := range list {
		if matches(&list[i]) {
			return &list[i]
		}
	}
	return nil
}

// mayTakeMoney reports whether something may still be paid for an order that is
// not paid.
func (st *State) mayTakeMoney() bool {
	return st.Active() != nil || slices.ContainsFunc(st.Intents, func(in Intent) bool {
		return in.pending() || st.runsUnpaid(&in)
	})
}

// holdsMoney reports whether an intent holds or has taken money for the order.
func (st *State) holdsMoney() bool {
	return slices.ContainsFunc(st.Intents, func(in Intent) bool {
		return !in.Renewal && (in.Status == StatusRequiresCapture || in.Status == StatusSucceeded)
	})
}

// tookMoney reports whether the intent holds, takes or has taken money.
func (st *State) tookMoney(intentID string) bool {
	in := st.Intent(intentID)
	return in != nil && takesMoney(in.Status)
}

// takesMoney reports whether an intent of that status holds, takes or has taken
// money.
func takesMoney(s Status) bool {
	return s == StatusProcessing || s == StatusRequiresCapture || s == StatusSucceeded
}

// canceling reports whether the shop is canceling the order, so that no attempt
// may start.
func (st *State) canceling() bool {
	op := st.StartedOperation()
	return op != nil && op.Kind == OperationCancel
}
