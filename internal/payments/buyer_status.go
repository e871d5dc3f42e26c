package payments

import (
	"cmp"
	"context"
	"errors"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// Answer is what the page needs to continue.
type Answer struct {
	ClientSecret string `json:"client_secret"`
	Status       Status `json:"status"`
	AttemptID    string `json:"-"` // of the attempt that the answer is about, "" for an order without one
	// Instructions are set only by Resume.
	Instructions *InstructionsView `json:"instructions,omitempty"`
}

// answer returns the answer to the buyer whose token started a. It depends on
// the stored state alone, so that a repeated token gets the same answer.
func answer(st *State, a *Attempt) (Answer, error) {
	if a == nil {
		return Answer{}, fault.Of(errors.New("payments: the attempt of a token is gone"))
	}

	switch {
	case st.Order.Status == orders.Review: // the buyer must not continue a payment that does not match
		return Answer{}, errInReview
	case a.State.Open():
		return Answer{}, errUnknown
	case a.State == Failed && a.refusedByStatus() && st.tookMoney(a.IntentID):
		return Answer{}, errAlreadyPaid
	case a.State == Canceled && st.Order.Status == orders.Paid && st.paidOutOfBand():
		return Answer{}, errAlreadyPaid
	case !a.State.Active() && a.State != Succeeded:
		return Answer{}, a.fault()
	}

	out := Answer{Status: Status(a.State), AttemptID: a.ID} // from here on Stripe uses the same words
	if in := st.Intent(a.IntentID); in != nil {
		out.ClientSecret = in.ClientSecret
	}

	return out, nil
}

// refusedByStatus reports whether Stripe refused the attempt because of its
// intent's status, which may be that of a payment
// (https://docs.stripe.com/error-codes#payment-intent-unexpected-state).
func (a *Attempt) refusedByStatus() bool {
	return a.ErrorCode == codeIntentUnexpected || a.ErrorCode == codeSetupUnexpected
}

// Resume returns what the page needs to continue a payment that was in progress
// when the buyer left it. ok is false if there is none. Only the order's own
// buyer may see the result.
func (s *Service) Resume(ctx context.Context, orderID string) (out Answer, ok bool, err error) {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return Answer{}, false, err
	}

	a := st.Active()
	if a == nil || st.Order.Status == orders.Review {
		return Answer{}, false, nil
	}

	out.Status = Status(a.State)
	if in := st.Intent(a.IntentID); in != nil && a.State == RequiresAction {
		out.ClientSecret = in.ClientSecret
		out.Instructions = a.Instructions.view()
	}

	return out, true, nil
}

// Refusal is what the buyer may know of a payment that failed.
type Refusal struct {
	Fault      *fault.Error
	MethodType string // Stripe's type of what the buyer tried to pay with, "" if it is not known
}

// Refusal returns how the order's last attempt ended. failed is false if that
// attempt did not fail.
func (s *Service) Refusal(ctx context.Context, orderID string) (re Refusal, failed bool, err error) {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil || len(st.Attempts) == 0 {
		return Refusal{}, false, err
	}

	last := st.Attempts[len(st.Attempts)-1]
	return Refusal{last.fault(), last.MethodType}, last.State == Failed, nil
}

// setBuyerStatus derives the payment status and the message that the buyer sees
// from the order, its refunds, and a, the attempt that has just moved.
func (st *State) setBuyerStatus(a *Attempt) {
	o := &st.Order
	if o.Status != orders.Open {
		o.Message = ""
	}

	switch o.Status {
	case orders.Review:
		o.PaymentStatus = orders.PaymentReview
	case orders.Paid:
		o.PaymentStatus = paidStatus(o)
	case orders.Authorized:
		o.PaymentStatus = orders.PaymentAuthorized
	case orders.Expired, orders.Canceled:
		o.PaymentStatus = orders.Unpaid
	case orders.Open:
		if a == nil {
			return
		}

		o.Message = ""
		o.PaymentStatus = openStatus(a, o.PaymentStatus)

		if a.State == Failed {
			o.Message = a.fault().Message
		}
	}
}

// paidStatus returns the payment status of a paid order.
func paidStatus(o *orders.Order) orders.PaymentStatus {
	switch {
	case o.Refunded <= 0:
		return orders.PaymentPaid
	case o.Refunded < o.Captured:
		return orders.PartiallyRefunded
	default:
		return orders.Refunded
	}
}

// openStatus returns the payment status of an open order whose last attempt is
// a. A state that says nothing new to the buyer keeps the previous status.
func openStatus(a *Attempt, prev orders.PaymentStatus) orders.PaymentStatus {
	switch a.State {
	case Started, Unknown:
		return orders.Checking
	case RequiresAction:
		return orders.RequiresAction
	case Processing:
		return orders.Processing
	case Failed:
		return orders.PaymentFailed
	case Canceled:
		return orders.Unpaid
	}

	return prev
}

// fault returns the fault that the buyer sees after a failed attempt. It
// depends on stored values alone, so that the same token always gets the same
// answer.
func (a *Attempt) fault() *fault.Error {
	payment, said := a.told()
	explain := func(kind fault.Kind, code, message string) *fault.Error {
		return &fault.Error{Kind: kind, Code: code, Message: message, Payment: payment}
	}

	switch {
	case a.State == Canceled:
		payment.Type = cmp.Or(payment.Type, TypeInvalidRequest)
		payment.Code = cmp.Or(payment.Code, "payment_canceled")
		return explain(fault.Conflict, "payment_canceled", "This payment was canceled.")
	case a.ErrorType == TypeCard:
		return explain(fault.Declined, "payment_declined", said)
	case a.ErrorCode == codeSetupNotAuthenticated:
		return explain(fault.Declined, "payment_declined",
			"Your bank did not confirm this payment method. It was not saved; please try again or use another one.")
	case a.ErrorCode == codeNotAuthenticated:
		return explain(fault.Declined, "payment_declined",
			"Your bank did not confirm this payment. You were not charged; please try again or use another way to pay.")
	case a.ErrorCode == codeLapsed:
		return explain(fault.Declined, "payment_declined", "The time to make this payment is over. "+
			"If you have paid, please do not pay again; otherwise try again or use another way to pay.")
	}

	switch a.ErrorType {
	case TypeRateLimit:
		return explain(fault.Unavailable, "payment_provider_busy",
			"The payment provider is busy. You were not charged; please try again in a moment.")
	case TypeAuthentication, TypePermission:
		return shopFault(payment)
	case TypeInvalidRequest:
		return a.invalidRequest(payment)
	case TypeAPI, TypeConnection, TypeIdempotency:
		return explain(fault.Unavailable, "payment_provider_unavailable",
			"The payment provider had a problem. You were not charged; please try again.")
	default:
		payment.Type = TypeCard
		return explain(fault.Declined, "payment_declined",
			"The payment did not go through. Please try again or use another way to pay.")
	}
}
