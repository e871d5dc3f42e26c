package webhooks

import (
	"context"
	"errors"

	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
)

// What events lead to. Each function ends the event's claim when it succeeds,
// and with it the hints that were gathered for the same reading.

// settleIntent believes the snapshot in the event, unless it may be stale: then
// the intent is read at Stripe. The error is payments.ErrReadAfresh if it may
// not be.
func (s *Service) settleIntent(ctx context.Context, j *job) error {
	snap := payments.Snapshot{ID: j.ref.IntentID, Account: j.event.Account}
	if !j.event.VersionMismatch {
		var err error
		if snap, err = s.cfg.Stripe.DecodeIntent(j.object.Kind, j.object.Raw); err != nil {
			return err
		}

		snap.Account = j.event.Account

		err = s.cfg.Payments.SettleSnapshot(ctx, j.match.OrderID, snap, j.event.Claim())
		if !j.mayRead || !errors.Is(err, payments.ErrReadAfresh) {
			j.gathered = nil // nothing was read for them
			return err
		}
	}

	return s.cfg.Payments.SettleRead(ctx, j.match.OrderID, snap, j.charged(), j.claim())
}

// settleCharge takes the event as a hint that the charge's intent has changed.
func (s *Service) settleCharge(ctx context.Context, j *job) error {
	return s.cfg.Payments.SettleHint(ctx, j.match.OrderID, j.ref.IntentID, j.chargeNews(), j.claim())
}

// chargeNews returns what a job's event and the gathered hints say of charges.
func (j *job) chargeNews() payments.ChargeNews {
	news := payments.ChargeNews{Received: j.charged()}
	for _, one := range append([]*job{j}, j.gathered...) {
		if m := paidWith(&one.object); m.Type != "" {
			news.Method = m
		}
	}
	return news
}

// charged returns the most money that a charge among a job's event and the
// gathered hints has taken, 0 if there is none.
func (j *job) charged() (received int64) {
	for _, one := range append([]*job{j}, j.gathered...) {
		if one.object.Kind == "charge" {
			received = max(received, charged(&one.object))
		}
	}
	return received
}

// settleCash takes the event as a hint that a customer has sent money.
func (s *Service) settleCash(ctx context.Context, j *job) error {
	return s.cfg.Payments.SettleCash(ctx, j.match.OrderID, j.ref.CustomerID, j.claim())
}

// settleSubscription takes the event of a subscription, or of one of its
// invoices, as a hint that the subscription has changed, unless its status says
// otherwise.
func (s *Service) settleSubscription(ctx context.Context, j *job) error {
	news := []payments.SubscriptionNews{j.subscriptionNews()}
	for _, hint := range j.gathered {
		news = append(news, hint.subscriptionNews())
	}

	return s.cfg.Payments.SettleSubscriptionNews(ctx, j.match.OrderID, j.ref.SubscriptionID, news, j.claim())
}

func (j *job) subscriptionNews() (news payments.SubscriptionNews) {
	if j.object.Kind == "invoice" {
		news.InvoiceStatus = j.object.Status
	} else {
		news.Status = payments.SubscriptionStatus(j.object.Status)
	}
	return news
}

// settleRefunds takes the event as a hint that the intent's refunds have
// changed.
func (s *Service) settleRefunds(ctx context.Context, j *job) error {
	return s.cfg.Payments.SettleRefunds(ctx, j.match.OrderID, j.ref.IntentID, j.claim())
}

// settleDispute takes the event as a hint that the dispute has changed.
func (s *Service) settleDispute(ctx context.Context, j *job) error {
	return s.cfg.Payments.SettleDispute(ctx, j.match.OrderID, j.object.ID, j.claim())
}

// claim returns the claim on a job's event together with the gathered hints.
func (j *job) claim() *queue.Claim {
	claim := j.event.Claim()
	for _, hint := range j.gathered {
		claim.Also = append(claim.Also, queue.Waiting{ID: hint.event.ID, DueAt: hint.event.NextAt})
	}
	return claim
}
