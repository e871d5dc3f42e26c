package payments

import (
	"context"
	"time"
)

// SubscriptionView is what the buyer sees of a subscription.
type SubscriptionView struct {
	PastDue bool      // its last invoice was not paid
	Ended   bool      // nothing is charged any more
	Next    time.Time // when the next payment is due, zero for never or unknown
}

// SubscriptionOf returns what the buyer sees of an order's subscription; ok is
// false if it has none that began.
func (s *Service) SubscriptionOf(ctx context.Context, orderID string) (v SubscriptionView, ok bool, err error) {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil || len(st.Subscriptions) == 0 {
		return v, false, err
	}

	sub := st.countingSubscription()
	switch sub.Status {
	case SubscriptionIncomplete, SubscriptionIncompleteExpired:
		return v, false, nil
	case SubscriptionCanceled:
		v.Ended = true
	case SubscriptionPastDue, SubscriptionUnpaid:
		v.PastDue = true
	case SubscriptionActive, SubscriptionTrialing:
		if sub.EndsAt.IsZero() {
			v.Next = sub.PeriodEnd
		}
	}

	return v, true, nil
}
