package mirror

import (
	"cmp"
	"time"
)

// Kind is a kind of object that is listed at Stripe. It is the last part of the
// list's path.
type Kind string

// The kinds. The first four are mirrored, the others tell of their changes.
const (
	PaymentIntents      Kind = "payment_intents"
	Charges             Kind = "charges"
	Refunds             Kind = "refunds"
	Disputes            Kind = "disputes"
	Events              Kind = "events"
	BalanceTransactions Kind = "balance_transactions"
)

// Reading orders the readings of an object. A reading replaces the stored one
// unless it is smaller, compared field by field in this order.
type Reading struct {
	// Phase is 0 while the object may change its state freely, and higher in
	// states that it never leaves for a lower phase: a payment that succeeded,
	// a dispute that is closed.
	Phase int64
	// AsOf is when the object looked like that, or earlier: the time of an
	// event, or that of a listing less what clocks may differ.
	AsOf time.Time
	// Step tells readings of one second apart: the time of an event has no more
	// precision.
	Step int64
}

// Compare returns a negative number if r is older than o, a positive one if it
// is newer, and 0 if nobody can tell.
func (r Reading) Compare(o Reading) int {
	return cmp.Or(cmp.Compare(r.Phase, o.Phase), r.AsOf.Compare(o.AsOf), cmp.Compare(r.Step, o.Step))
}

// Payment is a PaymentIntent.
type Payment struct {
	ID             string
	Amount         int64
	Received       int64
	ApplicationFee int64
	Currency       string
	Status         string
	LatestCharge   string
	ErrorCode      string // of the last payment error
	DeclineCode    string
	CreatedAt      time.Time
	CanceledAt     time.Time
	Reading
}

// Charge is one try to take money.
type Charge struct {
	ID          string
	PaymentID   string
	Amount      int64
	Captured    int64
	Refunded    int64
	Currency    string
	Status      string
	Disputed    bool
	FailureCode string
	DeclineCode string // why it failed, as exactly as Stripe says
	CardBrand   string // only if the configuration asks
	CardLast4   string
	CreatedAt   time.Time
	Reading
}

// Fee is what Stripe took from the account for a charge, in the currency of the
// account's balance. It is part of no reading: it only becomes known.
type Fee struct {
	ChargeID string
	Amount   int64
	Currency string
}

// Refund is money that went back.
type Refund struct {
	ID        string
	ChargeID  string
	PaymentID string
	Amount    int64
	Currency  string
	Status    string
	Reason    string
	CreatedAt time.Time
	Reading
}

// Dispute is a payment that its buyer disputes.
type Dispute struct {
	ID          string
	ChargeID    string
	PaymentID   string
	Amount      int64
	Currency    string
	Status      string
	Reason      string
	Fee         int64 // what Stripe took for it and did not give back
	FeeCurrency string
	CreatedAt   time.Time
	Reading
}

// Batch is what a page, or an event, says.
type Batch struct {
	Payments []Payment
	Charges  []Charge
	Fees     []Fee
	Refunds  []Refund
	Disputes []Dispute
}

// Empty reports whether there is nothing to store.
func (b *Batch) Empty() bool {
	return len(b.Payments)+len(b.Charges)+len(b.Fees)+len(b.Refunds)+len(b.Disputes) == 0
}

// phaseOf returns the Phase of an object in a state. An unknown state, of a
// later version of Stripe, may be left for any other.
func phaseOf(k Kind, status string) int64 {
	return phases[k][status]
}

// The states that an object never leaves for one of a lower phase
// (https://docs.stripe.com/payments/paymentintents/lifecycle,
// https://docs.stripe.com/refunds#failed-refunds,
// https://docs.stripe.com/disputes/how-disputes-work).
var phases = map[Kind]map[string]int64{
	PaymentIntents: {"succeeded": 1, "canceled": 1},
	Charges:        {"succeeded": 1, "failed": 1},
	Refunds:        {"succeeded": 1, "failed": 2, "canceled": 2},
	Disputes:       {"won": 1, "lost": 1, "warning_closed": 1, "prevented": 1},
}

// steps orders the states that a payment may pass within one second.
var steps = map[string]int64{
	"requires_confirmation": 1,
	"requires_action":       2,
	"processing":            3,
	"requires_capture":      4,
}

// stepDeclined is the step of a payment whose last try failed. Its state is
// that of a payment which nobody has tried, and whose event may come later.
const stepDeclined = 5

// stepOf returns the Step of a payment.
func stepOf(status, errorCode string) int64 {
	if status == "requires_payment_method" && errorCode != "" {
		return stepDeclined
	}
	return steps[status]
}
