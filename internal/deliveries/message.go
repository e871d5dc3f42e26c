package deliveries

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/drift"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/tracing"
)

// Message is the payload of a webhook.
type Message struct {
	ID        string    `json:"id"` // also in the header webhook-id; a repetition has the same
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // when it happened
	// Sequence numbers what happened to the order, or the account, from 1;
	// findings have numbers of their own.
	Sequence int64 `json:"sequence"`
	Data     any   `json:"data"` // the order, the account, or the finding

	// What else it is about.
	Refund       *RefundObject       `json:"refund,omitempty"`
	Dispute      *DisputeObject      `json:"dispute,omitempty"`
	Operation    *OperationObject    `json:"operation,omitempty"`
	Subscription *SubscriptionObject `json:"subscription,omitempty"`
	Payment      *PaymentObject      `json:"payment,omitempty"`
}

// RefundObject is a refund. Status is what it was when this happened.
type RefundObject struct {
	ID       string `json:"id"` // Stripe's
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	Status   string `json:"status"`
	Reason   string `json:"reason,omitempty"`
}

// DisputeObject is a dispute. Status is what it was when this happened.
type DisputeObject struct {
	ID            string    `json:"id"` // Stripe's
	Amount        int64     `json:"amount"`
	Currency      string    `json:"currency"`
	Status        string    `json:"status"`
	Reason        string    `json:"reason"`
	EvidenceDueBy time.Time `json:"evidence_due_by,omitzero"`
}

// OperationObject is a capture or a refund that the shop asked for and that
// failed.
type OperationObject struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Amount int64  `json:"amount"`
	Error  string `json:"error"`
}

// SubscriptionObject is the order's subscription. Status is what it was when
// this happened.
type SubscriptionObject struct {
	ID        string    `json:"id"` // Stripe's
	Status    string    `json:"status"`
	PeriodEnd time.Time `json:"period_end,omitzero"`
	EndsAt    time.Time `json:"ends_at,omitzero"`
}

// PaymentObject is a payment that is not the order's first, or not the order's
// at all.
type PaymentObject struct {
	ID       string `json:"id"` // Stripe's intent
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	Status   string `json:"status"`
}

// payload returns the body of a delivery.
func (s *Service) payload(ctx context.Context, j Job) ([]byte, error) {
	effect, err := s.cfg.Store.Effect(ctx, j.EffectID)
	if err != nil {
		return nil, err
	}
	tracing.Continue(ctx, tracing.Parent{Trace: effect.Trace, Since: effect.CreatedAt})

	if effect.Kind == drift.EffectFound {
		f, err := s.cfg.Store.DriftFinding(ctx, effect.Subject)
		if err != nil {
			return nil, err
		}
		return newFindingMessage(effect, f)
	}

	if effect.AccountID != "" {
		a, err := s.cfg.Store.ConnectAccount(ctx, effect.AccountID)
		if err != nil {
			return nil, err
		}
		return newAccountMessage(effect, a)
	}

	st, err := s.cfg.Store.Read(ctx, j.OrderID)
	if err != nil {
		return nil, err
	}
	return newMessage(effect, st, s.cfg.Render)
}

// newMessage returns the payload of an effect. render returns the order as the
// API shows it.
func newMessage(e payments.Effect, st *payments.State, render func(*orders.Order) any) ([]byte, error) {
	o := st.Order
	e.Then.Apply(&o)

	m := Message{
		ID:        e.ID,
		Type:      e.Kind,
		Timestamp: e.CreatedAt.UTC(),
		Sequence:  e.N,
		Data:      render(&o),
	}
	if e.Subject != "" {
		m.about(e, st)
	}

	return json.Marshal(m)
}

// newAccountMessage returns the payload of an effect about an account.
func newAccountMessage(e payments.Effect, a connect.Account) ([]byte, error) {
	// What has happened since is told by an effect of its own.
	if a.State = connect.State(e.ObjectStatus); a.IsConnected() {
		a.DisconnectedAt, a.Reason = time.Time{}, ""
	}

	return json.Marshal(Message{
		ID:        e.ID,
		Type:      e.Kind,
		Timestamp: e.CreatedAt.UTC(),
		Sequence:  e.N,
		Data:      connect.Render(&a),
	})
}

// newFindingMessage returns the payload of an effect about a finding.
func newFindingMessage(e payments.Effect, f drift.Finding) ([]byte, error) {
	f.State = drift.Open // as it was then

	return json.Marshal(Message{
		ID:        e.ID,
		Type:      e.Kind,
		Timestamp: e.CreatedAt.UTC(),
		Sequence:  e.N,
		Data:      drift.Render(&f),
	})
}

// about adds what the effect is about besides the order.
func (m *Message) about(e payments.Effect, st *payments.State) {
	for _, re := range st.Refunds {
		if re.ID == e.Subject {
			m.Refund = &RefundObject{re.ID, re.Amount, re.Currency, e.ObjectStatus, re.Reason}
		}
	}

	for _, d := range st.Disputes {
		if d.ID == e.Subject {
			m.Dispute = &DisputeObject{d.ID, d.Amount, d.Currency, e.ObjectStatus, d.Reason, d.EvidenceDueBy}
		}
	}

	for _, op := range st.Operations {
		if op.ID == e.Subject {
			m.Operation = &OperationObject{op.ID, string(op.Kind), op.Amount, op.Note}
		}
	}

	sub, _, _ := strings.Cut(e.Subject, "/") // one that is late has the period behind its ID
	for _, in := range st.Intents {
		if in.ID == e.Subject {
			m.Payment = &PaymentObject{in.ID, in.Amount, in.Currency, e.ObjectStatus}
			sub = in.SubscriptionID
		}
	}

	if s := st.Subscription(sub); s != nil {
		m.Subscription = &SubscriptionObject{s.ID, subscriptionStatus(e, s), s.PeriodEnd, s.EndsAt}
	}

	for _, f := range st.ForeignPayments {
		if f.IntentID == e.Subject {
			m.Payment = &PaymentObject{f.IntentID, f.Amount, f.Currency, e.ObjectStatus}
		}
	}
}

// subscriptionStatus returns what the subscription was when the effect
// happened. One that was renewed is told with the status of its payment.
func subscriptionStatus(e payments.Effect, s *payments.Subscription) string {
	if e.Kind == payments.EffectRenewed {
		return string(s.Status)
	}
	return e.ObjectStatus
}
