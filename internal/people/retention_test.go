package people_test

import (
	"context"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/orders"
	"checkoutd/internal/people"
	"checkoutd/internal/queue"
)

// cutRetention is a store whose server may die before or after a batch.
type cutRetention struct {
	people.RetentionStore

	before, after func()
}

func (s *cutRetention) Sweep(
	ctx context.Context, claim queue.Claim, d people.Due, n int, moreAt, nextAt time.Time,
) (int, error) {
	call(s.before)
	removed, err := s.RetentionStore.Sweep(ctx, claim, d, n, moreAt, nextAt)
	call(s.after)
	return removed, err
}

// A server that is killed between any two steps of the retention leaves a
// state from which the next one goes on to the same end.
func TestAnInterruptedRetentionEnds(t *testing.T) {
	t.Parallel()
	kill := func() { panic("killed") }
	for name, cut := range map[string]cutRetention{
		"nowhere":        {},
		"before a batch": {before: kill},
		"after a batch":  {after: kill},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			cut.RetentionStore = f.store
			svc := func() *people.Service {
				return people.New(people.Config{
					Store:     f.store,
					Retention: &cut,
					NewID:     orders.NewID,
					Now:       f.clock.Now,
					Log:       zerolog.Nop(),
					Policy:    people.Policy{Orders: map[string]time.Duration{"paid": 24 * time.Hour}},
				})
			}

			f.clock.Advance(48 * time.Hour)

			counts, err := svc().CountDue(t.Context())
			if err != nil || len(counts) != 3 || counts[0] != (people.Count{
				Name:   "orders",
				State:  "paid",
				N:      2,
				Oldest: counts[0].Oldest,
			}) {
				t.Errorf("counted %+v, %v", counts, err)
			}

			_, _ = svc().RunRetentionOnce(t.Context()) // a panic ends its own job only

			cut.before, cut.after = nil, nil
			f.clock.Advance(3 * time.Minute) // the leases expire

			if _, err := svc().SweepAll(t.Context()); err != nil {
				t.Fatal(err)
			}

			for _, id := range []string{"ord_cus_a", "ord_cus_b"} {
				o, err := f.store.Order(t.Context(), id)
				if err != nil || o.Contact != (orders.Contact{}) || o.ErasedAt.IsZero() || o.CustomerID == "" {
					t.Errorf("%s is %+v, %v", id, o, err)
				}
			}

			if len(f.stripe.calls) > 0 {
				t.Errorf("Stripe was asked %v", f.stripe.calls)
			}

			sweeps, err := f.store.Sweeps(t.Context())
			if err != nil || sweeps[2].Name != "orders" || sweeps[2].Removed != 2 {
				t.Errorf("the sweeps are %+v, %v", sweeps, err)
			}
		})
	}
}
