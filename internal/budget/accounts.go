package budget

import (
	"context"
	"sync"
	"time"
)

// keptAtLeast is how many budgets of accounts are kept before the first ones
// are forgotten.
const keptAtLeast = 1024

// Accounts holds a budget for each connected account, each as large as the
// others. It forgets those that hold nobody up, so that it holds about as many
// as have had requests in the last second, or a 429 in the last half minute. It
// is safe for concurrent use. A nil Accounts has no limit.
type Accounts struct {
	perSecond int

	mu       sync.Mutex
	replicas int
	budgets  map[string]*Budget
	most     int // how many there may be before the unused ones are forgotten
}

// NewAccounts returns the Accounts for a number of requests per second and
// account, nil for 0, which means no limit.
func NewAccounts(perSecond int) *Accounts {
	if perSecond == 0 {
		return nil
	}
	return &Accounts{
		perSecond: perSecond,
		replicas:  1,
		budgets:   map[string]*Budget{},
		most:      keptAtLeast,
	}
}

// Wait returns when a request with the priority of ctx may be sent for the
// account, or the error of ctx if that ends first. The own account, "", has no
// budget here.
func (a *Accounts) Wait(ctx context.Context, account string) error {
	if a == nil || account == "" {
		return nil
	}

	return await(ctx, func() (<-chan struct{}, func()) {
		a.mu.Lock()
		defer a.mu.Unlock() // entered under the lock, it is not forgotten before

		return a.of(account).enter(PriorityOf(ctx), "")
	})
}

// Refused slows an account down: Stripe refused a request for it with 429.
func (a *Accounts) Refused(account string) {
	if a == nil || account == "" {
		return
	}

	a.mu.Lock()
	defer a.mu.Unlock()

	a.of(account).Refused()
}

// Share divides the budgets by the number of replicas that are running.
func (a *Accounts) Share(replicas int) {
	if a == nil {
		return
	}

	a.mu.Lock()
	defer a.mu.Unlock()

	a.replicas = replicas
	for _, b := range a.budgets {
		b.Share(replicas)
	}
}

// Figures returns how many requests wait for their account's budget, by
// priority, and how many budgets are kept.
func (a *Accounts) Figures() (waiting map[string]int, kept int) {
	waiting = map[string]int{}
	if a == nil {
		return waiting, 0
	}

	a.mu.Lock()
	defer a.mu.Unlock()

	for _, b := range a.budgets {
		part, _ := b.Figures()
		for name, n := range part {
			waiting[name] += n
		}
	}

	return waiting, len(a.budgets)
}

// of returns the budget of an account.
func (a *Accounts) of(account string) *Budget {
	if b := a.budgets[account]; b != nil {
		return b
	}

	if len(a.budgets) >= a.most {
		a.forget()
	}

	b := New(a.perSecond)
	b.Share(a.replicas)
	a.budgets[account] = b

	return b
}

// forget drops the unused budgets. It looks at all of them, so it is called
// again when there are twice as many as it left.
func (a *Accounts) forget() {
	now := time.Now()
	for account, b := range a.budgets {
		if b.unused(now) {
			delete(a.budgets, account)
		}
	}

	a.most = max(keptAtLeast, 2*len(a.budgets))
}

// unused reports whether the requests that it has paced make no difference any
// more: a new Budget would admit no more than this one.
func (b *Budget) unused(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()

	b.adjust(now)
	return !b.serving && b.share(now) == 1 && b.limiter.TokensAt(now) >= float64(b.limiter.Burst())
}
