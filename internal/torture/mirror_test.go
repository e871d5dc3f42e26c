package torture_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// TestMirrorKilled mirrors the payments of a connected account with servers
// that are killed while they read its lists: before Stripe answers, with the
// answer on its way, with the answer in hand. In the end the mirror is Stripe's
// ledger, each object once.
func TestMirrorKilled(t *testing.T) {
	t.Parallel()
	settings := []string{
		"CONNECT_MIRROR_RATE=0", "CONNECT_MIRROR_ACCOUNT_RATE=0", "CONNECT_MIRROR_SINCE=all",
		"STRIPE_TIMEOUT=30s", "UNKNOWN_AFTER=45s", // a page takes seconds on a busy machine
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		mirrorKilled(t, newHarness(t, settings...))
	})

	t.Run("postgres, two servers", func(t *testing.T) {
		t.Parallel()
		db := newPostgreSQL(t)
		mirrorKilled(t, openHarness(t, db, settings, newLeash(t), newLeash(t)))
	})
}

func mirrorKilled(t *testing.T, h *harness) {
	t.Helper()
	a := h.stripe.openAccount(t, scaled(600, 20_000))
	h.connect(a.id, "read_only")

	kills := scaled(6, 100)
	moments := []moment{arrived, executed, answered, unrecorded}
	for n := range kills {
		up, killed := make(chan struct{}), make(chan struct{})
		victim := h.servers[n%len(h.servers)]
		at := &breakpoint{
			route:  "GET /v1/[pcrd]*s", // one of the four lists
			moment: moments[n/len(h.servers)%len(moments)],
			kill:   func() { <-up; victim.kill(); close(killed) },
			lock:   func() func() { return h.db.lock(t) },
		}

		h.stripe.set(at)
		h.restart() // the mirror goes on at once
		close(up)

		select {
		case <-killed:
		case <-time.After(patience):
			t.Fatalf("kill %d: no server asked for %s", n, at.route)
		}
	}

	h.restart()

	books := h.stripe.books(t, a.id)
	h.wantMirrored(books)
	t.Logf("mirrored %d payments with %d kills", len(books[a.id]["payment_intents"]), kills)
}

// connect makes an account that the offline Stripe has a connected one.
func (h *harness) connect(account, scope string) {
	h.t.Helper()
	h.exec(`INSERT INTO connect_accounts (id, reference, scope, livemode, state, connected_at, disconnected_at,
			charges_enabled, payouts_enabled, country, default_currency, read_at, created_at, updated_at)
		VALUES ($1, '', $2, FALSE, 'connected', 1, 0, TRUE, TRUE, '', '', 0, 1, 1)`, account, scope)
}

// books holds the objects of accounts by their list, as the comparison writes
// them.
type books map[string]map[string][]string

// mirrored are the lists that are mirrored, and how the comparison reads the
// mirrors.
var mirrored = map[string]string{
	"payment_intents": `SELECT id || ' ' || amount || ' ' || status FROM mirror_payments`,
	"charges":         `SELECT id || ' ' || amount || ' ' || status || ' ' || refunded FROM mirror_charges`,
	"refunds":         `SELECT id || ' ' || amount || ' ' || status FROM mirror_refunds`,
	"disputes":        `SELECT id || ' ' || amount || ' ' || status FROM mirror_disputes`,
}

// books reads the books of accounts at the offline Stripe.
func (s *offline) books(t *testing.T, accounts ...string) books {
	t.Helper()
	out := books{}
	for _, account := range accounts {
		out[account] = map[string][]string{}
		for path := range mirrored {
			out[account][path] = s.list(t, account, path)
		}
	}

	return out
}

// wantMirrored waits until the whole history of the accounts is mirrored. It
// fails the test unless the mirrors are their books, each object once.
func (h *harness) wantMirrored(want books) {
	h.t.Helper()
	for last, deadline := -1, time.Now(); ; {
		if h.number(`SELECT COUNT(*) FROM mirror_accounts WHERE backfilled_at > 0`) == len(want) {
			break
		}

		if n := h.number(`SELECT COALESCE(SUM(objects), 0) FROM mirror_accounts`); n != last {
			last, deadline = n, time.Now().Add(patience)
		}

		if time.Now().After(deadline) {
			h.t.Fatalf("the mirrors are not complete: %v", h.column(`SELECT lists FROM mirror_accounts`))
		}

		time.Sleep(20 * time.Millisecond)
	}

	for account, lists := range want {
		for path, text := range mirrored {
			got := h.column(text + ` WHERE account = '` + account + `'`)
			slices.Sort(lists[path])
			slices.Sort(got)

			if !slices.Equal(got, lists[path]) {
				h.t.Errorf("%d %s of %s are mirrored, Stripe has %d", len(got), path, account, len(lists[path]))
			}
		}
	}

	fees := h.number(`SELECT COUNT(*) FROM mirror_charges WHERE status = 'succeeded' AND fee_currency = ''`)
	if fees > 0 {
		h.t.Errorf("the fees of %d charges are not known", fees)
	}
}

// exec runs a statement in the shop's database.
func (h *harness) exec(text string, args ...any) {
	h.t.Helper()
	db, err := sql.Open(h.db.driver, h.db.dsn)
	if err == nil {
		_, err = db.ExecContext(h.t.Context(), text, args...)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// column returns what a query of one column finds.
func (h *harness) column(text string) (out []string) {
	h.t.Helper()
	db, err := sql.Open(h.db.driver, h.db.dsn)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	tx, err := db.BeginTx(h.t.Context(), nil)
	if err == nil {
		err = gather(h.t.Context(), tx, &out, text, func(s *string) []any { return []any{s} })
		err = errors.Join(err, tx.Rollback())
	}
	if err != nil {
		h.t.Fatal(err)
	}

	return out
}

func (h *harness) number(text string) (n int) {
	h.t.Helper()
	if _, err := fmt.Sscan(h.column(text)[0], &n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// connected is a connected account at the offline Stripe.
type connected struct {
	stripe *offline
	id     string
}

// openAccount opens an account with payments, of which some are declined,
// refunded or disputed.
func (s *offline) openAccount(t *testing.T, payments int) connected {
	t.Helper()
	a := connected{stripe: s}
	a.id, _ = a.call(t.Context(), http.MethodPost, "/v1/accounts", url.Values{"type": {"standard"}}).v["id"].(string)

	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(4)

	for n := range payments {
		g.Go(func() error {
			method := "pm_card_visa"
			switch {
			case n%10 == 3:
				method = "pm_card_visa_chargeDeclined"
			case n%50 == 7:
				method = "pm_card_createDispute"
			}

			paid := a.call(ctx, http.MethodPost, "/v1/payment_intents", url.Values{
				"amount":                 {fmt.Sprint(500 + n)},
				"currency":               {"eur"},
				"payment_method":         {method},
				"confirm":                {"true"},
				"payment_method_types[]": {"card"},
			})
			if n%20 == 5 && paid.err == nil {
				id, _ := paid.v["id"].(string)
				return a.call(ctx, http.MethodPost, "/v1/refunds", url.Values{"payment_intent": {id}, "amount": {"100"}}).err
			}

			return paid.err
		})
	}

	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}

	return a
}

// list returns all objects of an account's list, as the comparison writes them.
func (s *offline) list(t *testing.T, account, path string) (out []string) {
	t.Helper()
	for after := ""; t.Context().Err() == nil; {
		var page struct {
			Data []struct {
				ID             string `json:"id"`
				Amount         int64  `json:"amount"`
				AmountRefunded int64  `json:"amount_refunded"`
				Status         string `json:"status"`
			} `json:"data"`
			HasMore bool `json:"has_more"`
		}

		s.direct(t, account, http.MethodGet, "/v1/"+path+"?limit=100"+after, nil, &page)

		for _, o := range page.Data {
			after = "&starting_after=" + o.ID
			line := fmt.Sprint(o.ID, " ", o.Amount, " ", o.Status)
			if path == "charges" {
				line += fmt.Sprint(" ", o.AmountRefunded)
			}

			out = append(out, line)
		}

		if !page.HasMore {
			break
		}
	}

	return out
}

// stripeAnswer is what the offline Stripe answers.
type stripeAnswer struct {
	v   map[string]any
	err error
}

// call calls the offline Stripe for the account. A payment that is declined is
// no error.
func (a connected) call(ctx context.Context, method, path string, form url.Values) (out stripeAnswer) {
	req, err := http.NewRequestWithContext(ctx, method, a.stripe.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return stripeAnswer{err: err}
	}

	req.SetBasicAuth(secretKey, "")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")

	if a.id != "" {
		req.Header.Set("Stripe-Account", a.id)
	}

	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return stripeAnswer{err: err}
	}

	text, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err == nil {
		err = json.Unmarshal(text, &out.v)
	}

	if err == nil && res.StatusCode != http.StatusOK && res.StatusCode != http.StatusPaymentRequired {
		err = fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, text)
	}

	out.err = err

	return out
}
