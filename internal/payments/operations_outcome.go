package payments

import (
	"fmt"
	"strings"
	"time"

	"checkoutd/internal/money"
	"checkoutd/internal/orders"
)

// callResult is the result of sending an operation.
type callResult struct {
	sent      bool      // false: Stripe was only read
	firstSend bool      // the operation was written for this call
	lastSent  time.Time // when it may have been sent before this call
	err       error
}

// keyLifetime is how long an operation is sent again under its key. Stripe
// forgets a key after 24 hours
// (https://docs.stripe.com/api/idempotent_requests), and would then do it once
// more.
const keyLifetime = 23 * time.Hour

// conclude ends an operation if the order and the call show its outcome. The
// order has been brought up to date since the call.
func (r rules) conclude(st *State, operationID string, call callResult) {
	op := st.operation(operationID)
	if op == nil || op.State == OperationDone {
		return
	}

	done, note := r.outcomeOf(st, op, call)
	switch {
	case done:
		op.State, op.Note = OperationDone, note
	case op.State == OperationFailed:

		// It was given up, and nothing shows that it was done after all.
	case note != "":
		op.State, op.Note = OperationFailed, note
		r.tellFailure(st, op)
	case r.provesFailure(op, call):
		op.State, op.Note = OperationFailed, refusalOf(call.err)
		r.tellFailure(st, op)
	}
}

// outcomeOf derives an operation's outcome from the order. A note without done
// is why the operation can never be done.
func (r rules) outcomeOf(st *State, op *Operation, call callResult) (done bool, note string) {
	answered := call.sent && call.err == nil
	switch op.Kind {
	case OperationCapture:
		return st.captured(op, answered)
	case OperationRefund:
		re := st.refundBy(op.ID)
		if re == nil {
			return false, ""
		}
		return true, re.ID

	default:
		return r.cancelOrder(st, answered)
	}
}

// captured reports whether a capture shows on its intent.
func (st *State) captured(op *Operation, answered bool) (done bool, note string) {
	in := st.Intent(op.IntentID)
	switch {
	case in == nil:
		return answered, ""
	case in.Status == StatusSucceeded && in.Captured != op.Amount:
		return false, fmt.Sprintf("somebody else captured %s %s",
			money.Decimal(in.Captured, in.Currency), strings.ToUpper(in.Currency))
	case in.Status == StatusCanceled:
		return false, "the hold no longer exists"
	}

	return answered || in.Status == StatusSucceeded, ""
}

// cancelOrder closes an order whose intents can no longer take money.
func (r rules) cancelOrder(st *State, answered bool) (done bool, note string) {
	o := &st.Order
	switch o.Status {
	case orders.Canceled:
		return true, ""
	case orders.Open:
	case orders.Authorized:
		if answered {
			return false, "Stripe did not release the hold"
		}
		return false, ""

	default:
		return false, "the order became " + string(o.Status) + " first"
	}

	if reason := st.strayReason(); reason != "" {
		r.review(st, reason)
		return false, reason
	}

	if !st.mayTakeMoney() {
		o.Status = orders.Canceled
		st.setBuyerStatus(nil)
		r.happens(st, EffectCanceled)
		return true, ""
	}

	if answered {
		return false, "Stripe did not cancel the payment"
	}

	return false, ""
}

// provesFailure reports whether an operation whose result does not show has
// certainly failed. An answer from under its key proves that at once, and so
// does the refusal of the only request. Otherwise enough time must have passed
// that no request can be in flight any more, and this call must have got an
// answer.
func (r rules) provesFailure(op *Operation, call callResult) bool {
	quiet := r.now.Sub(call.lastSent) >= proofAfter
	if !call.sent {
		return quiet
	}
	if call.err == nil {
		return false
	}

	// A note means that the operation was sent again in the meantime.
	e := asCallError(call.err)
	if e.provesFailure(call.firstSend && op.Note == "") {
		return true
	}

	return quiet && (e.Outcome == OutcomeRefused || e.Replayed)
}

// refusalOf returns why an operation failed, for the shop.
func refusalOf(err error) string {
	if err == nil {
		return "it never reached Stripe"
	}

	e := asCallError(err).Stripe
	if e.Message == "" {
		return strings.TrimSpace("Stripe refused: " + e.Type + " " + e.Code)
	}

	const maxLength = 200
	text := []rune(strings.TrimRight(strings.Join(strings.Fields(e.Message), " "), "."))
	return "Stripe refused: " + string(text[:min(len(text), maxLength)])
}
