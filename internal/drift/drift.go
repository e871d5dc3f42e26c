package drift

import (
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/queue"
)

// Kind is what differs.
type Kind string

// The kinds of finding.
const (
	ChargeWithoutOrder Kind = "charge_without_order"
	ChargeUnknown      Kind = "charge_unknown"
	ChargeNotPaid      Kind = "charge_not_paid"
	PaidWithoutCharge  Kind = "paid_without_charge"
	AmountDiffers      Kind = "amount_differs"
	CurrencyDiffers    Kind = "currency_differs"
	CapturedDiffers    Kind = "captured_differs"
	RefundUnknown      Kind = "refund_unknown"
	RefundMissing      Kind = "refund_missing"
	RefundDiffers      Kind = "refund_differs"
	DisputeUnknown     Kind = "dispute_unknown"
)

// kinds say what each kind means, and what to do about it.
var kinds = []struct {
	kind        Kind
	means, todo string
}{
	{
		ChargeWithoutOrder, "Stripe has a payment with our mark, and there is no such order here",
		"Was the database restored? If the order is lost, refund the payment in the Dashboard.",
	},
	{
		ChargeUnknown, "Stripe has a payment for the order that is not known here",
		"Run server events replay for the payment's events. If it stays, server orders adopt takes it for the order; " +
			"or refund it in the Dashboard.",
	},
	{
		ChargeNotPaid, "Stripe has taken the money, and the order is not paid here",
		"Run server events replay for the payment's events: they settle the order.",
	},
	{
		PaidWithoutCharge, "the order is paid here, and Stripe has no such payment",
		"Do not ship. Look the payment up in the Dashboard: is it the right account?",
	},
	{AmountDiffers, "the amounts differ", "Compare the order with the payment in the Dashboard."},
	{CurrencyDiffers, "the currencies differ", "Compare the order with the payment in the Dashboard."},
	{
		CapturedDiffers, "what was captured differs",
		"Run server events replay for the payment's events. If it stays, compare it with the Dashboard.",
	},
	{RefundUnknown, "Stripe has a refund that is not known here", "Run server events replay for the payment's events."},
	{
		RefundMissing, "a refund is known here that Stripe does not have",
		"Has the buyer got the money? Look in the Dashboard.",
	},
	{
		RefundDiffers, "the amounts or the states of the refunds differ",
		"Run server events replay for the payment's events. If it stays, compare it with the Dashboard.",
	},
	{
		DisputeUnknown, "Stripe has a dispute that is not known here",
		"Answer it in the Dashboard in time, and run server events replay for its events.",
	},
}

// ErrNoFinding is returned for a finding that does not exist, or is not open.
var ErrNoFinding = fault.New(fault.NotFound, "drift_not_found", "There is no such finding, or it is not open.")

// Kinds returns all kinds of finding.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k.kind)
	}
	return names
}

// Means says what the kind is.
func (k Kind) Means() string { means, _ := k.words(); return means }

// Todo says what to do about a finding of the kind.
func (k Kind) Todo() string { _, todo := k.words(); return todo }

func (k Kind) words() (means, todo string) {
	for _, row := range kinds {
		if row.kind == k {
			return row.means, row.todo
		}
	}
	return string(k), ""
}

// EffectFound is the kind of the effect that tells of a finding.
const EffectFound = "drift.found"

// EffectKinds returns the kinds of effect of this package.
func EffectKinds() []string { return []string{EffectFound} }

// FindingState is what has become of a finding.
type FindingState string

// The states of a finding.
const (
	Open      FindingState = "open"
	Gone      FindingState = "gone"      // it was not found again
	Dismissed FindingState = "dismissed" // a person has looked at it
)

// Finding is something that differs. Of a kind and an object of an account
// there is one. Amounts are in minor units.
type Finding struct {
	ID       string
	Kind     Kind
	Account  string // the connected account, "" for the platform's own
	Day      string // 2006-01-02
	OrderID  string // "" if there is none
	IntentID string // "" if there is none
	ObjectID string // what differs: pi_, ch_, re_, dp_, or the order
	Currency string
	AtStripe int64  // the amount at Stripe, 0 if there is none
	Here     int64  // the amount here, 0 if there is none
	Detail   string // the states, for people
	State    FindingState
	Note     string  // of whoever dismissed it
	Suspect  Suspect // how to look at it again
	FoundAt  time.Time
	SeenAt   time.Time // the last time
	ClosedAt time.Time // gone or dismissed; zero while it is open
}

// Suspect is something to look at once more.
type Suspect struct {
	Key       string `json:"-"` // the intent, the dispute, the charge or the order
	IntentID  string `json:"intent,omitempty"`
	ChargeID  string `json:"charge,omitempty"` // of a charge without an intent
	DisputeID string `json:"dispute,omitempty"`
	OrderID   string `json:"order,omitempty"`
	Attempt   string `json:"attempt,omitempty"` // with Order and Proof the mark of the charge
	Proof     string `json:"proof,omitempty"`
	Amount    int64  `json:"amount,omitempty"`
	Currency  string `json:"currency,omitempty"`
}

// State is how far a run has come.
type State string

// The states of a run.
const (
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"  // given up; see Run.Problem
	Skipped State = "skipped" // the account gives no access any more
)

// The phases of a run, in their order; doc.go says what they do.
var phases = []string{
	ListIntents, ListBalance, ListRefunds, ListDisputes, phaseOrders, phaseOpen, phaseJudge,
}

// The lists of Stripe, which are phases too.
const (
	ListIntents  = "payment_intents"
	ListBalance  = "balance_transactions"
	ListRefunds  = "refunds"
	ListDisputes = "disputes"

	phaseOrders = "orders"
	phaseOpen   = "open"
	phaseJudge  = "judge"
)

// FirstPhase is the phase with which a run begins.
const FirstPhase = ListIntents

// Run is the comparison of one day of one account.
type Run struct {
	ID         string // the day, and the account behind a slash
	Day        string // 2006-01-02
	Account    string // "" for the platform's own
	From       time.Time
	Until      time.Time
	Whole      bool // Until is the end of the day
	State      State
	Phase      string
	Cursor     string // the last object that the phase has dealt with
	Charges    int64  // of the day, at Stripe
	Neighbours int64  // those of them that are not ours
	Judged     int64  // suspects
	Findings   int64  // open ones of the account when the run ended
	Failures   int64  // of the current step, one after the other
	Problem    string // the last one, for the operator
	NextAt     time.Time
	BeganAt    time.Time
	FinishedAt time.Time

	Claim queue.Claim
}

// RunID returns the ID of the run of a day and an account.
func RunID(day, account string) string { return day + "/" + account }

// MayBegin reports whether next, a run of the same day and account, may take
// the place of r: never of one that is under way, and without again only of one
// that was given up or did not compare as much.
func (r *Run) MayBegin(next *Run, again bool) bool {
	switch r.State {
	case Running:
		return false
	case Failed:
		return true
	case Skipped:
		return again
	}
	return again || r.Until.Before(next.Until)
}

// settled is how long the events of a day may be on their way: no run compares
// what is younger.
const settled = time.Hour

// NewRun returns the run of a day that begins at now. The error says why it
// cannot be compared.
func NewRun(day, account string, now time.Time) (Run, error) {
	from, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return Run{}, fault.InvalidField("day", "drift_day", "A day is written like 2026-01-31.")
	}

	r := Run{
		ID:      RunID(day, account),
		Day:     day,
		Account: account,
		From:    from,
		Until:   from.AddDate(0, 0, 1),
		Whole:   true,
		State:   Running,
		Phase:   FirstPhase,
		NextAt:  now,
		BeganAt: now,
	}

	if last := now.Add(-settled); r.Until.After(last) {
		r.Until, r.Whole = last, false
	}

	if !r.Until.After(from) {
		return Run{}, fault.InvalidField("day", "drift_day",
			"The day has not begun, or only just: events of the last hour may still be on their way.")
	}

	return r, nil
}
