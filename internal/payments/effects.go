package payments

import (
	"strconv"
	"time"

	"checkoutd/internal/orders"
)

// Effect is a consequence that happens exactly once per order or account, kind
// and subject. Its row is written in the transaction that causes it.
type Effect struct {
	ID      string // stable: a receiver recognizes a repetition by it; the store sets it
	OrderID string // "" if it is about an account
	// AccountID is the connected account that it is about, "" for an order.
	AccountID string
	N         int64  // numbers the effects of an order from 1; the store sets it
	Kind      string // EffectPaid and its like
	Subject   string // what at Stripe, or which operation, it is about; "" for the order itself
	// ObjectStatus is the status of the subject at that time, "" for the order
	// itself.
	ObjectStatus string
	Then         OrderThen // the store sets it
	// Trace is the span that what follows continues, a W3C traceparent; the
	// store sets it.
	Trace     string
	CreatedAt time.Time
}

// OrderThen is what may change of an order later, as it was when an effect was
// committed.
type OrderThen struct {
	Status        orders.Status        `json:"status"`
	PaymentStatus orders.PaymentStatus `json:"payment_status"`
	Amount        int64                `json:"amount"`
	Captured      int64                `json:"captured"`
	Refunded      int64                `json:"refunded"`
	Currency      string               `json:"currency,omitempty"` // for the log; it never changes
}

// ThenOf returns what an effect keeps of an order.
func ThenOf(o *orders.Order) OrderThen {
	return OrderThen{
		Status:        o.Status,
		PaymentStatus: o.PaymentStatus,
		Amount:        o.Amount,
		Captured:      o.Captured,
		Refunded:      o.Refunded,
		Currency:      o.Currency,
	}
}

// Apply makes o what it was when the effect was committed, in what may have
// changed since. An effect of a former release has kept nothing.
func (t OrderThen) Apply(o *orders.Order) {
	if t.Status == "" {
		return
	}

	o.Status, o.PaymentStatus = t.Status, t.PaymentStatus
	o.Amount, o.Captured, o.Refunded = t.Amount, t.Captured, t.Refunded

	if t.Status != orders.Review {
		o.ReviewReason = ""
		if t.Status != orders.Paid {
			o.PaidAt = time.Time{}
		}
	}
}

// The kinds of effect. Package effects says what each of them means to a shop.
const (
	EffectAuthorized    = "order.authorized" // for each intent that holds money
	EffectPaid          = "order.paid"
	EffectSaved         = "order.method_saved"    // in mode setup, instead of order.paid
	EffectCaptureFailed = "order.capture_failed"  // for each operation, or hold that lapsed
	EffectRefunded      = "order.refunded"        // for each refund
	EffectRefundFailed  = "order.refund_failed"   // for each refund, or operation that made none
	EffectDisputed      = "order.disputed"        // for each dispute
	EffectDisputeClosed = "order.dispute_closed"  // for each dispute
	EffectReview        = "order.review"          // a person decides
	EffectForeign       = "order.foreign_payment" // for each intent; see ForeignPayment
	EffectExpired       = "order.expired"
	EffectCanceled      = "order.canceled"

	EffectRenewed = "subscription.renewed"  // for each intent that paid a later invoice
	EffectPastDue = "subscription.past_due" // for each period
	EffectEnded   = "subscription.canceled" // for each subscription
)

// EffectKinds returns all kinds of effect.
func EffectKinds() []string {
	return []string{
		EffectAuthorized, EffectPaid, EffectSaved, EffectCaptureFailed, EffectRefunded, EffectRefundFailed,
		EffectDisputed, EffectDisputeClosed, EffectReview, EffectForeign, EffectExpired, EffectCanceled,
		EffectRenewed, EffectPastDue, EffectEnded,
	}
}

// happens adds an effect about the order itself.
func (r rules) happens(st *State, kind string) { r.happensTo(st, kind, "", "") }

// happensTo adds an effect about a subject in a status. The store ignores one
// that it has.
func (r rules) happensTo(st *State, kind, subject, status string) {
	st.Effects = append(st.Effects, Effect{
		OrderID:      st.Order.ID,
		Kind:         kind,
		Subject:      subject,
		ObjectStatus: status,
		CreatedAt:    r.now,
	})
}

// tellRefunds adds the effects of the refunds of money that is known to be
// taken. One that is pending counts, as it does in Order.Refunded; if it fails
// in the end, that is another effect.
func (r rules) tellRefunds(st *State) {
	for i := range st.Intents {
		in := &st.Intents[i]
		if in.Status != StatusSucceeded {
			continue // what was refunded is told with the payment
		}

		for _, re := range st.refundsOf(in) {
			if re.Failed() {
				r.happensTo(st, EffectRefundFailed, re.ID, re.Status)
			} else {
				r.happensTo(st, EffectRefunded, re.ID, re.Status)
			}
		}
	}
}

// tellFailure adds the effect of an operation that failed.
func (r rules) tellFailure(st *State, op *Operation) {
	switch op.Kind {
	case OperationRefund:
		r.happensTo(st, EffectRefundFailed, op.ID, string(op.State))
	case OperationCapture:
		if in := st.Intent(op.IntentID); in != nil && in.Status == StatusCanceled {
			r.happensTo(st, EffectCaptureFailed, in.ID, string(in.Status)) // told once, by whichever comes first
			return
		}
		r.happensTo(st, EffectCaptureFailed, op.ID, string(op.State))
	}
}

// tellSubscription adds the effects of a subscription's news. prev is the
// status that was known, "" for none. A trial runs before it has begun for the
// buyer: what ends until then has never been told of.
func (r rules) tellSubscription(st *State, sub *Subscription, prev SubscriptionStatus) {
	begun := prev.running() && !st.Order.Trial() || st.began(sub.ID)

	switch {
	case sub.Status.pastDue() && !prev.pastDue():
		period := strconv.FormatInt(sub.PeriodEnd.Unix(), 10)
		r.happensTo(st, EffectPastDue, sub.ID+"/"+period, string(sub.Status))
	case sub.Status == SubscriptionCanceled && prev != sub.Status && begun:
		r.happensTo(st, EffectEnded, sub.ID, string(sub.Status))
	}
}

// pastDue reports whether a renewal of the subscription was not paid.
func (s SubscriptionStatus) pastDue() bool {
	return s == SubscriptionPastDue || s == SubscriptionUnpaid
}

// began reports whether the first invoice of a subscription is paid.
func (st *State) began(subscriptionID string) bool {
	return find(st.Intents, func(in *Intent) bool {
		return in.SubscriptionID == subscriptionID && !in.Renewal && in.paid()
	}) != nil
}
