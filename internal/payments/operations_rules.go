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

// OperationRequest is what the shop asks for.
type OperationRequest struct {
	// ID becomes the ID of the operation, op_…, so that a repetition of the
	// request is the same operation, whatever became of it. Without one, a
	// request that asks for the same is a repetition only while the outcome of
	// the operation is not known.
	ID     string
	Kind   OperationKind
	Amount int64  // minor units; 0: everything that is left
	Reason string // of a refund
	// RefundFee gives the platform's fee back, and ReverseTransfer takes the
	// money back from the destination, both in proportion to a refund.
	RefundFee       bool
	ReverseTransfer bool
	// UsualFee lets the configuration decide about RefundFee, as far as the
	// order has a fee.
	UsualFee bool
}

// repeats reports whether the request is a repetition of the one that led to a
// started operation, so that nothing is done twice.
func (req OperationRequest) repeats(op *Operation) bool {
	if req.ID != "" {
		return req.ID == op.ID
	}
	return req.Kind == op.Kind && req.Reason == op.Reason &&
		(req.UsualFee || req.RefundFee == op.RefundFee) && req.ReverseTransfer == op.ReverseTransfer &&
		(req.Amount == 0 || req.Amount == op.Amount)
}

// naming returns the request with the amount of a capture of the whole hold, so
// that it does not count as a repetition of an earlier one for a part.
func (req OperationRequest) naming(o *orders.Order) OperationRequest {
	if req.Kind == OperationCapture && req.Amount == 0 {
		req.Amount = o.Amount
	}
	return req
}

// start adds an operation to the state, or returns why there may be none. The
// operation is committed before Stripe is called.
func (r rules) start(st *State, req OperationRequest, id string) error {
	if st.StartedOperation() != nil || st.operation(id) != nil {
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
		Kind:           req.Kind,
		Reason:         req.Reason,
		IdempotencyKey: idempotency.Operation(st.Order.Account, id),
		Proof:          proofOf(r.proofKey, st.Order.ID, id),
		State:          OperationStarted,
		CreatedAt:      r.now,
	}

	var err error
	switch req.Kind {
	case OperationCapture:
		op.IntentID, op.Amount, err = st.capturable(req.Amount)
		op.Fee, op.Transfer = st.Order.CaptureFee(op.Amount), st.Order.TransferOf(op.Amount)
	case OperationRefund:
		req.RefundFee = req.RefundFee || req.UsualFee && r.refundFee && st.usuallyRefundsFee(req)
		op.IntentID, op.Amount, err = st.refundable(req)
		op.RefundFee, op.ReverseTransfer = req.RefundFee, req.ReverseTransfer
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
func (st *State) refundable(req OperationRequest) (intentID string, _ int64, err error) {
	o := &st.Order
	if !slices.Contains([]string{"", "duplicate", "fraudulent", "requested_by_customer"}, req.Reason) {
		return "", 0, fault.InvalidField("reason", "reason_unknown",
			"The reason must be duplicate, fraudulent or requested_by_customer.")
	}

	if req.RefundFee && !st.mayHaveFee() {
		return "", 0, fault.InvalidField("refund_application_fee", "no_fee",
			"The platform took no fee of this order.")
	}

	if req.RefundFee && !req.ReverseTransfer && o.Connect.Destination != "" {
		return "", 0, fault.InvalidField("refund_application_fee", "fee_needs_reversal",
			"The fee of a destination charge is given back together with its transfer: set reverse_transfer, too.")
	}

	if req.ReverseTransfer && o.Connect.Destination == "" {
		return "", 0, fault.InvalidField("reverse_transfer", "no_transfer",
			"The money of this order was transferred to no account.")
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
	case o.Status == orders.Paid && len(paid) == 0 && st.paidOutOfBand():
		return "", 0, errPaidOutOfBand
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

	if req.Amount == 0 {
		return paid[0].ID, left, nil
	}

	return paid[0].ID, req.Amount, checkAmount(req.Amount, left, o.Currency)
}

// mayHaveFee reports whether the intent that took the order's money may have a
// fee, or the share of a subscription: that of the attempt which succeeded with
// it. An intent follows the order until then, so that what an earlier attempt
// asked for does not count unless none is known to have succeeded.
func (st *State) mayHaveFee() bool {
	hasFee := func(a Attempt) bool { return a.Params.Fee > 0 || a.Params.FeeShare > 0 }
	paid := func(a Attempt) bool { return a.State == Succeeded }
	if slices.ContainsFunc(st.Attempts, paid) {
		return slices.ContainsFunc(st.Attempts, func(a Attempt) bool { return paid(a) && hasFee(a) })
	}
	return slices.ContainsFunc(st.Attempts, hasFee)
}

// usuallyRefundsFee reports whether a refund that says nothing of the fee can
// give it back. That of a destination charge is given back only together with
// the transfer, or else the destination would keep both
// (https://docs.stripe.com/connect/destination-charges#issue-refunds).
func (st *State) usuallyRefundsFee(req OperationRequest) bool {
	return st.mayHaveFee() && (req.ReverseTransfer || st.Order.Connect.Destination == "")
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
