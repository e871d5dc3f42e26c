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

// operationRequest is what the shop asks for.
type operationRequest struct {
	kind   OperationKind
	amount int64 // minor units; 0: everything that is left
	reason string
}

// repeats reports whether the request asks for the same as an operation. While
// the outcome of the operation is not known, such a request is a repetition,
// and nothing is done twice.
func (req operationRequest) repeats(op *Operation) bool {
	return req.kind == op.Kind && req.reason == op.Reason && (req.amount == 0 || req.amount == op.Amount)
}

// start adds an operation to the state, or returns why there may be none. The
// operation is committed before Stripe is called.
func (r rules) start(st *State, req operationRequest, id string) error {
	if st.StartedOperation() != nil {
		return ErrOperationInProgress
	}
	if a := st.Active(); a != nil && a.State.unsettled() {
		return errPaymentInDoubt
	}
	if st.Order.Free() && st.Order.Status == orders.Paid {
		return errNothingPaid
	}

	op := Operation{
		ID:             id,
		OrderID:        st.Order.ID,
		Kind:           req.kind,
		Reason:         req.reason,
		IdempotencyKey: idempotency.Operation(id),
		Proof:          proofOf(r.proofKey, st.Order.ID, id),
		State:          OperationStarted,
		CreatedAt:      r.now,
	}

	var err error
	switch req.kind {
	case OperationCapture:
		op.IntentID, op.Amount, err = st.capturable(req.amount)
	case OperationRefund:
		op.IntentID, op.Amount, err = st.refundable(req)
	default:
		err = st.cancelable()
	}
	if err != nil {
		return err
	}

	st.Operations = append(st.Operations, op)
	return nil
}

// capturable returns the intent and the amount to capture. A hold is captured
// once, in full or in part
// (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
func (st *State) capturable(amount int64) (intentID string, _ int64, err error) {
	o := &st.Order
	hold := find(st.Intents, func(in *Intent) bool { return in.Status == StatusRequiresCapture })
	switch {
	case o.Status == orders.Paid:
		return "", 0, fault.New(fault.Conflict, "order_paid", "This order is paid: there is nothing left to capture.")
	case o.Status != orders.Authorized || hold == nil:
		return "", 0, fault.New(fault.Conflict, "order_not_authorized",
			"No money is held for this order: it is "+string(o.Status)+".")
	case amount == 0:
		amount = o.Amount
	}

	return hold.ID, amount, checkAmount(amount, o.Amount, o.Currency)
}

// refundable returns the intent and the amount to refund: never more than what
// was captured and is not refunded or being refunded yet
// (https://docs.stripe.com/refunds).
func (st *State) refundable(req operationRequest) (intentID string, _ int64, err error) {
	o := &st.Order
	if !slices.Contains([]string{"", "duplicate", "fraudulent", "requested_by_customer"}, req.reason) {
		return "", 0, fault.InvalidField("reason", "reason_unknown",
			"The reason must be duplicate, fraudulent or requested_by_customer.")
	}

	if o.Status == orders.Authorized {
		return "", 0, fault.New(fault.Conflict, "order_not_paid",
			"The money for this order is held, not captured: cancel the order instead.")
	}

	var paid []*Intent
	for i := range st.Intents {
		if in := &st.Intents[i]; in.Status == StatusSucceeded && in.Captured > 0 && !in.Renewal {
			paid = append(paid, in)
		}
	}

	switch {
	case o.Status != orders.Paid && o.Status != orders.Review || len(paid) == 0:
		return "", 0, fault.New(fault.Conflict, "order_not_paid",
			"No money was captured for this order: it is "+string(o.Status)+".")
	case len(paid) > 1:
		return "", 0, fault.New(fault.Conflict, "order_paid_twice",
			"This order was paid more than once: check its payments in the Stripe Dashboard and refund there.")
	}

	left := paid[0].Captured - st.refundedOf(paid[0])
	if left <= 0 {
		return "", 0, fault.New(fault.Conflict, "order_refunded",
			"All money captured for this order is refunded or being refunded.")
	}

	if req.amount == 0 {
		return paid[0].ID, left, nil
	}

	return paid[0].ID, req.amount, checkAmount(req.amount, left, o.Currency)
}

// checkAmount returns what is wrong with an amount of which at most limit is
// available, nil if it is right.
func checkAmount(amount, limit int64, currency string) error {
	step := money.Step(currency)
	switch {
	case amount < 1 || amount > limit:
		return fault.InvalidField("amount", "amount_out_of_range",
			fmt.Sprintf("The amount must be between %s and %s %s.",
				money.Decimal(step, currency), money.Decimal(limit, currency), strings.ToUpper(currency))).
			With("most", limit)

	case amount%step != 0:
		return fault.InvalidField("amount", "amount_out_of_range",
			fmt.Sprintf("An amount in %s must be a multiple of %s.",
				strings.ToUpper(currency), money.Decimal(step, currency)))
	}

	return nil
}

// cancelable returns why an order cannot be canceled, nil if it can.
func (st *State) cancelable() error {
	switch o := &st.Order; o.Status {
	case orders.Open, orders.Authorized:
		return nil
	case orders.Paid:
		return fault.New(fault.Conflict, "order_paid", "This order is paid: refund it instead.")
	case orders.Review:
		return fault.New(fault.Conflict, "order_in_review",
			"This order is in review: check its payments in the Stripe Dashboard first.")
	default:
		return fault.New(fault.Conflict, "order_not_open",
			"There is nothing to cancel: this order is "+string(o.Status)+".")
	}
}
