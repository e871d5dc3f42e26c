package budget_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"checkoutd/internal/budget"
)

// pace is the two budgets as a request meets them.
type pace struct {
	accounts *budget.Accounts
	all      *budget.Budget
}

func (p pace) wait(ctx context.Context, account string) error {
	if err := p.accounts.Wait(ctx, account); err != nil {
		return err
	}
	return p.all.WaitFor(ctx, account)
}

// TestOneAccountsBurstHoldsNobodyUp checks that the buyers of another account,
// and those of the platform itself, pay at once while accounts have more than
// the budgets allow.
func TestOneAccountsBurstHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]func() pace{
		"a budget for each account": func() pace { return pace{budget.NewAccounts(10), budget.New(20)} },
		"turns in the one for all":  func() pace { return pace{nil, budget.New(20)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := p()
				ctx, cancel := context.WithCancel(budget.WithPriority(t.Context(), budget.Confirm))
				var burst sync.WaitGroup
				for n := range 600 {
					burst.Go(func() { _ = p.wait(ctx, fmt.Sprint("acct_busy", n%3)) })
				}

				synctest.Wait()

				for _, account := range []string{"acct_calm", ""} {
					began := time.Now()
					for range 10 {
						if err := p.wait(ctx, account); err != nil {
							t.Fatal(err)
						}
					}

					if took := time.Since(began); took > 3*time.Second {
						t.Errorf("ten requests for %q took %s beside 600 others, want a quarter of 20 a second", account, took)
					}
				}

				cancel()
				burst.Wait()

				if waiting, _ := p.all.Figures(); waiting["confirm"] != 0 {
					t.Errorf("%v wait, and all have left", waiting)
				}
			})
		})
	}
}

// TestAnAccountHasItsOwnBudget checks that replicas share it, that a 429 slows
// it down, and that neither changes another account's.
func TestAnAccountHasItsOwnBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := budget.NewAccounts(20)
		second := func(account string) (sent int) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()

			for a.Wait(ctx, account) == nil {
				sent++
			}

			return sent
		}

		a.Refused("acct_1")

		if got := second("acct_1"); got > 12 {
			t.Errorf("after a 429 a second had %d requests, want half of 20", got)
		}
		if got := second("acct_2"); got < 15 || got > 20 {
			t.Errorf("another account had %d requests in a second, want 20", got)
		}

		a.Share(4)
		for _, account := range []string{"acct_2", "acct_new"} {
			if got := second(account); got < 3 || got > 6 {
				t.Errorf("one of four replicas had %d requests for %s in a second, want 5", got, account)
			}
		}
	})
}

// TestUnusedAccountsAreForgotten checks that the memory is bounded by the
// accounts in use, and that one which Stripe has refused is not forgotten.
func TestUnusedAccountsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := budget.NewAccounts(2)
		for n := range 20_000 {
			if n == 15_000 { // five seconds before the end
				a.Refused("acct_slow")
			}

			if err := a.Wait(t.Context(), fmt.Sprint("acct_", n)); err != nil {
				t.Fatal(err)
			}

			time.Sleep(time.Millisecond)
		}

		if _, kept := a.Figures(); kept > 5000 {
			t.Errorf("%d budgets are kept of 20,000, want those of the last seconds", kept)
		}

		began := time.Now()
		for range 4 {
			if err := a.Wait(t.Context(), "acct_slow"); err != nil {
				t.Fatal(err)
			}
		}

		if took := time.Since(began); took < 2*time.Second {
			t.Errorf("four requests took %s five seconds after a 429, want two or more", took)
		}
	})
}
