package payments

import (
	"fmt"
	"slices"
	"strings"

	"checkoutd/internal/fault"
	"checkoutd/internal/idempotency"
	"checkoutd/internal/money"
	"checkoutd/internal/orders"
)

// wish is what the shop asks for.
type wish struct {
	kind   OperationKind
	amount int64 // minor units; 0: all that there is
	reason string
}

// asksFor reports whether an operation is what the wish asks for. A wish that comes again
// while the first one's outcome is not known is the same wish: nothing is done twice.
func (w wish) asksFor(op *Operation) bool {
	return w.kind == op.Kind && w.reason == op.Reason && (w.amount == 0 || w.amount == op.Amount)
}

// start adds an operation to the state, or says why there may be none. It is committed
// before Stripe is called.
func (r rules) start(st *State, w wish, id string) error {
	if st.StartedOperation() != nil {
		return ErrOperationInProgress
	}
	if a := st.Active(); a != nil && (a.State.Open() || a.State == Processing) {
		return errPaymentInDoubt
	}
	op := Operation{ID: id, OrderID: st.Order.ID, Kind: w.kind, Reason: w.reason,
		IdempotencyKey: idempotency.Operation(id), State: OperationStarted, CreatedAt: r.now}
	var err error
	switch w.kind {
	case OperationCapture:
		op.IntentID, op.Amount, err = st.capturable(w.amount)
	case OperationRefund:
		op.IntentID, op.Amount, err = st.refundable(w)
	default:
		err = st.cancelable()
	}
	if err == nil {
		st.Operations = append(st.Operations, op)
	}
	return err
}

// capturable gives what is to be captured: of a hold once, all of it or a part
// (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
func (st *State) capturable(amount int64) (intentID string, _ int64, err error) {
	o := &st.Order
	at := slices.IndexFunc(st.Intents, func(in Intent) bool { return in.Status == StatusRequiresCapture })
	switch {
	case o.Status == orders.Paid:
		return "", 0, fault.New(fault.Conflict, "order_paid", "This order is paid: there is nothing left to capture.")
	case o.Status != orders.Authorized || at < 0:
		return "", 0, fault.New(fault.Conflict, "order_not_authorized", "Nothing is held for this order: it is "+string(o.Status)+".")
	case amount == 0:
		amount = o.Amount
	}
	return st.Intents[at].ID, amount, within(amount, o.Amount, o.Currency)
}

// refundable gives what is to be refunded: never more than was taken and is not on its way
// back yet (https://docs.stripe.com/refunds).
func (st *State) refundable(w wish) (intentID string, _ int64, err error) {
	o := &st.Order
	if !slices.Contains([]string{"", "duplicate", "fraudulent", "requested_by_customer"}, w.reason) {
		return "", 0, fault.InvalidField("reason", "reason_unknown", "A reason is duplicate, fraudulent or requested_by_customer.")
	}
	if o.Status == orders.Authorized {
		return "", 0, fault.New(fault.Conflict, "order_not_paid", "The money of this order is held, not taken: cancel the order.")
	}
	var paid []*Intent
	for i := range st.Intents {
		if in := &st.Intents[i]; in.Status == StatusSucceeded && in.Captured > 0 && !in.Renewal {
			paid = append(paid, in)
		}
	}
	switch {
	case o.Status != orders.Paid && o.Status != orders.Review || len(paid) == 0:
		return "", 0, fault.New(fault.Conflict, "order_not_paid", "Nothing was taken for this order: it is "+string(o.Status)+".")
	case len(paid) > 1:
		return "", 0, fault.New(fault.Conflict, "order_paid_twice",
			"This order was paid more than once: look at its payments in Stripe's Dashboard, and refund there.")
	}
	left := paid[0].Captured - st.refundedOf(paid[0])
	if left <= 0 {
		return "", 0, fault.New(fault.Conflict, "order_refunded", "All that was taken for this order is refunded, or on its way back.")
	}
	if w.amount == 0 {
		return paid[0].ID, left, nil
	}
	return paid[0].ID, w.amount, within(w.amount, left, o.Currency)
}

// within says what is wrong with an amount of which there is only so much.
func within(amount, most int64, currency string) error {
	step := money.Step(currency)
	switch {
	case amount < 1 || amount > most:
		return fault.InvalidField("amount", "amount_out_of_range", fmt.Sprintf("The amount must be from %s to %s %s.",
			money.Decimal(step, currency), money.Decimal(most, currency), strings.ToUpper(currency))).With("most", most)
	case amount%step != 0:
		return fault.InvalidField("amount", "amount_out_of_range", fmt.Sprintf("Amounts in %s must be multiples of %s.",
			strings.ToUpper(currency), money.Decimal(step, currency)))
	}
	return nil
}

// cancelable says why an order cannot be canceled, or nil.
func (st *State) cancelable() error {
	switch o := &st.Order; o.Status {
	case orders.Open, orders.Authorized:
		return nil
	case orders.Paid:
		return fault.New(fault.Conflict, "order_paid", "This order is paid: refund it.")
	case orders.Review:
		return fault.New(fault.Conflict, "order_in_review", "This order waits for a person: look at its payments in Stripe's Dashboard first.")
	default:
		return fault.New(fault.Conflict, "order_not_open", "There is nothing to cancel: this order is "+string(o.Status)+".")
	}
}
