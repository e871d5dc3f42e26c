package webhooks

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/connect"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
)

// Decoder reads the objects inside of events.
type Decoder interface {
	// DecodeIntent returns the snapshot of an intent. kind is "payment_intent"
	// or "setup_intent", and object is its JSON in the shape of Stripe's
	// APIVersion.
	DecodeIntent(kind string, object []byte) (payments.Snapshot, error)
}

// Stripe is what this package needs of Stripe. It is safe for concurrent use.
type Stripe interface {
	Decoder

	// APIVersion returns the version whose shapes DecodeIntent reads, such as
	// "2025-02-24.acacia".
	APIVersion() string
	// Verify checks that the Stripe-Signature header is the signature of
	// payload under secret, and returns when it was signed, however long ago
	// that is.
	Verify(payload []byte, header, secret string) (signedAt time.Time, err error)
	// Events lists a page of the events of an account ("" is the platform's
	// own) that were created at or after from, newest first, as JSON.
	// startingAfter is the last ID of the previous page.
	Events(ctx context.Context, account string, from time.Time, startingAfter string) (page [][]byte, more bool, err error)
}

// Accounts is what events about connected accounts lead to. *connect.Service
// implements it.
type Accounts interface {
	// Settle brings news into the account, and ends the claim in the same
	// transaction. The error is connect.ErrNotOurs or connect.ErrNoLinkYet if
	// nothing is changed.
	Settle(ctx context.Context, n connect.News, claim *queue.Claim) error
}

// Config is what a Service needs.
type Config struct {
	Intake   Intake
	Claims   Claims
	Payments *payments.Service
	Stripe   Stripe
	Accounts Accounts // nil: events about accounts are ignored
	Mirror   Mirror   // nil: payments of accounts are not copied
	Now      func() time.Time
	Log      zerolog.Logger
	Meter    Meter // may be nil

	// Secrets returns the signing secrets of the endpoint, always at least one.
	// Any of them may have signed a request. It is asked once for each request.
	Secrets func() []string
	// Tolerance is how old a signature may be.
	Tolerance time.Duration
	Livemode  bool
	// Connect lets events of connected accounts in. They reach the orders of
	// their account only.
	Connect bool

	// Workers is how many events are processed at the same time.
	Workers int
	// Lease is how long a worker may hold an event before another takes it.
	Lease time.Duration
	// Gather is how long an event waits that something must be read at Stripe
	// for: one reading is enough for all that arrive meanwhile, and none is
	// needed if one of them says it all.
	Gather time.Duration
	// BackfillEvery is how often Stripe's list of events is read; 0: never.
	BackfillEvery time.Duration
	// BackfillAccounts lists the connected accounts whose events are read, too;
	// nil: none.
	BackfillAccounts func(ctx context.Context) ([]string, error)
}

// Service receives events and processes them. It is safe for concurrent use.
type Service struct {
	cfg   Config
	lanes map[Lane]*queue.Runner[Event]
	asks  *allowance
	// subscriberAsks are for events of customers with a subscription of ours.
	subscriberAsks *allowance

	rejected counter
}

// unknownWorkers is how many events of unknown integrations are processed at
// the same time. They only read the database, and their ends share commits.
const unknownWorkers = 16

// askWorkers is how many questions are put to Stripe at the same time.
const askWorkers = 2

// New returns a Service whose background work starts with Run. It panics
// without a secret: an endpoint that trusts unsigned events must not exist.
func New(c Config) *Service {
	if len(c.Secrets()) == 0 {
		panic("webhooks: no signing secret")
	}

	s := &Service{
		cfg:            c,
		asks:           newAllowance(c.Now, asksPerMinute),
		subscriberAsks: newAllowance(c.Now, subscriberAsksPerMinute),
	}

	lane := queue.Config[Event]{
		Name:    "inbox",
		Workers: c.Workers,
		Lease:   c.Lease,
		Poll:    time.Second,
		Now:     c.Now,
		Log:     c.Log,
		Rescue:  c.Claims.RescueEvents,
		Work:    s.work,
		Release: s.release,
	}

	own, read, unknown, ask := lane, lane, lane, lane
	own.Claim = s.claimFrom(LaneOwn)
	read.Name, read.Claim = "inbox of events that need a reading", s.claimFrom(LaneRead)
	unknown.Name, unknown.Claim = "inbox of unknown events", s.claimFrom(LaneUnknown)
	ask.Name, ask.Claim = "inbox of events to ask about", s.claimAsk
	unknown.Workers, ask.Workers = unknownWorkers, askWorkers
	read.Rescue, unknown.Rescue, ask.Rescue = nil, nil, nil // one is enough for all lanes

	s.lanes = map[Lane]*queue.Runner[Event]{
		LaneOwn:     queue.New(own),
		LaneRead:    queue.New(read),
		LaneUnknown: queue.New(unknown),
		LaneAsk:     queue.New(ask),
	}

	return s
}

func (s *Service) claimFrom(lane Lane) func(context.Context, time.Time, time.Time, int) ([]Event, error) {
	return func(ctx context.Context, now, leaseUntil time.Time, n int) ([]Event, error) {
		return s.cfg.Claims.ClaimEvents(ctx, lane, now, leaseUntil, n)
	}
}

// Run processes events, flushes the counts of rejected requests and backfills
// until ctx ends. It returns when the work in flight is finished.
func (s *Service) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, lane := range s.lanes {
		wg.Go(func() { lane.Run(ctx) })
	}

	wg.Go(func() { every(ctx, time.Hour, s.forgetNotOurs) })
	wg.Go(func() {
		every(ctx, flushEvery, s.flushRejected)

		// What was rejected since the last tick must not be lost with ctx.
		s.flushRejected(context.WithoutCancel(ctx))
	})

	if s.cfg.BackfillEvery > 0 {
		wg.Go(func() {
			s.backfillOnce(ctx)
			every(ctx, s.cfg.BackfillEvery, s.backfillOnce)
		})
	}

	wg.Wait()
}

// RunOnce processes one batch of events of each lane, our own first, and
// returns how many there were.
func (s *Service) RunOnce(ctx context.Context) (worked int, err error) {
	for _, lane := range []Lane{LaneOwn, LaneRead, LaneUnknown, LaneAsk} {
		n, err := s.lanes[lane].RunOnce(ctx)
		worked += n
		if err != nil {
			return worked, err
		}
	}
	return worked, nil
}

// Wake makes Run look for due events at once.
func (s *Service) Wake() {
	for lane := range s.lanes {
		s.wake(lane)
	}
}

func (s *Service) wake(lane Lane) { s.lanes[lane].Wake() }

// wakeIn wakes a lane after a delay.
func (s *Service) wakeIn(lane Lane, delay time.Duration) {
	if delay <= 0 {
		s.wake(lane)
		return
	}
	time.AfterFunc(delay, func() { s.wake(lane) })
}

// every calls do once in a period until ctx ends.
func every(ctx context.Context, period time.Duration, do func(context.Context)) {
	tick := time.NewTicker(period)
	defer tick.Stop()

	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do(ctx)
		}
	}
}
