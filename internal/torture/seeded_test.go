package torture_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/testhost"
)

// TestMirrorOfALargePastKilled gives accounts a past with the command that is
// there for it, and mirrors it with a server that is killed at random moments
// all along. In the end the mirrors are the offline Stripe's ledger, each
// object once.
//
// With CHECKOUTD_TORTURE=1 there are 1,000,000 payments and 100 kills;
// CHECKOUTD_MIRROR_PAYMENTS and CHECKOUTD_MIRROR_KILLS set other numbers.
func TestMirrorOfALargePastKilled(t *testing.T) {
	testhost.Torture(t)
	t.Parallel()
	settings := []string{"CONNECT_MIRROR_RATE=0", "CONNECT_MIRROR_ACCOUNT_RATE=0", "CONNECT_MIRROR_SINCE=all"}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		mirrorPastKilled(t, newHarness(t, settings...))
	})

	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		db := newPostgreSQL(t)
		mirrorPastKilled(t, openHarness(t, db, settings, newLeash(t)))
	})
}

func mirrorPastKilled(t *testing.T, h *harness) {
	t.Helper()
	payments := numberFrom(t, "CHECKOUTD_MIRROR_PAYMENTS", scaled(2000, 1_000_000))
	kills := numberFrom(t, "CHECKOUTD_MIRROR_KILLS", scaled(5, 100))

	// One account has more than the others, which are mirrored beside it.
	const side = 7
	part := payments / (side + 3)
	accounts := append(h.seed(1, payments-side*part), h.seed(side, part)...)
	for _, account := range accounts {
		h.connect(account, "read_only")
	}

	ledger := make(chan books, 1)
	go func() { ledger <- h.stripe.books(t, accounts...) }() // the past does not change

	// Each kill has a part of the pages, about 100 payments or charges each,
	// and comes at a random one of them.
	began, at := time.Now(), 0
	pages := float64(2*payments/100) * 0.85 / float64(kills)
	moments := []moment{arrived, executed, answered, unrecorded}

	for n := range kills {
		next := int((float64(n) + rand.Float64()) * pages)
		killed := make(chan struct{})
		h.stripe.set(&breakpoint{
			route:  "GET /v1/[pcrd]*s", // one of the four lists
			pass:   max(next-at, 0),
			moment: moments[rand.N(len(moments))],
			kill:   func() { h.servers[0].kill(); close(killed) },
			lock:   func() func() { return h.db.lock(t) },
		})

		at = next

		if n == 0 {
			h.restart() // the mirrors begin within half a minute, or at the start
		}

		select {
		case <-killed:
		case <-time.After(3 * patience):
			t.Fatalf("kill %d: the server did not come to page %d", n, next)
		}

		h.restart()

		if (n+1)%10 == 0 {
			t.Logf("%d kills, %s: %d objects are mirrored", n+1, time.Since(began).Round(time.Second),
				h.number(`SELECT COALESCE(SUM(objects), 0) FROM mirror_accounts`))
		}
	}

	h.wantMirrored(<-ledger)
	t.Logf("mirrored %d payments of %d accounts with %d kills; with the comparison it took %s",
		h.number(`SELECT COUNT(*) FROM mirror_payments`), len(accounts), kills, time.Since(began).Round(time.Second))
}

var accountID = regexp.MustCompile(`acct_\w+`)

// seed makes accounts with payments, half a year of them, and returns their
// IDs.
func (h *harness) seed(accounts, payments int) []string {
	h.t.Helper()
	path, err := binary()
	if err != nil {
		h.t.Fatal(err)
	}

	cmd := exec.Command(path, "stripe", "seed", "--scope", "read_only", "--seed", fmt.Sprint(accounts),
		"--accounts", fmt.Sprint(accounts), "--payments", fmt.Sprint(payments))
	cmd.Dir = h.servers[0].leash.Dir()
	cmd.Env = []string{"SANDBOX_ADDR=" + strings.TrimPrefix(h.stripe.url, "http://")}

	out, err := cmd.CombinedOutput()
	ids := accountID.FindAllString(string(out), -1)
	if err != nil || len(ids) != accounts {
		h.t.Fatalf("server stripe seed: %v\n%s", err, out)
	}

	return ids
}
