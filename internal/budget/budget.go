// Package budget paces the requests to Stripe. Stripe limits the requests of a
// whole account (https://docs.stripe.com/rate-limits), so that whoever makes
// this process send too many would stop every payment of the shop.
//
// It guarantees that no second has more requests than the budget allows; that
// waiting requests go in the order of their priorities, buyers first; that
// buyers who use it up leave every eighth turn to our own orders' events, or
// nobody would learn what became of payments; that replicas which share an
// account share its budget; and that the pace slows down when Stripe refuses a
// request with 429.
//
// A request that acts for a connected account counts for that account at
// Stripe. So each of them has a budget of its own (Accounts) before the one
// that all requests share (Budget), and in the latter accounts take turns:
// however many requests one account has, the buyers of another do not wait for
// them.
package budget

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Priority is how soon a request is sent while others wait.
type Priority int

// The priorities, first to last.
const (
	Confirm    Priority = iota // a buyer waits for the outcome of a payment
	Buyer                      // a buyer waits for a page
	Background                 // events and attempts of our own orders
	Neighbour                  // events of other integrations on the account
	Mirror                     // payments of connected accounts, which are copied
	priorities
)

// names are those of the priorities.
var names = [priorities]string{"confirm", "buyer", "background", "neighbour", "mirror"}

// backgroundTurn is which turn Background has while buyers use up the budget.
const backgroundTurn = 8

type priorityKey struct{}

// WithPriority returns a context whose requests have priority p.
func WithPriority(ctx context.Context, p Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

// PriorityOf returns the priority of a context's requests, Background if none
// was set.
func PriorityOf(ctx context.Context) Priority {
	if p, ok := ctx.Value(priorityKey{}).(Priority); ok {
		return p
	}
	return Background
}

type watchKey struct{}

// Watch returns a context for calls, and a function that reports whether one of
// them ended because its turn had not come in time. Then Stripe was not asked.
func Watch(ctx context.Context) (watched context.Context, turnedAway func() bool) {
	seen := new(atomic.Bool)
	return context.WithValue(ctx, watchKey{}, seen), seen.Load
}

// turnAway tells whoever watches the calls of ctx.
func turnAway(ctx context.Context) {
	if seen, ok := ctx.Value(watchKey{}).(*atomic.Bool); ok {
		seen.Store(true)
	}
}

// burstShare is the part of a second's requests that may be sent at once; the
// others are spread evenly. The two together are what a second can have at
// most.
const burstShare = 5

// slowest is the part of the budget that is left however often Stripe refuses,
// and recovery how long the pace takes from there to the whole budget.
const (
	slowest  = 16
	recovery = 30 * time.Second
)

// Budget paces requests. It is safe for concurrent use. A nil Budget has no
// limit.
type Budget struct {
	perSecond float64 // of all replicas

	mu       sync.Mutex
	limiter  *rate.Limiter
	replicas int
	slowedTo float64   // the share that a 429 left, 1 for all
	slowedAt time.Time // when that was
	waiting  [priorities]line
	passed   int  // turns of buyers while Background waited
	serving  bool // a timer will admit the next one
}

// New returns the Budget for a number of requests per second, nil for 0, which
// means no limit.
func New(perSecond int) *Budget {
	if perSecond == 0 {
		return nil
	}

	b := &Budget{perSecond: float64(perSecond), replicas: 1, slowedTo: 1}
	b.limiter = rate.NewLimiter(0, 1)
	b.adjust(time.Now())
	return b
}

// Wait returns when a request with the priority of ctx may be sent, or the
// error of ctx if that ends first.
func (b *Budget) Wait(ctx context.Context) error { return b.WaitFor(ctx, "") }

// WaitFor is Wait for a request that acts for a connected account, or for the
// own one if account is "". Among requests of one priority, accounts take
// turns.
func (b *Budget) WaitFor(ctx context.Context, account string) error {
	if b == nil {
		return nil
	}

	return await(ctx, func() (<-chan struct{}, func()) { return b.enter(PriorityOf(ctx), account) })
}

// await enters a request and returns when it is admitted, or the error of ctx
// if that ends first.
func await(ctx context.Context, enter func() (admitted <-chan struct{}, leave func())) error {
	if err := ctx.Err(); err != nil {
		turnAway(ctx)
		return err
	}

	admitted, leave := enter()
	select {
	case <-admitted:
		return nil
	case <-ctx.Done():
		leave()
		turnAway(ctx)
		return ctx.Err()
	}
}

// enter admits a request if nobody waits and the budget allows it. Otherwise
// the request waits until admitted is closed, or leave is called.
func (b *Budget) enter(p Priority, account string) (admitted <-chan struct{}, leave func()) {
	b.mu.Lock()
	defer b.mu.Unlock()

	now := time.Now()
	b.adjust(now)

	if !b.serving && b.limiter.AllowN(now, 1) {
		turn := make(chan struct{})
		close(turn)
		return turn, func() {}
	}

	turn, giveUp := b.waiting[p].join(account)
	b.serve()
	return turn, func() {
		b.mu.Lock()
		defer b.mu.Unlock()

		giveUp()
	}
}

// serve sees to it that the first of those who wait is admitted as soon as the
// budget allows another request. Who that is, is decided then.
func (b *Budget) serve() {
	if b.serving {
		return
	}

	b.serving = true
	time.AfterFunc(b.limiter.Reserve().Delay(), func() {
		b.mu.Lock()
		defer b.mu.Unlock()

		b.serving = false
		b.adjust(time.Now())

		if b.admitFirst() > 0 {
			b.serve()
		}
	})
}

// admitFirst admits the first of those whose turn it is, and returns how many
// are left.
func (b *Budget) admitFirst() (left int) {
	b.waiting[b.turn()].next()
	return b.requests()
}

// requests returns how many requests wait.
func (b *Budget) requests() (n int) {
	for p := range b.waiting {
		n += b.waiting[p].requests
	}
	return n
}

// turn returns the priority whose turn it is.
func (b *Budget) turn() Priority {
	first := Confirm
	for first < priorities-1 && b.waiting[first].requests == 0 {
		first++
	}

	if first >= Background || b.waiting[Background].requests == 0 {
		b.passed = 0
		return first
	}

	if b.passed++; b.passed < backgroundTurn {
		return first
	}

	b.passed = 0
	return Background
}

// Share divides the budget by the number of replicas that are running.
func (b *Budget) Share(replicas int) {
	if b == nil {
		return
	}

	b.mu.Lock()
	defer b.mu.Unlock()

	b.replicas = max(replicas, 1)
	b.adjust(time.Now())
}

// Figures returns how many requests wait, by priority, and how many this
// replica may send in a second at its present pace, 0 without a limit.
func (b *Budget) Figures() (waiting map[string]int, perSecond float64) {
	waiting = map[string]int{}
	if b == nil {
		for _, name := range names {
			waiting[name] = 0
		}

		return waiting, 0
	}

	b.mu.Lock()
	defer b.mu.Unlock()

	for p, name := range names {
		waiting[name] = b.waiting[p].requests
	}

	b.adjust(time.Now())
	return waiting, float64(b.limiter.Limit())
}

// Refused slows down: Stripe refused a request with 429. However many requests
// are refused together, one second halves the pace once.
func (b *Budget) Refused() {
	if b == nil {
		return
	}

	b.mu.Lock()
	defer b.mu.Unlock()

	now := time.Now()
	if !b.slowedAt.IsZero() && now.Sub(b.slowedAt) < time.Second {
		return
	}

	b.slowedTo = max(b.share(now)/2, 1.0/slowest)
	b.slowedAt = now
	b.adjust(now)
}

// share returns the part of the budget that is in use. It grows again with the
// time since the last refusal.
func (b *Budget) share(now time.Time) float64 {
	if b.slowedTo >= 1 {
		return 1
	}
	return min(1, b.slowedTo+float64(now.Sub(b.slowedAt))/float64(recovery))
}

// adjust sets the pace for the replicas and the share at this moment.
func (b *Budget) adjust(now time.Time) {
	perSecond := b.perSecond / float64(b.replicas) * b.share(now)
	burst := max(int(perSecond/burstShare), 1)

	// A share of less than two a second has no burst: one request at a time.
	pace := perSecond
	if perSecond > 2 {
		pace = perSecond - float64(burst)
	}

	b.limiter.SetLimitAt(now, rate.Limit(pace))
	b.limiter.SetBurstAt(now, burst)
}
