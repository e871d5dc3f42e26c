package payments_test

import (
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
)

// event is a step at Stripe, and the event about it.
type event struct {
	name   string
	status payments.Status
	err    *payments.StripeError
	kind   string // "" an intent's event, hint a charge's, refund, dispute
	refund payments.Refund
	part   int64 // what was captured of a hold, 0: all
}

// snap returns the intent as the event shows it.
func (e event) snap(p payments.Params) payments.Snapshot {
	s := snap(p, e.status)
	s.Error = e.err
	if e.part > 0 {
		s.CaptureMethod, s.AmountReceived = "manual", e.part
	}
	return s
}

// partly returns an event after a part was captured.
func partly(e event) event {
	e.part = 600
	return e
}

func is(name string, s payments.Status) event { return event{name: name, status: s} }

func hint(name string, s payments.Status) event {
	return event{
		name:   name,
		status: s,
		kind:   "hint",
	}
}

func refund(name, id string, amount int64, status string) event {
	return event{
		name:   name,
		status: payments.StatusSucceeded,
		kind:   "refund",
		refund: payments.Refund{
			ID:       id,
			IntentID: intentID,
			Amount:   amount,
			Currency: "usd",
			Status:   status,
		},
	}
}

// released returns the refund that Stripe lists for the part of a hold that was
// not captured.
var released = func() event {
	e := refund("charge.refunded", "re_release", 499, "succeeded")
	e.refund.CreatedAt = testkit.NewClock().Now()
	return e
}()

var cardDeclined = &payments.StripeError{
	Type:    payments.TypeCard,
	Code:    "card_declined",
	Message: "Your card was declined.",
}

const (
	rpm       = payments.StatusRequiresPaymentMethod
	action    = payments.StatusRequiresAction
	proc      = payments.StatusProcessing
	capturing = payments.StatusRequiresCapture
	succeeded = payments.StatusSucceeded
	gone      = payments.StatusCanceled
)

// sequences are what really happens at Stripe, in order.
var sequences = []struct {
	name    string
	answer  payments.Status // of the confirm call
	events  []event
	status  orders.Status
	payment orders.PaymentStatus
	paid    int
}{
	{"succeeded at once", succeeded, []event{
		is("created", rpm), hint("charge.succeeded", succeeded), is("succeeded", succeeded),
		hint("charge.updated", succeeded),
	}, orders.Paid, orders.PaymentPaid, 1},
	{"3D Secure", action, []event{
		is("created", rpm), is("requires_action", action), hint("charge.succeeded", succeeded),
		is("succeeded", succeeded), hint("charge.updated", succeeded),
	}, orders.Paid, orders.PaymentPaid, 1},
	{"3D Secure failed", action, []event{
		is("created", rpm), is("requires_action", action), {
			name:   "payment_failed",
			status: rpm,
			err:    cardDeclined,
		},
	}, orders.Open, orders.PaymentFailed, 0},
	{"processing then success", proc, []event{
		is("created", rpm), is("processing", proc), hint("charge.pending", proc),
		hint("charge.succeeded", succeeded), is("succeeded", succeeded),
	}, orders.Paid, orders.PaymentPaid, 1},
	{"processing then failure", proc, []event{
		is("created", rpm), is("processing", proc), hint("charge.pending", proc), hint("charge.failed", rpm), {
			name:   "payment_failed",
			status: rpm,
			err:    cardDeclined,
		},
	}, orders.Open, orders.PaymentFailed, 0},
	{"authorized then captured", capturing, []event{
		is("created", rpm), is("amount_capturable_updated", capturing), hint("charge.succeeded",
			capturing), hint("charge.captured", succeeded), is("succeeded", succeeded),
	}, orders.Paid, orders.PaymentPaid, 1},
	{"authorized, then captured in part: Stripe lists a refund for the rest", capturing, []event{
		is("created", rpm), is("amount_capturable_updated", capturing), partly(hint("charge.captured", succeeded)),
		partly(released), partly(is("succeeded", succeeded)),
	}, orders.Paid, orders.PaymentPaid, 1},
	{"captured in part, then refunded", capturing, []event{
		is("created", rpm), partly(released), partly(is("succeeded", succeeded)),
		partly(refund("refund.created", "re_1", 600, "pending")), partly(refund("refund.updated", "re_1",
			600, "succeeded")),
	}, orders.Paid, orders.Refunded, 1},
	{"authorized then canceled", capturing, []event{
		is("created", rpm), is("amount_capturable_updated", capturing), hint("charge.succeeded",
			capturing), is("canceled", gone),
	}, orders.Open, orders.Unpaid, 0},
	{"canceled", action, []event{
		is("created", rpm), is("requires_action", action), is("canceled", gone),
	}, orders.Open, orders.Unpaid, 0},
	{"refunded in parts", succeeded, []event{
		is("created", rpm), is("succeeded", succeeded), refund("refund.created", "re_1", 500, "pending"),
		refund("refund.updated", "re_1", 500, "succeeded"),
		refund("refund.created", "re_2", 599, "succeeded"), hint("charge.refunded", succeeded),
	}, orders.Paid, orders.Refunded, 1},
	{"a refund that failed", succeeded, []event{
		is("created", rpm), is("succeeded", succeeded), refund("refund.created", "re_1", 1099,
			"pending"), refund("refund.failed", "re_1", 1099, "failed"),
	}, orders.Paid, orders.PaymentPaid, 1},
	{"disputed", succeeded, []event{
		is("created", rpm), hint("charge.succeeded", succeeded), is("succeeded", succeeded), {
			name:   "charge.dispute.created",
			status: succeeded,
			kind:   "dispute",
		},
		{name: "charge.dispute.closed", status: succeeded, kind: "dispute"},
	}, orders.Paid, orders.PaymentPaid, 1},
}
