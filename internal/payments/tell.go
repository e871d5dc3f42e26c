package payments

import (
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
)

// tellBuyer derives what the buyer is told from the order, its refunds and the attempt
// that has just moved.
func (st *State) tellBuyer(a *Attempt) {
	o := &st.Order
	if o.Status != orders.Open {
		o.Message = ""
	}
	switch o.Status {
	case orders.Review:
		o.PaymentStatus = orders.PaymentReview
	case orders.Paid:
		switch {
		case o.Refunded <= 0:
			o.PaymentStatus = orders.PaymentPaid
		case o.Refunded < o.Captured:
			o.PaymentStatus = orders.PartiallyRefunded
		default:
			o.PaymentStatus = orders.Refunded
		}
	case orders.Authorized:
		o.PaymentStatus = orders.PaymentAuthorized
	case orders.Expired, orders.Canceled:
		o.PaymentStatus = orders.Unpaid
	case orders.Open:
		if a == nil {
			return
		}
		o.Message = ""
		switch a.State {
		case Started, Unknown:
			o.PaymentStatus = orders.Checking
		case RequiresAction:
			o.PaymentStatus = orders.RequiresAction
		case Processing:
			o.PaymentStatus = orders.Processing
		case Failed:
			o.PaymentStatus, o.Message = orders.PaymentFailed, a.fault().Message
		case Canceled:
			o.PaymentStatus = orders.Unpaid
		}
	}
}

// patience is how long an attempt may stay in a state before the resolver
// looks at it for the nth time.
func (r rules) patience(s AttemptState, checks int64) time.Duration {
	n := int(checks) + 1
	switch s {
	case Started:
		return r.unknownAfter
	case Unknown:
		return queue.Backoff(n, time.Second, 5*time.Minute)
	case RequiresAction:
		return queue.Backoff(n, 10*time.Minute, 6*time.Hour)
	default: // processing, requires_capture: days are normal, the webhook tells
		return queue.Backoff(n, time.Hour, 12*time.Hour)
	}
}
