package webhooks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"checkoutd/internal/budget"
	"checkoutd/internal/payments"
)

// Neighbours are other integrations on the same Stripe account. Their events
// come to us too, and many account for most of them. What is not ours is found
// out once, mostly without asking Stripe:
//
//   - An object of ours carries our metadata, or belongs to an intent, a
//     subscription or a customer that the database knows.
//   - Invoices and subscriptions always have a customer. One without an order
//     is a neighbour's.
//   - What is left is asked of Stripe, within a budget, and the answer is
//     remembered by intent, invoice and subscription.

// rememberFor is how long an object is remembered as not ours. Stripe sends and
// lists events for 30 days (https://docs.stripe.com/api/events), and an invoice
// is retried for about as long.
const rememberFor = 60 * 24 * time.Hour

// How many questions about unknown events each process may put to Stripe. They
// also go last in the budget of all requests, which buyers come first in.
const (
	asksPerMinute = 60
	asksAtOnce    = 20
)

// Events of customers who have a subscription of ours are mostly about its
// renewals, and do not wait behind neighbours' for their question.
const subscriberAsksPerMinute = 600

// notOursError ends an event for good: it belongs to another integration.
type notOursError struct {
	why      string
	remember []string // IDs of objects that need not be looked up again
}

func (e *notOursError) Error() string { return "not ours: " + e.why }

// errAskLater means that only Stripe can tell whose the event is, and that its
// turn to be asked about has not come.
var errAskLater = errors.New("webhooks: Stripe must be asked whose this is")

// errReadLater means that something must be read at Stripe for an event of
// ours, which only some lanes do.
var errReadLater = errors.New("webhooks: something must be read at Stripe")

// identify finds the order of an event that the database does not match to one.
// The error is a *notOursError, errAskLater, errReadLater or errUnmatched if
// there is none, or none yet.
func (s *Service) identify(ctx context.Context, j *job) error {
	if j.match.Elsewhere {
		return &notOursError{why: "its metadata names an order of another account"}
	}

	// Only we can make the proof, so the order must have been here: the
	// database may have been restored from a copy that is older.
	if s.cfg.Payments.Proves(j.ref.Mark) {
		return errUnmatched
	}

	if why, err := s.localReason(ctx, j); err != nil || why != "" {
		if err == nil {
			err = &notOursError{why, j.remember()}
		}

		return err
	}

	subscribed, err := s.isSubscriber(ctx, j.ref)
	if err != nil {
		return err
	}

	// Most of what happens in somebody else's account is no business of ours,
	// and without a subscription of ours nothing has to be asked about.
	if j.event.Account != "" && !subscribed {
		return &notOursError{why: "no order of its account matches it"}
	}

	asking := budget.WithPriority(ctx, budget.Neighbour)
	if subscribed && j.mayRead && s.subscriberAsks.take(1) == 1 {
		asking = ctx
	} else if err := s.mayAsk(j.event); err != nil {
		return err
	}

	j.mayRead = true

	match, err := s.cfg.Payments.AskOrderOf(asking, j.ref)
	switch {
	case payments.IsGone(err):
		return &notOursError{"Stripe does not have its object", j.objectIDs()}
	case err != nil:
		return err
	case !match.Ours:
		return &notOursError{"Stripe was asked, and no order matches", j.objectIDs()}
	}

	j.match = match
	return nil
}

// isSubscriber reports whether the customer has a subscription of ours.
func (s *Service) isSubscriber(ctx context.Context, ref payments.Ref) (bool, error) {
	if ref.CustomerID == "" {
		return false, nil
	}
	return s.cfg.Intake.HasSubscription(ctx, ref.Account, ref.CustomerID)
}

// localReason returns why an event cannot be ours, "" if it may be.
func (s *Service) localReason(ctx context.Context, j *job) (why string, err error) {
	// Most connected accounts have payments of their own only.
	if account := j.ref.Account; account != "" {
		charges, err := s.cfg.Intake.ChargesIn(ctx, account)
		if err != nil {
			return "", err
		}
		if !charges {
			return "no order is charged in its account", nil
		}
	}

	if id := j.ref.CustomerID; id != "" {
		known, err := s.cfg.Intake.KnowsEvent(ctx, j.ref.Account, "", id)
		if err != nil {
			return "", err
		}
		if !known {
			return "no order belongs to its customer", nil
		}
	}

	if len(j.objectIDs()) == 0 {
		return "no order waits for money of its customer", nil
	}

	switch {
	// Another release train may keep the invoice elsewhere, but what has no
	// customer has no invoice.
	case j.object.HasNoCustomer && j.ref.InvoiceID == "" && j.route.shows != nil && j.route.shows(&j.object):
		return "it names no order and has no customer", nil
	case !j.event.VersionMismatch && j.route.shows != nil && j.route.shows(&j.object):
		return "it names no order", nil
	}

	known, err := s.cfg.Claims.IsNotOurs(ctx, j.objectIDs())
	if known {
		why = "it is of an object that is known not to be ours"
	}

	return why, err
}

// mayAsk returns nil if Stripe may be asked about an event now, and otherwise
// where the event has to wait for that: errReadLater or errAskLater. The budget
// of an event in LaneAsk was taken when it was claimed. An event of LaneOwn
// must not keep others of its lane waiting.
func (s *Service) mayAsk(e *Event) error {
	switch e.lane() {
	case LaneOwn:
		return errReadLater
	case LaneRead:
		if s.asks.take(1) == 0 {
			return errAskLater
		}
		return nil

	case LaneAsk:
		return nil
	}

	return errAskLater
}

// objectIDs returns the IDs under which a job's event is remembered as not
// ours.
func (j *job) objectIDs() []string {
	var ids []string
	for _, id := range []string{j.ref.IntentID, j.ref.InvoiceID, j.ref.SubscriptionID} {
		if id != "" {
			ids = append(ids, inAccount(j.ref.Account, id))
		}
	}
	return ids
}

// remember returns what an event that is not ours shows about others: the
// payment of an invoice refers to nothing else.
func (j *job) remember() []string {
	if j.object.Kind == "invoice" && j.object.ID != "" {
		return []string{inAccount(j.ref.Account, j.object.ID)}
	}
	return nil
}

// inAccount returns the name under which an object of an account is remembered.
func inAccount(account, id string) string {
	if account == "" {
		return id
	}
	return account + "/" + id
}

// accept stores an event in the lane that it belongs to.
func (s *Service) accept(ctx context.Context, e Event, ref payments.Ref) (isNew bool, err error) {
	lane, delay := LaneUnknown, time.Duration(0)
	switch {
	case e.State != Received:
	case isNews(&e):
		lane = LaneRead
	case s.looksOurs(ctx, &e, ref):
		lane = LaneOwn
		if routeOf(e.Type).isHint(&e) {
			lane, delay = LaneRead, s.cfg.Gather
		}
	}

	e.Priority, e.NextAt = Priority(lane), e.NextAt.Add(delay)

	isNew, err = s.cfg.Intake.Accept(ctx, e)
	if err == nil && isNew {
		s.wakeIn(lane, delay)
		if s.cfg.Meter != nil {
			s.cfg.Meter.EventStored(e.Source)
		}
	}

	return isNew, err
}

// looksOurs reports whether an event goes before those of unknown integrations.
// An error does not matter here: it only costs the event its place.
func (s *Service) looksOurs(ctx context.Context, e *Event, ref payments.Ref) bool {
	if routeOf(e.Type).settle == nil {
		return false
	}
	if s.cfg.Payments.Proves(ref.Mark) {
		return true
	}
	known, err := s.cfg.Intake.KnowsEvent(ctx, e.Account, e.Group, ref.CustomerID)
	return err == nil && known
}

// claimAsk claims as many events as the budget allows to ask about.
func (s *Service) claimAsk(ctx context.Context, now, leaseUntil time.Time, n int) ([]Event, error) {
	n = s.asks.take(n)
	if n == 0 {
		return nil, nil
	}
	list, err := s.cfg.Claims.ClaimEvents(ctx, LaneAsk, now, leaseUntil, n)
	s.asks.giveBack(n - len(list))
	return list, err
}

// forgetNotOurs deletes memories that have ended.
func (s *Service) forgetNotOurs(ctx context.Context) {
	if err := s.cfg.Claims.ForgetNotOurs(ctx, s.cfg.Now()); err != nil && ctx.Err() == nil {
		s.cfg.Log.Error().Err(err).Msg("could not forget objects of other integrations")
	}
}

// allowance is a token bucket of questions to Stripe. It is safe for concurrent
// use.
type allowance struct {
	now       func() time.Time
	perMinute float64

	mu     sync.Mutex
	tokens float64
	at     time.Time
}

// newAllowance returns an allowance of which asksAtOnce are there at once.
func newAllowance(now func() time.Time, perMinute float64) *allowance {
	return &allowance{now: now, perMinute: perMinute, tokens: asksAtOnce, at: now()}
}

// take takes up to n tokens and returns how many there were.
func (b *allowance) take(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()

	now := b.now()
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(b.tokens+passed.Minutes()*b.perMinute, asksAtOnce)
	}

	b.at = now
	n = min(n, int(b.tokens))
	b.tokens -= float64(n)

	return n
}

// giveBack returns tokens that were not needed.
func (b *allowance) giveBack(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.tokens = min(b.tokens+float64(n), asksAtOnce)
}

// describeMark returns what the metadata of an event's object claims.
func describeMark(m payments.Mark) string {
	return strings.TrimSpace(fmt.Sprintf("its metadata names order %s, but no attempt of ours made it", m.OrderID))
}
