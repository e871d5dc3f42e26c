package payments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
)

// Subscription is a subscription that began with an order.
type Subscription struct {
	ID                string
	OrderID           string
	CustomerID        string
	Status            SubscriptionStatus
	CancelAtPeriodEnd bool
	PeriodEnd         time.Time // of the period that is paid or to be paid
	Readings          int64     // counts what was told of it; a reading is kept only if none came between
	CreatedAt         time.Time
	UpdatedAt         time.Time
}

// SubscriptionStatus is a subscription's status
// (https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses).
type SubscriptionStatus string

// Stripe's statuses.
const (
	SubscriptionIncomplete        SubscriptionStatus = "incomplete" // its first invoice is not paid
	SubscriptionIncompleteExpired SubscriptionStatus = "incomplete_expired"
	SubscriptionTrialing          SubscriptionStatus = "trialing"
	SubscriptionActive            SubscriptionStatus = "active"
	SubscriptionPastDue           SubscriptionStatus = "past_due"
	SubscriptionUnpaid            SubscriptionStatus = "unpaid"
	SubscriptionPaused            SubscriptionStatus = "paused"
	SubscriptionCanceled          SubscriptionStatus = "canceled"
)

// runs reports whether the subscription has begun and not ended.
func (s SubscriptionStatus) runs() bool {
	switch s {
	case SubscriptionTrialing, SubscriptionActive, SubscriptionPastDue, SubscriptionUnpaid, SubscriptionPaused:
		return true
	}
	return false
}

// SubscriptionReading is what a reading of a subscription tells.
type SubscriptionReading struct {
	Subscription           // OrderID is from our metadata, "" if it is not ours
	First        *Snapshot // of the intent of its first invoice, nil once there is a later one
}

// Unseen is why a person must look at the order of a subscription that was read without the
// intent of its first invoice, "" if it does not go on.
func (r SubscriptionReading) Unseen() string {
	if r.First != nil || !r.Status.runs() {
		return ""
	}
	return fmt.Sprintf("subscription %s is %s, and its first payment is not known", r.ID, r.Status)
}

// Subscription points to the subscription with the id in the list, or is nil.
func (st *State) Subscription(id string) *Subscription {
	at := slices.IndexFunc(st.Subscriptions, func(k Subscription) bool { return k.ID == id })
	if at < 0 {
		return nil
	}
	return &st.Subscriptions[at]
}

// setSubscription records what was told of a subscription. What may be old only adds one
// that is not known, or ends its beginning: it never becomes incomplete again.
func (r rules) setSubscription(st *State, told Subscription, src source) {
	kept := st.Subscription(told.ID)
	switch {
	case kept == nil:
		st.Subscriptions = append(st.Subscriptions, Subscription{ID: told.ID, OrderID: st.Order.ID, CreatedAt: told.CreatedAt})
		kept = &st.Subscriptions[len(st.Subscriptions)-1]
	case src != asFresh && (kept.Status != SubscriptionIncomplete || told.Status == SubscriptionIncomplete):
		return
	}
	kept.Readings++
	kept.CustomerID, kept.Status = told.CustomerID, told.Status
	kept.CancelAtPeriodEnd, kept.PeriodEnd = told.CancelAtPeriodEnd, told.PeriodEnd
	if o := &st.Order; kept.Status.runs() && (o.Status == orders.Expired || o.Status == orders.Canceled) {
		r.review(st, fmt.Sprintf("subscription %s is %s, the order %s", kept.ID, kept.Status, o.Status))
	}
}

// runsUnpaid reports whether the subscription of a canceled intent goes on. Stripe takes the
// status from the latest invoice that is not void, and a process may have died after it
// voided the only one.
func (st *State) runsUnpaid(in *Intent) bool {
	if in.Status != StatusCanceled || in.Renewal || in.SubscriptionID == "" {
		return false
	}
	sub := st.Subscription(in.SubscriptionID)
	return sub != nil && sub.Status.runs()
}

// unseen says which subscription of the order goes on without a first payment that is known, ""
// for none: another attempt would begin a second one. The news of it may still come.
func (st *State) unseen() string {
	for _, sub := range st.Subscriptions {
		known := slices.ContainsFunc(st.Intents, func(in Intent) bool { return in.SubscriptionID == sub.ID && !in.Renewal })
		if reason := (SubscriptionReading{Subscription: sub}).Unseen(); reason != "" && !known {
			return reason
		}
	}
	return ""
}

// beginning reports whether the order is paid and its subscription does not show that yet.
func (st *State) beginning() (intentID string, ok bool) {
	for _, in := range st.Intents {
		if in.Status != StatusSucceeded || in.SubscriptionID == "" || in.Renewal {
			continue
		}
		if sub := st.Subscription(in.SubscriptionID); sub == nil || sub.Status == SubscriptionIncomplete {
			return in.ID, true
		}
	}
	return "", false
}

// SettleSubscription reads a subscription at Stripe, brings it and its first payment into
// its order, and ends claim in the same transaction. Of two readings the later one wins, as
// in SettleFresh. Events of a subscription and of its invoices only hint that it moved.
func (s *Service) SettleSubscription(ctx context.Context, orderID, subscriptionID string, claim *queue.Claim) error {
	for range maxReadings {
		before, err := s.cfg.Store.Read(ctx, orderID)
		if err != nil {
			return err
		}
		read, err := s.cfg.Stripe.Subscription(ctx, subscriptionID)
		if err != nil {
			return fmt.Errorf("payments: read %s: %w", subscriptionID, err)
		}
		first := ""
		if read.First != nil {
			first = read.First.ID
		}
		err = s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
			if mark(st, first) != mark(before, first) {
				return errOvertaken
			}
			s.rules().setSubscription(st, read.Subscription, asFresh)
			if read.First == nil {
				return nil
			}
			return s.rules().settle(st, *read.First, asFresh)
		})
		if !errors.Is(err, errOvertaken) {
			return err
		}
	}
	return fmt.Errorf("payments: %s: %w every time", subscriptionID, errOvertaken)
}
