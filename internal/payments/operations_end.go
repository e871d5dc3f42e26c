package payments

import (
	"fmt"
	"strings"
	"time"

	"checkoutd/internal/money"
	"checkoutd/internal/orders"
)

// canceling reports whether the shop is about to cancel the order, so that no payment may
// start.
func (st *State) canceling() bool {
	op := st.StartedOperation()
	return op != nil && op.Kind == OperationCancel
}

// sending is what came of sending an operation.
type sending struct {
	sent     bool      // false: Stripe was only read
	fresh    bool      // it was written for this call
	lastSent time.Time // when it may have been sent before this call
	err      error
}

// keepsKeysFor is how long an operation is sent again under its key. Stripe forgets a key
// after 24 hours (https://docs.stripe.com/api/idempotent_requests), and would then do it
// once more.
const keepsKeysFor = 23 * time.Hour

// conclude ends an operation as far as the order and the call tell; the order has been
// brought up to date since the call.
func (r rules) conclude(st *State, operationID string, c sending) {
	op := st.operation(operationID)
	if op == nil || op.State == OperationDone {
		return
	}
	done, note := r.became(st, op, c)
	switch {
	case done:
		op.State, op.Note = OperationDone, note
	case op.State == OperationFailed:
		// It was given up, and is not done: it stays so.
	case note != "":
		op.State, op.Note = OperationFailed, note
	case r.disproved(op, c):
		op.State, op.Note = OperationFailed, refusalOf(c.err)
	}
}

// became reads from the order what became of an operation; a note without done says why
// it never can be.
func (r rules) became(st *State, op *Operation, c sending) (done bool, note string) {
	answered := c.sent && c.err == nil
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

func (st *State) captured(op *Operation, answered bool) (done bool, note string) {
	in := st.Intent(op.IntentID)
	switch {
	case in == nil:
		return answered, ""
	case in.Status == StatusSucceeded && in.Captured != op.Amount:
		return false, fmt.Sprintf("%s %s were captured by somebody else", money.Decimal(in.Captured, in.Currency), strings.ToUpper(in.Currency))
	case in.Status == StatusCanceled:
		return false, "the hold is gone"
	}
	return answered || in.Status == StatusSucceeded, ""
}

// cancelOrder closes an order whose intents can take no money any more.
func (r rules) cancelOrder(st *State, answered bool) (done bool, note string) {
	o := &st.Order
	switch o.Status {
	case orders.Canceled:
		return true, ""
	case orders.Open:
	case orders.Authorized:
		if answered {
			return false, "Stripe did not let the hold go"
		}
		return false, ""
	default:
		return false, "the order became " + string(o.Status) + " first"
	}
	if reason := st.unseen(); reason != "" {
		r.review(st, reason)
		return false, reason
	}
	if !st.mayTakeMoney() {
		o.Status = orders.Canceled
		st.tellBuyer(nil)
		return true, ""
	}
	if answered {
		return false, "Stripe did not cancel the payment"
	}
	return false, ""
}

// disproved reports whether an operation that did not show is known to have failed. What
// Stripe does under the key tells at once, as does the refusal of the only request. Else
// it has to have been quiet for so long that nothing can be under way any more, and
// this call must not have left a request without an answer.
func (r rules) disproved(op *Operation, c sending) bool {
	if !c.sent {
		return r.now.Sub(c.lastSent) >= proofAfter
	}
	if c.err == nil {
		return false
	}
	e := asCallError(c.err)
	if first := c.fresh && op.Note == ""; e.refusal(first) {
		return true
	}
	return (e.Outcome == OutcomeRefused || e.Replayed) && r.now.Sub(c.lastSent) >= proofAfter
}

// refusalOf is what Stripe said, for the shop.
func refusalOf(err error) string {
	if err == nil {
		return "it never reached Stripe"
	}
	e := asCallError(err).Stripe
	if e.Message == "" {
		return strings.TrimSpace("Stripe refused: " + e.Type + " " + e.Code)
	}
	const most = 200
	text := []rune(strings.TrimRight(strings.Join(strings.Fields(e.Message), " "), "."))
	return "Stripe refused: " + string(text[:min(len(text), most)])
}
