package api

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/httpio"
	"checkoutd/internal/money"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks"
)

// Timeline is everything that happened to an order, oldest first.
type Timeline struct {
	Object string  `json:"object"` // always "timeline"
	Order  string  `json:"order"`
	Data   []Entry `json:"data"`
	// Truncated is set if the order has more events than are shown.
	Truncated bool `json:"truncated"`
}

// Entry is one thing that happened. It holds no card data, no secrets, and
// nothing that the buyer typed.
type Entry struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`   // order, attempt, operation, refund, dispute, event, effect, …
	ID     *string   `json:"id"`     // of the attempt, the operation, …
	Status *string   `json:"status"` // its state now; of the order, the one that it began with
	Text   string    `json:"text"`   // a sentence for support
}

// maxEvents is how many events of an order a timeline shows, the newest.
const maxEvents = 500

// ServeTimeline is GET /v1/orders/{id}/timeline.
func (s *Service) ServeTimeline(w http.ResponseWriter, r *http.Request, _ Call) error {
	ctx := r.Context()
	st, err := s.cfg.Orders.Read(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}

	id := st.Order.ID
	httpio.LogFields(ctx).Set("order_id", id)

	effects, err := s.cfg.Orders.Effects(ctx, id)
	if err != nil {
		return err
	}

	events, err := s.cfg.Orders.Events(ctx, webhooks.Filter{OrderID: id, Limit: maxEvents + 1})
	if err != nil {
		return err
	}

	out := Timeline{Object: "timeline", Order: id, Truncated: len(events) > maxEvents}
	out.Data = entries(st, effects, events[:min(len(events), maxEvents)])

	return httpio.WriteJSON(w, http.StatusOK, out)
}

// entries returns what happened to an order, oldest first. Of two things at the
// same time, the cause comes before the effect.
func entries(st *payments.State, effects []payments.Effect, events []webhooks.Event) []Entry {
	list := []Entry{{
		At:     st.Order.CreatedAt,
		Kind:   "order",
		ID:     &st.Order.ID,
		Status: optional(string(orders.Open)), // which is how every order begins
		Text:   "The order " + purpose(st.Order.Mode, st.Order.Amount, st.Order.Currency) + " was created.",
	}}

	for _, op := range st.Operations {
		list = append(list, entry(op.CreatedAt, "operation", op.ID, string(op.State),
			operationText(op, st.Order.Currency)))
	}

	for _, a := range st.Attempts {
		list = append(list, entry(a.CreatedAt, "attempt", a.ID, string(a.State), attemptText(a)))
	}

	for _, re := range st.Refunds {
		list = append(list, entry(refundedAt(st, re), "refund", re.ID, re.Status, refundText(re)))
	}

	for _, d := range st.Disputes {
		at := latest(cmp.Or(d.CreatedAt, d.UpdatedAt), st.Order.PaidAt)
		list = append(list, entry(at, "dispute", d.ID, d.Status, disputeText(d)))
	}

	for _, sub := range st.Subscriptions {
		list = append(list, entry(sub.CreatedAt, "subscription", sub.ID, string(sub.Status),
			"The subscription began; it is "+words(string(sub.Status))+" now."))
	}

	for _, f := range st.ForeignPayments {
		list = append(list, entry(f.CreatedAt, "foreign_payment", f.IntentID, string(f.Status), foreignText(f)))
	}

	for _, e := range events {
		list = append(list, entry(e.ReceivedAt, "event", e.ID, string(e.State), eventText(e)))
	}

	for _, e := range effects {
		list = append(list, entry(e.CreatedAt, "effect", e.Subject, "", effectText(e)))
	}

	slices.SortStableFunc(list, func(a, b Entry) int { return a.At.Compare(b.At) })
	return list
}

func entry(at time.Time, kind, id, status, text string) Entry {
	return Entry{
		At:     at.UTC(),
		Kind:   kind,
		ID:     optional(id),
		Status: optional(status),
		Text:   text,
	}
}

// attemptTexts say what became of an attempt.
var attemptTexts = map[payments.AttemptState]string{
	payments.Started:         "it was sent to Stripe, which has not answered yet",
	payments.Unknown:         "its outcome is not known yet; Stripe is being asked",
	payments.RequiresAction:  "the buyer has to confirm it, for instance with 3D Secure",
	payments.Processing:      "the bank is processing it",
	payments.RequiresCapture: "the money is held and waits to be captured",
	payments.Succeeded:       "it succeeded",
	payments.Failed:          "it failed",
	payments.Canceled:        "it was canceled",
}

func attemptText(a payments.Attempt) string {
	text := fmt.Sprintf("Attempt %d %s: %s", a.N, purpose(a.Params.Mode, a.Params.Amount, a.Params.Currency),
		cmp.Or(attemptTexts[a.State], words(string(a.State))))
	if why := cmp.Or(a.DeclineCode, a.ErrorCode, a.ErrorType); why != "" {
		text += " (" + words(why) + ")"
	}
	return text + "."
}

// purpose says what an order or an attempt is for.
func purpose(mode orders.Mode, minor int64, currency string) string {
	if mode == orders.ModeSetup {
		return "to save a payment method"
	}
	return "to pay " + amount(minor, currency)
}

func operationText(op payments.Operation, currency string) string {
	text := "The shop asked to cancel the order"
	if op.Kind != payments.OperationCancel {
		text = "The shop asked to " + string(op.Kind) + " " + amount(op.Amount, currency)
	}

	if op.Reason != "" {
		text += " (" + words(op.Reason) + ")"
	}

	switch op.State {
	case payments.OperationDone:
		return text + "; it was done."
	case payments.OperationFailed:
		return text + "; it failed: " + strings.TrimSuffix(op.Note, ".") + "."
	}

	return text + "; the outcome is not known yet."
}

func refundText(re payments.Refund) string {
	who := "somebody in Stripe's Dashboard, or another program"
	if re.OperationID != "" {
		who = "the shop"
	}
	return "A refund of " + amount(re.Amount, re.Currency) + " was made by " + who + "; it is " + words(re.Status) + "."
}

// refundedAt returns when a refund was made. Stripe tells the second, in which
// the payment and the operation may lie as well: they came before.
func refundedAt(st *payments.State, re payments.Refund) time.Time {
	at := latest(cmp.Or(re.CreatedAt, re.UpdatedAt), st.Order.PaidAt)
	for _, op := range st.Operations {
		if op.ID == re.OperationID {
			at = latest(at, op.CreatedAt)
		}
	}
	return at
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func disputeText(d payments.Dispute) string {
	text := "The buyer disputes " + amount(d.Amount, d.Currency)
	if d.Reason != "" {
		text += " (" + words(d.Reason) + ")"
	}

	text += "; the dispute is " + words(d.Status)
	if d.NeedsResponse() && !d.EvidenceDueBy.IsZero() {
		text += ", with evidence due by " + d.EvidenceDueBy.UTC().Format(time.RFC3339)
	}

	return text + "."
}

func foreignText(f payments.ForeignPayment) string {
	text := "Money that no attempt of the order took names the order: " + amount(f.Amount, f.Currency)
	switch {
	case f.Adopted:
		return text + "; it was adopted."
	case f.Open():
		return text + "; a person has to decide."
	}
	return text + "; it is " + words(string(f.Status)) + "."
}

// eventTexts say what became of an event.
var eventTexts = map[webhooks.State]string{
	webhooks.Received:  "it waits to be processed",
	webhooks.Working:   "it is being processed",
	webhooks.Unmatched: "it waits for its order",
	webhooks.Done:      "it was processed",
}

func eventText(e webhooks.Event) string {
	text := "Stripe reported " + e.Type + "; " + cmp.Or(eventTexts[e.State], "it is "+words(string(e.State)))
	// Otherwise the note is the last error, which may tell of the inside.
	if e.Note != "" && (e.State == webhooks.Done || e.State == webhooks.Ignored || e.State == webhooks.Quarantined) {
		text += ": " + strings.TrimSuffix(e.Note, ".")
	}
	return text + "."
}

// effectTexts say what an effect means.
var effectTexts = map[string]string{
	payments.EffectAuthorized:    "The money is held.",
	payments.EffectPaid:          "The order became paid.",
	payments.EffectSaved:         "The payment method was saved.",
	payments.EffectCaptureFailed: "The money that was held could not be captured.",
	payments.EffectRefunded:      "The refund succeeded.",
	payments.EffectRefundFailed:  "The refund failed: the shop still has the money.",
	payments.EffectReview:        "The order went to review: a person has to decide.",
	payments.EffectForeign:       "Money that no attempt took was found: a person has to decide.",
	payments.EffectDisputed:      "The buyer disputes the payment.",
	payments.EffectDisputeClosed: "The dispute is closed.",
	payments.EffectExpired:       "The order expired without a payment.",
	payments.EffectCanceled:      "The order was canceled.",
	payments.EffectRenewed:       "The subscription was renewed.",
	payments.EffectPastDue:       "The subscription is past due.",
	payments.EffectEnded:         "The subscription ended.",
}

func effectText(e payments.Effect) string {
	return cmp.Or(effectTexts[e.Kind], "It has the effect "+e.Kind+".")
}

// words returns a code of Stripe's as words.
func words(code string) string { return strings.ReplaceAll(code, "_", " ") }

// amount formats minor units with their currency.
func amount(minor int64, currency string) string {
	return money.Decimal(minor, currency) + " " + strings.ToUpper(currency)
}
