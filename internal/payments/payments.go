// Package payments takes the money for an order, once.
//
// It owns the attempt ledger, the intents linked to an order, and the
// subscriptions that began with one. An order's mode decides what its attempts
// do: pay once, save a payment method without paying (a SetupIntent), or make
// the first payment of a subscription. All modes share one ledger and one
// settle. Whatever fails, the package guarantees:
//
//   - An order has at most one active attempt, written before Stripe is called.
//   - An order has one intent for its whole life. It gets another only after
//     the previous one was canceled at Stripe, with the subscription that it
//     was to begin.
//   - Only settle marks an order paid, whichever side the news comes from. The
//     order's state and its effects commit in one transaction.
//   - A call whose outcome is not known stays unknown until Stripe confirms the
//     outcome.
//
// doc.go draws the states.
package payments

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
)

// Config is what a Service needs.
type Config struct {
	Store Store
	// Stripe returns the calls to Stripe for a connected account, or for the
	// platform's own account if it is "". All objects that they show are of
	// that account.
	Stripe func(account string) Stripe
	Guard  Guard // nil: every attempt is made
	Judge  Judge // nil: every method may pay
	Meter  Meter // may be nil
	Now    func() time.Time
	Log    zerolog.Logger
	// ProofKey is the secret key of the proofs in our metadata at Stripe.
	// Without it there are none.
	ProofKey []byte
	// ReturnURL returns the address to which redirect payment methods send the
	// buyer back.
	ReturnURL func(orderID string) string
	// ReturnOrigins lists the origins whose pages may name an address of
	// theirs instead.
	ReturnOrigins []string
	// UnknownAfter is how long a started attempt may stay silent before the
	// resolver sends it again. If the first call is still in flight, Stripe
	// refuses the second, which does no harm.
	UnknownAfter time.Duration
	// CallTimeout bounds all calls to Stripe that one request makes, together
	// and with their retries.
	CallTimeout time.Duration
	// TransferWait is how long an order waits for a bank transfer, whose
	// instructions have no end of their own.
	TransferWait time.Duration
	// Workers is how many attempts, and how many orders, are worked on at once.
	Workers int
	// RefundFee gives the platform's fee back with a refund that does not say
	// otherwise.
	RefundFee bool
}

// Service takes payments. It is safe for concurrent use.
type Service struct {
	cfg      Config
	refusals *refusalLog
	resolver *queue.Runner[Attempt]
	expirer  *queue.Runner[string]
}

// New returns a Service whose background work starts with Run.
func New(c Config) *Service {
	s := &Service{cfg: c, refusals: newRefusalLog(c.Log, c.Now)}

	s.resolver = queue.New(queue.Config[Attempt]{
		Name:    "attempts",
		Workers: c.Workers,
		Batch:   c.Workers,
		Lease:   c.CallTimeout + time.Minute,
		Poll:    time.Second,
		Now:     c.Now,
		Log:     c.Log,
		Claim:   c.Store.ClaimAttempts,
		Work:    s.resolve,
	})

	s.expirer = queue.New(queue.Config[string]{
		Name:    "expiry",
		Workers: c.Workers,
		Batch:   c.Workers,
		Lease:   5 * time.Minute,
		Poll:    10 * time.Second,
		Now:     c.Now,
		Log:     c.Log,
		Claim:   c.Store.ClaimExpired,
		Work:    s.expire,
	})

	return s
}

// stripe returns the calls to Stripe for the account that an order is charged
// in. The order's row alone names it.
func (s *Service) stripe(o *orders.Order) Stripe { return s.cfg.Stripe(o.Account) }

// Run resolves active attempts and expires orders until ctx ends, then waits
// for the work in flight.
func (s *Service) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { s.resolver.Run(ctx) })
	wg.Go(func() { s.expirer.Run(ctx) })
	wg.Wait()
}

// RunOnce runs one round of Run and returns how many rows it worked on.
func (s *Service) RunOnce(ctx context.Context) (int, error) {
	attempts, err := s.resolver.RunOnce(ctx)
	expired, err2 := s.expirer.RunOnce(ctx)
	return attempts + expired, errors.Join(err, err2)
}

// rules are the pure part of payments: they change a State and call nobody.
type rules struct {
	now          time.Time
	unknownAfter time.Duration
	transferWait time.Duration
	proofKey     []byte
	refundFee    bool
}

func (s *Service) rules() rules {
	return rules{
		now:          s.cfg.Now(),
		unknownAfter: s.cfg.UnknownAfter,
		transferWait: s.cfg.TransferWait,
		proofKey:     s.cfg.ProofKey,
		refundFee:    s.cfg.RefundFee,
	}
}
