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
	EndsAt            time.Time // when it ends or ended, zero while it continues
	Readings          int64     // counts writes; a reading counts only if none came between
	Mark              Mark      // our metadata at Stripe, in a reading only
	TrialEnd          time.Time // zero without a trial, in a reading only; the order keeps it
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

// running reports whether the subscription has begun and not ended.
func (s SubscriptionStatus) running() bool {
	switch s {
	case SubscriptionTrialing, SubscriptionActive, SubscriptionPastDue, SubscriptionUnpaid, SubscriptionPaused:
		return true
	}
	return false
}

// SubscriptionReading is a subscription as read at Stripe.
type SubscriptionReading struct {
	Subscription // with its Mark
	// First is the intent of the first invoice, or the SetupIntent of a trial
	// that has not succeeded; nil once there is a later invoice.
	First *Snapshot
}

// ReviewReason returns why a person must review the order: the subscription is
// running, but the intent of its first invoice was not found. It is "" if there
// is nothing to review.
func (r SubscriptionReading) ReviewReason() string {
	if r.First != nil || !r.Status.running() {
		return ""
	}
	return fmt.Sprintf("subscription %s is %s, but its first payment is not known", r.ID, r.Status)
}

// SubscriptionNews is what an event of a subscription, or of one of its
// invoices, says by itself.
type SubscriptionNews struct {
	Status        SubscriptionStatus // of the subscription, "" in an event of an invoice
	InvoiceStatus string             // draft, open, paid, void or uncollectible
}

// unpaid reports whether the news shows a subscription whose first invoice is
// not paid, or an invoice that brought no money.
func (n SubscriptionNews) unpaid() bool {
	switch n.InvoiceStatus {
	case "draft", "open", "void":
		return true
	}
	return n.Status == SubscriptionIncomplete
}

// ended reports whether a subscription never leaves the status again
// (https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses).
func (s SubscriptionStatus) ended() bool {
	return s == SubscriptionCanceled || s == SubscriptionIncompleteExpired
}

// subscriptionSaysNothingNew reports whether an event only repeats what is
// known, or what the answer to an attempt's own call will bring, so that no
// reading is needed. A subscription that nobody pays has a dozen such events.
func (st *State) subscriptionSaysNothingNew(id string, news SubscriptionNews) bool {
	sub := st.Subscription(id)
	if sub == nil {
		a := st.Active()
		return news.unpaid() && a != nil && a.State.Open()
	}

	firstKnown := slices.ContainsFunc(st.Intents, func(in Intent) bool {
		return in.SubscriptionID == id && !in.Renewal
	})

	switch {
	case !firstKnown:
		return false
	case sub.Status.ended():
		return news.unpaid() || news.Status == sub.Status
	}

	return sub.Status == SubscriptionIncomplete && news.unpaid()
}

// SettleSubscriptionNews marks claim as done if none of the events says
// anything new. Otherwise they are hints: see SettleSubscription.
func (s *Service) SettleSubscriptionNews(
	ctx context.Context, orderID, subscriptionID string, news []SubscriptionNews, claim *queue.Claim,
) error {
	err := s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
		for _, n := range news {
			if !st.subscriptionSaysNothingNew(subscriptionID, n) {
				return ErrReadAfresh
			}
		}

		return nil
	})
	if errors.Is(err, ErrReadAfresh) {
		return s.SettleSubscription(ctx, orderID, subscriptionID, claim)
	}

	return err
}

// SettleSubscription reads a subscription at Stripe, brings it and its first
// payment into its order, and marks claim as done in the same transaction. The
// later of two readings wins, as in SettleFresh. Events of a subscription and
// of its invoices only hint that it changed.
func (s *Service) SettleSubscription(
	ctx context.Context, orderID, subscriptionID string, claim *queue.Claim,
) error {
	for range maxReadings {
		before, err := s.cfg.Store.Read(ctx, orderID)
		if err != nil {
			return err
		}

		reading, err := s.stripe(&before.Order).Subscription(ctx, subscriptionID)
		if err != nil {
			return fmt.Errorf("payments: read %s: %w", subscriptionID, err)
		}

		intentID := ""
		if reading.First != nil {
			intentID = reading.First.ID
		}

		err = s.update(ctx, orderID, claim, func(st *State) error {
			if revisionOf(st, intentID) != revisionOf(before, intentID) {
				return errStaleReading
			}

			if st.Subscription(subscriptionID) == nil && st.madeBy(reading.Mark, "", subscriptionID) == nil {
				if reading.First == nil {
					return ErrNotOurs
				}
				return s.rules().settleForeign(st, *reading.First)
			}

			s.rules().setSubscription(st, reading.Subscription, asFresh)
			if reading.First == nil {
				return nil
			}

			return s.rules().settle(st, *reading.First, asFresh)
		})
		if !errors.Is(err, errStaleReading) {
			return err
		}
	}

	return fmt.Errorf("payments: %s: %w, %d times", subscriptionID, errStaleReading, maxReadings)
}

// setSubscription records a subscription. A source that may be old only adds a
// subscription that is not known, or completes an incomplete one: a
// subscription never becomes incomplete again.
func (r rules) setSubscription(st *State, latest Subscription, src source) {
	known, prev := st.Subscription(latest.ID), SubscriptionStatus("")
	if known != nil {
		prev = known.Status
	}

	switch {
	case known == nil:
		st.Subscriptions = append(st.Subscriptions, Subscription{
			ID:        latest.ID,
			OrderID:   st.Order.ID,
			CreatedAt: latest.CreatedAt,
		})

		known = &st.Subscriptions[len(st.Subscriptions)-1]

	case src != asFresh &&
		(known.Status != SubscriptionIncomplete || latest.Status == SubscriptionIncomplete):
		return
	}

	known.Readings++
	known.CustomerID = latest.CustomerID
	known.Status = latest.Status
	known.CancelAtPeriodEnd = latest.CancelAtPeriodEnd
	known.PeriodEnd = latest.PeriodEnd
	known.EndsAt = latest.EndsAt
	counts := st.countingSubscription()
	st.Order.SubscriptionEndsAt = counts.EndsAt
	r.tellSubscription(st, known, prev)

	o := &st.Order
	switch {
	case !o.Trial():
	case latest.Status.running():
		o.Shop.TrialEnd = latest.TrialEnd
	case o.PaidAt.IsZero() && !counts.Status.running(): // the next attempt begins another trial
		o.Shop.TrialEnd = time.Time{}
	}

	if latest.CustomerID != "" && o.CustomerID != "" && !st.hasCustomer(latest.CustomerID) {
		r.review(st, fmt.Sprintf("subscription %s belongs to customer %s, the order to %q",
			known.ID, latest.CustomerID, o.CustomerID))
	}

	if known.Status.running() && (o.Status == orders.Expired || o.Status == orders.Canceled) {
		r.review(st, fmt.Sprintf("subscription %s is %s, the order %s", known.ID, known.Status, o.Status))
	}
}

// countingSubscription returns the subscription that counts for the order: the
// one that is running, or else the newest. There is one.
func (st *State) countingSubscription() *Subscription {
	running := find(st.Subscriptions, func(sub *Subscription) bool { return sub.Status.running() })
	if running != nil {
		return running
	}
	return &st.Subscriptions[len(st.Subscriptions)-1]
}

// hasCustomer reports whether the order, or one of its attempts, has the
// customer.
func (st *State) hasCustomer(id string) bool {
	return st.Order.CustomerID == id ||
		slices.ContainsFunc(st.Attempts, func(a Attempt) bool { return a.Params.Customer == id })
}

// runsUnpaid reports whether the subscription of a canceled intent is running.
// It may be: Stripe derives the status from the latest invoice that is not
// void, and a process may have died after it voided the only one.
func (st *State) runsUnpaid(in *Intent) bool {
	if in.Status != StatusCanceled || in.PaidOutOfBand || in.Renewal || in.SubscriptionID == "" {
		return false
	}
	sub := st.Subscription(in.SubscriptionID)
	return sub != nil && sub.Status.running()
}

// strayReason returns why a subscription of the order is stray: it is running
// without a known first payment, so that another attempt would begin a second
// subscription. News of the payment may still come. It is "" if none is stray.
func (st *State) strayReason() string {
	for _, sub := range st.Subscriptions {
		known := slices.ContainsFunc(st.Intents, func(in Intent) bool {
			return in.SubscriptionID == sub.ID && !in.Renewal
		})
		if known {
			continue
		}
		if reason := (SubscriptionReading{Subscription: sub}).ReviewReason(); reason != "" {
			return reason
		}
	}

	return ""
}

// paidBeforeSubscription returns the intent that paid the order while the row
// of its subscription does not show that yet.
func (st *State) paidBeforeSubscription() (intentID string, ok bool) {
	for _, in := range st.Intents {
		if in.Status != StatusSucceeded || in.SubscriptionID == "" || in.Renewal {
			continue
		}
		sub := st.Subscription(in.SubscriptionID)
		if sub == nil || sub.Status == SubscriptionIncomplete {
			return in.ID, true
		}
	}
	return "", false
}
