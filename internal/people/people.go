package people

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/queue"
)

// Customer is what is stored of a customer of the shop.
type Customer struct {
	Reference  string
	CustomerID string   // at Stripe, "" for none
	Orders     int      // all of them
	Blocking   []string // the orders that keep the customer from being erased, at most 10
	Erasing    bool     // an erasure is not done yet
}

// Erasure is the removal of a customer's personal data.
type Erasure struct {
	ID        string
	Reference string           // the shop's, "" once Stripe has deleted the customers
	Customers []StripeCustomer // those that Stripe still has
	State     State
	Tries     int64
	NextAt    time.Time // when it is due, or due again if its worker dies
	CreatedAt time.Time
	DoneAt    time.Time
}

// StripeCustomer is a customer at Stripe.
type StripeCustomer struct {
	Account string `json:"account,omitempty"` // the connected account, "" for the platform's own
	ID      string `json:"id"`
}

// State is the state of an erasure.
type State string

// The states; doc.go describes them.
const (
	Deleting State = "deleting"
	Closing  State = "closing"
	Done     State = "done"
)

// Job is an erasure that a worker holds.
type Job struct {
	Erasure

	Claim queue.Claim
}

// Store keeps the erasures. Every method is one transaction and safe for
// concurrent use from several processes.
type Store interface {
	// ReadCustomer returns what is stored under a reference; ok is false if
	// there is nothing. buyerID is the buyer whom the reference names.
	ReadCustomer(ctx context.Context, reference, buyerID string) (c Customer, ok bool, err error)
	// BeginErasure removes what is stored under e.Reference, and stores e with
	// the customers of its orders and of the buyer, held by the claim. begun is
	// false if there was nothing to remove; pending then tells whether an
	// earlier erasure of the reference is not done. The error is ErrInUse or
	// ErrSubscribed if the orders do not allow it; nothing is changed then.
	BeginErasure(ctx context.Context, e Erasure, claim queue.Claim, buyerID string) (
		j Job, begun, pending bool, err error)
	// ClaimErasures claims up to n due erasures until leaseUntil.
	ClaimErasures(ctx context.Context, now, leaseUntil time.Time, n int) ([]Job, error)
	// SaveErasure ends a claim and stores e. With the state Done, it removes
	// once more what is stored of its orders. A lost claim returns
	// queue.ErrClaimLost and changes nothing.
	SaveErasure(ctx context.Context, claim queue.Claim, e Erasure) error
}

// Stripe is the call to Stripe that an erasure needs, for one account.
type Stripe interface {
	// DeleteCustomer deletes a customer with the saved payment methods. One
	// that Stripe does not have is no error.
	DeleteCustomer(ctx context.Context, customerID string) error
}

// The reasons why a customer cannot be erased now.
var (
	ErrInUse = fault.New(fault.Conflict, "customer_in_use",
		"An order of this customer is open, authorized or being paid, and needs the customer's data. "+
			"Cancel or capture it, or wait until it has ended, and repeat the request.")
	ErrSubscribed = fault.New(fault.Conflict, "customer_subscribed",
		"A subscription of this customer is running, and Stripe would end it. "+
			"Cancel the subscription, and repeat the request once it has ended.")
	// ErrNotFound means that nothing is stored under a reference.
	ErrNotFound = fault.New(fault.NotFound, "customer_not_found", "Nothing is stored of this customer.")
)

// Config is what a Service needs.
type Config struct {
	Store Store
	// Stripe returns the calls to Stripe for a connected account, or for the
	// platform's own.
	Stripe func(account string) Stripe
	// Buyer returns the ID of the buyer whom a reference of the shop names.
	Buyer func(reference string) string
	NewID func(prefix string) string
	Now   func() time.Time
	Log   zerolog.Logger
}

// Service erases customers. It is safe for concurrent use.
type Service struct {
	cfg    Config
	runner *queue.Runner[Job]
}

const (
	lease = 2 * time.Minute // longer than the calls to Stripe for a few customers
	poll  = 5 * time.Second // finds what other processes left
	// settles is how long what was in flight when an erasure began may still be
	// written: longer than a request of the shop's backend, a webhook's try or
	// the work on an event takes.
	settles = 2 * time.Minute

	firstDelay = 5 * time.Second // between two tries of a deletion, growing to
	longDelay  = time.Hour
)

// New returns a Service whose background work starts with Run.
func New(c Config) *Service {
	s := &Service{cfg: c}
	s.runner = queue.New(queue.Config[Job]{
		Name:    "erasures",
		Workers: 1,
		Lease:   lease,
		Poll:    poll,
		Now:     c.Now,
		Log:     c.Log,
		Claim:   c.Store.ClaimErasures,
		Work: func(ctx context.Context, j Job) error {
			_, err := s.work(ctx, j)
			return err
		},
	})
	return s
}

// Run goes on with erasures that are not done until ctx ends.
func (s *Service) Run(ctx context.Context) { s.runner.Run(ctx) }

// RunOnce works one batch of due erasures, and returns how many there were. It
// must not run beside Run.
func (s *Service) RunOnce(ctx context.Context) (int, error) { return s.runner.RunOnce(ctx) }

// Customer returns what is stored under the shop's reference, or ErrNotFound.
func (s *Service) Customer(ctx context.Context, reference string) (Customer, error) {
	c, ok, err := s.cfg.Store.ReadCustomer(ctx, reference, s.cfg.Buyer(reference))
	if err == nil && !ok {
		err = ErrNotFound
	}
	return c, err
}

// Erase removes what is stored under the shop's reference, here and at Stripe.
// Nothing is no error. done is false if Stripe has not confirmed the deletion
// yet: Run goes on with it.
func (s *Service) Erase(ctx context.Context, reference string) (done bool, err error) {
	now := s.cfg.Now()
	e := Erasure{
		ID:        s.cfg.NewID("era_"),
		Reference: reference,
		State:     Deleting,
		Tries:     1,
		NextAt:    now.Add(lease),
		CreatedAt: now,
	}
	claim := queue.Claim{ID: e.ID, Token: s.cfg.NewID("")}

	j, begun, pending, err := s.cfg.Store.BeginErasure(ctx, e, claim, s.cfg.Buyer(reference))
	if err != nil || !begun {
		return !pending, err
	}

	// The client may leave: what has begun is gone on with.
	done, err = s.work(context.WithoutCancel(ctx), j)
	if err != nil {
		s.cfg.Log.Warn().Err(err).Str("erasure_id", j.ID).Msg("an erasure goes on in the background")
	}
	return done, nil
}

// work goes on with an erasure. deleted reports whether Stripe has deleted all
// of its customers.
func (s *Service) work(ctx context.Context, j Job) (deleted bool, err error) {
	e := j.Erasure
	if e.State == Closing {
		e.State, e.NextAt, e.DoneAt = Done, time.Time{}, s.cfg.Now()
		return true, s.cfg.Store.SaveErasure(ctx, j.Claim, e)
	}

	for len(e.Customers) > 0 {
		c := e.Customers[0]
		if err = s.cfg.Stripe(c.Account).DeleteCustomer(ctx, c.ID); err != nil {
			// One that cannot be deleted, as in a disconnected account, must
			// not keep the others: the next try begins with them.
			err = fmt.Errorf("people: delete customer %s at Stripe: %w", c.ID, err)
			e.Customers = append(slices.Clone(e.Customers[1:]), c)
			break
		}

		e.Customers = e.Customers[1:]
	}

	if err == nil {
		e.State, e.Reference, e.Tries, e.NextAt = Closing, "", 0, e.CreatedAt.Add(settles)
		return true, s.cfg.Store.SaveErasure(ctx, j.Claim, e)
	}

	e.NextAt = s.cfg.Now().Add(queue.Backoff(int(e.Tries), firstDelay, longDelay))
	if saveErr := s.cfg.Store.SaveErasure(ctx, j.Claim, e); saveErr != nil {
		return false, saveErr // the lease expires
	}
	return false, err
}
