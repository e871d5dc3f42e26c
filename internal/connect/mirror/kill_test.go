package mirror_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/queue"
)

// errKilled is what the steps of a replica return that was killed: nothing of
// what it did since can be seen.
var errKilled = errors.New("the replica was killed")

// replica is a server that is killed before or after one of its steps: a claim,
// a call to Stripe, a commit.
type replica struct {
	mirror.Store
	mirror.Stripe
	service *mirror.Service

	mu     sync.Mutex
	left   int  // steps until it is killed
	after  bool // the last step
	killed bool
}

// step runs a step, unless the replica is killed before or behind it.
func (r *replica) step(do func() error) error {
	r.mu.Lock()
	r.left--
	last := r.left == 0
	if last && !r.after {
		r.killed = true
	}

	killed := r.killed
	r.mu.Unlock()

	if killed {
		return errKilled
	}

	err := do()
	if last {
		r.mu.Lock()
		defer r.mu.Unlock()

		r.killed, err = true, errKilled
	}

	return err
}

func (r *replica) dead() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.killed
}

func (r *replica) ClaimMirrors(
	ctx context.Context, now, until time.Time, n int, gone bool,
) (jobs []mirror.Job, err error) {
	err = r.step(func() (err error) {
		jobs, err = r.Store.ClaimMirrors(ctx, now, until, n, gone)
		return err
	})
	if err != nil {
		return nil, err
	}
	return jobs, nil
}

func (r *replica) CommitMirror(ctx context.Context, claim queue.Claim, m *mirror.Mirror, b *mirror.Batch) error {
	return r.step(func() error { return r.Store.CommitMirror(ctx, claim, m, b) })
}

func (r *replica) MirrorPage(ctx context.Context, q mirror.Query) (page [][]byte, more bool, err error) {
	err = r.step(func() (err error) {
		page, more, err = r.Stripe.MirrorPage(ctx, q)
		return err
	})
	return page, more, err
}

func (f *fixture) newReplica(left int, after bool) *replica {
	r := &replica{Store: f.store, Stripe: f.stripe, left: left, after: after}
	cfg := f.cfg
	cfg.Store, cfg.Stripe = r, r
	r.service = mirror.New(cfg)
	return r
}

// TestKilledBetweenAnyTwoSteps mirrors accounts that go on being paid with two
// replicas, which are killed again and again. Webhooks arrive twice, late or
// never. In the end every mirror is the ledger.
//
// CHECKOUTD_TORTURE=1 mirrors a million payments with a hundred kills;
// MIRROR_PAYMENTS=n: n payments.
func TestKilledBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	payments, kills := 3000, 30
	if os.Getenv("CHECKOUTD_TORTURE") == "1" {
		payments, kills = 1_000_000, 100
	}

	if n, err := strconv.Atoi(os.Getenv("MIRROR_PAYMENTS")); err == nil {
		payments = n
	}

	for name, newURL := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, newURL(t))
			f.connect("acct_large", payments)
			f.connect("acct_small", payments/20)
			f.connect("acct_tiny", 3)
			f.connect("acct_none", 0)

			began := time.Now()
			s := &surge{f: f, rnd: rand.New(rand.NewPCG(1, 2)), kills: kills, payments: payments}
			s.run()
			t.Logf("%d payments, %d kills, %d pages read, %s", payments, s.killed, len(f.stripe.calls), time.Since(began).Round(time.Second))

			if s.killed < kills {
				t.Errorf("only %d kills, want %d", s.killed, kills)
			}

			db := f.raw()
			for _, account := range []string{"acct_large", "acct_small", "acct_tiny", "acct_none"} {
				f.compare(db, account)
			}

			if got := f.lines(db, `SELECT id FROM mirror_charges WHERE card_brand <> '' OR card_last4 <> ''`); len(got) > 0 {
				t.Errorf("cards were stored: %d", len(got))
			}
		})
	}
}

// surge is the life of the accounts during a test.
type surge struct {
	f        *fixture
	rnd      *rand.Rand
	payments int
	kills    int
	killed   int
	late     []webhook
	n        int
}

// webhook is an event on its way.
type webhook struct {
	object  []byte
	created time.Time
}

// run mirrors until the first pass is over, changes much without telling
// anybody, and mirrors until that is found out.
func (s *surge) run() {
	t := s.f.t

	// Spread the kills over the pages of the first pass, three steps each.
	pages := 2*s.payments/100 + 50
	between := max(2, 3*pages/(s.kills+1)*2)
	replicas := []*replica{s.fresh(between), s.fresh(between)}

	for pass := range 2 {
		for round := 0; !s.current(pass); round++ {
			for i, r := range replicas {
				if r.dead() {
					s.killed++
					s.f.clock.Advance(3 * time.Minute) // its leases expire
					replicas[i] = s.fresh(between)
				}

				if _, err := replicas[i].service.RunOnce(t.Context()); err != nil && !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
			}

			s.f.clock.Advance(time.Second)
			if round < 50 {
				s.live(true)
			}
		}

		for range 30 {
			s.live(false)
		}

		s.f.clock.Advance(24 * time.Hour)
		between = 7
	}

	for s.killed < s.kills { // in a pass that has little to do
		s.f.clock.Advance(24 * time.Hour)
		r := s.fresh(7)
		for !r.dead() {
			if _, err := r.service.RunOnce(t.Context()); err != nil && !errors.Is(err, errKilled) {
				t.Fatal(err)
			}

			s.f.clock.Advance(time.Hour)
		}

		s.killed++
	}

	s.f.clock.Advance(24 * time.Hour)
	s.f.settle(mirror.New(s.f.cfg))
}

func (s *surge) fresh(between int) *replica {
	return s.f.newReplica(1+s.rnd.IntN(between), s.rnd.IntN(2) == 0)
}

// current reports whether every account has ended its pass.
func (s *surge) current(pass int) bool {
	for account := range s.f.stripe.books {
		m, err := s.f.store.Mirror(s.f.t.Context(), account)
		if err != nil {
			s.f.t.Fatal(err)
		}
		if m.Pass <= int64(pass) || s.f.progress(account).State != mirror.Current {
			return false
		}
	}
	return true
}

// live lets something happen in the largest account, and tells of it: at once,
// twice, later, or never.
func (s *surge) live(tell bool) {
	f := s.f
	f.stripe.mu.Lock()
	b, now := f.stripe.books["acct_large"], f.clock.Now()
	var news []webhook
	add := func(k mirror.Kind, o *object) { news = append(news, webhook{b.tell(now, k, o), now}) }

	s.n++
	payment, charge := b.pay(now, s.n)
	add(mirror.PaymentIntents, payment)
	add(mirror.Charges, charge)

	// An old payment is given back, a refund arrives, a dispute is lost.
	old := b.lists[mirror.Charges][s.rnd.IntN(len(b.lists[mirror.Charges]))]
	if old.status == "succeeded" && old.refunded == 0 {
		add(mirror.Refunds, b.refund(now, old, old.amount))
		add(mirror.Charges, old)
	}

	for k, status := range map[mirror.Kind]string{mirror.Refunds: "succeeded", mirror.Disputes: "lost"} {
		if list := b.lists[k]; len(list) > 0 {
			o := list[s.rnd.IntN(len(list))]
			o.status = status
			add(k, o)
		}
	}

	f.stripe.mu.Unlock()

	if !tell {
		return
	}

	service := mirror.New(f.cfg)
	for _, w := range news {
		switch s.rnd.IntN(4) {
		case 0: // it never arrives
		case 1:
			s.late = append(s.late, w)
		default:
			s.deliver(service, w)
			s.deliver(service, w)
		}
	}

	if len(s.late) > 20 {
		for _, w := range s.late {
			s.deliver(service, w)
		}

		s.late = nil
	}
}

func (s *surge) deliver(service *mirror.Service, w webhook) {
	if err := service.Apply(s.f.t.Context(), "acct_large", w.object, w.created); err != nil {
		s.f.t.Fatal(err)
	}
}
