// Package drift_test compares shops with the offline Stripe, as server drift
// and a server at night do.
package drift_test

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/api"
	"checkoutd/internal/app"
	"checkoutd/internal/drift"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/payments"
	"checkoutd/internal/pgtest"
	"checkoutd/internal/sandbox"
)

const month = 31 * 24 * time.Hour

// engines are the databases that the tests run on.
func engines(t *testing.T) map[string]e2etest.Option {
	return map[string]e2etest.Option{
		"SQLite":     func(*e2etest.Shop) {},
		"PostgreSQL": func(s *e2etest.Shop) { s.Env["DATABASE_URL"] = pgtest.Shared(t).NewDatabase(t) },
	}
}

// comparison compares the days of a shop beside its server. Its clock is two
// days ahead, so that today is over.
type comparison struct {
	*e2etest.Shop
	open    *app.Drift
	service *drift.Service
}

func newComparison(t *testing.T, s *e2etest.Shop) *comparison {
	t.Helper()
	open, err := app.OpenDrift(t.Context(), s.Config, zerolog.Nop(), later)
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { _ = open.Close() })

	cfg := *s.Config
	cfg.SandboxAddr = strings.TrimPrefix(cfg.StripeAPIBase, "http://")

	service, err := open.Service(t.Context(), &cfg, "test")
	if err != nil {
		t.Fatal(err)
	}

	return &comparison{s, open, service}
}

func later() time.Time { return time.Now().Add(month + 48*time.Hour) }

// compare compares yesterday, today and more days, and returns what is open as
// "kind object".
func (c *comparison) compare(more ...time.Time) (open []string) {
	c.T.Helper()
	now := time.Now()
	for _, at := range append([]time.Time{now.Add(-24 * time.Hour), now}, more...) {
		day := at.UTC().Format(time.DateOnly)
		if _, err := c.service.Start(c.T.Context(), day, later(), true); err != nil {
			c.T.Fatal(err)
		}
		if ended, err := c.service.Work(c.T.Context(), day); err != nil || !ended {
			c.T.Fatalf("%s: ended %t, %v", day, ended, err)
		}
	}

	return c.list()
}

func (c *comparison) list() (open []string) {
	c.T.Helper()
	list, err := c.open.Findings(c.T.Context(), drift.Open, 100)
	if err != nil {
		c.T.Fatal(err)
	}

	for _, f := range list {
		open = append(open, string(f.Kind)+" "+f.ObjectID)
	}

	slices.Sort(open)
	return open
}

// charges returns how many payments of all days and accounts were counted, and
// how many of them are those of others.
func (c *comparison) charges() (all, others int64) {
	c.T.Helper()
	runs, err := c.open.Runs(c.T.Context(), "", 100)
	if err != nil {
		c.T.Fatal(err)
	}

	for _, r := range runs {
		all, others = all+r.Charges, others+r.Neighbours
	}

	return all, others
}

func (c *comparison) want(got []string, want ...string) {
	c.T.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		list, _ := c.open.Findings(c.T.Context(), drift.Open, 100)
		c.T.Errorf("found\n%s\nwant\n%s\n%+v", strings.Join(got, "\n"), strings.Join(want, "\n"), list)
	}
}

// order creates an order of the shop's backend of 18.00 USD, and pays it.
func order(t *testing.T, s *e2etest.Shop, more, card string) (id string) {
	t.Helper()
	o := s.Backend(t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/orders",
		`{"currency":"usd","items":[{"name":"Mug","unit_amount":1800}]`+more+`}`)
	b := s.Buyer(t)
	if r := b.Call("GET", o["url"].(string)[len(s.URL):], ""); r.Status != http.StatusSeeOther {
		t.Fatalf("the order's address: %d %s", r.Status, r.Body)
	}

	id = o["id"].(string)
	if card == "" {
		if r := b.Call("POST", "/create-confirm-intent", `{"expectedAmount":0}`); r.Status != http.StatusOK {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
	} else if r := b.Confirm(id, card); r.Status != http.StatusOK {
		t.Fatalf("%d %s", r.Status, r.Body)
	}

	return id
}

// A shop in which everything is in order, however it came about.
func TestNothingDiffersInACleanShop(t *testing.T) {
	t.Parallel()
	for name, engine := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog), engine, e2etest.Set("SANDBOX_FAULTS", "true"))
			acct := s.Connected()
			back := s.Backend(t, api.ScopeRefund)

			s.Paid(t)
			partly := order(t, s, `,"capture_method":"manual"`, e2etest.CardPays)
			back.Want(http.StatusOK, "POST", "/v1/orders/"+partly+"/capture", `{"amount":1000}`)
			back.Want(http.StatusOK, "POST", "/v1/orders/"+partly+"/refund", `{"amount":300}`)
			order(t, s, `,"capture_method":"manual"`, e2etest.CardPays) // a hold
			refunded := order(t, s, "", e2etest.CardPays)
			back.Want(http.StatusOK, "POST", "/v1/orders/"+refunded+"/refund", `{"amount":900}`)
			order(t, s, "", "4000000000000259") // is disputed
			order(t, s, "", "4000000000005126") // its refunds fail later
			order(t, s, `,"account":"`+acct+`"`, e2etest.CardPays)
			order(t, s, `,"transfer_data":{"destination":"`+acct+`"}`, e2etest.CardPays)
			order(t, s, `,"discounts":[{"name":"Gift","amount":1800}]`, "") // free

			b := s.Buyer(t)
			b.Confirm(b.Save(), e2etest.CardPays)

			// A trial, an invoice that is paid out of band, and a renewal.
			trial := back.Want(http.StatusCreated, "POST", "/v1/orders",
				`{"items":[{"sku":"club"}],"mode":"subscription","trial_days":14}`)
			b = s.Buyer(t)
			b.Call("GET", strings.TrimPrefix(trial["url"].(string), s.URL), "")
			b.Confirm(trial["id"].(string), e2etest.CardPays)

			b = s.Buyer(t)
			cash := b.Order("club")
			b.Confirm(cash, e2etest.CardDeclined)
			s.WantQuiet()
			sub := s.State(cash).Subscriptions[0].ID
			invoice := s.Stripe("GET", "/v1/subscriptions/"+sub)["latest_invoice"].(string)
			s.Stripe("POST", "/v1/invoices/"+invoice+"/pay", "paid_out_of_band", "true")

			b = s.Buyer(t)
			club := b.Order("club", "mug") // the renewal is for one of them
			b.Confirm(club, e2etest.CardPays)
			b.WantSubscribed(club)

			// A neighbour's, and one that copies a mark: known as foreign.
			s.Stripe("POST", "/v1/payment_intents", "amount", "700", "currency", "usd", "payment_method", "pm_card_visa",
				"confirm", "true", "payment_method_types[]", "card")
			s.Stripe("POST", "/v1/payment_intents", "amount", "800", "currency", "usd", "payment_method", "pm_card_visa",
				"confirm", "true", "payment_method_types[]", "card", "metadata["+payments.MetaOrder+"]", refunded)
			s.WantQuiet()

			s.App.Sandbox().Advance(month)
			s.Eventually("the renewal is paid", func() bool { return len(s.State(club).Intents) == 2 })
			s.WantQuiet()

			c := newComparison(t, s)
			c.want(c.compare(time.Now().Add(month-time.Hour), time.Now().Add(month), time.Now().Add(month-17*24*time.Hour)))

			if all, others := c.charges(); all < 11 || others != 2 {
				t.Errorf("%d payments were counted, %d of others; want at least 11, and 2", all, others)
			}
		})
	}
}

// exec changes rows behind the shop's back.
func exec(s *e2etest.Shop, text string, args ...any) {
	s.T.Helper()
	driver, dsn := "pgx", s.Config.DatabaseURL.Reveal()
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(60000)"
	}

	db, err := sql.Open(driver, dsn)
	if err != nil {
		s.T.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	result, err := db.ExecContext(context.Background(), text, args...)
	if err != nil {
		s.T.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		s.T.Fatalf("%s changed %d rows, %v", text, n, err)
	}
}

// wreck makes one finding of each kind, and returns them. First everything is
// paid and told: no event mends what is wrecked then.
func wreck(t *testing.T, s *e2etest.Shop) (want []string) {
	t.Helper()
	acct := s.Connected()
	order(t, s, `,"account":"`+acct+`"`, e2etest.CardPays) // accounts without orders are not compared

	var ids, intents, refunds []string
	for range 12 {
		ids = append(ids, order(t, s, "", e2etest.CardPays))
	}

	ids = append(ids, order(t, s, `,"account":"`+acct+`"`, e2etest.CardPays), order(t, s, "", "4000000000000259"))
	s.Eventually("the dispute is known", func() bool { return len(s.State(ids[13]).Disputes) == 1 })

	for i, id := range ids {
		intents = append(intents, s.State(id).Intents[0].ID)
		if i < 2 {
			s.Backend(t, api.ScopeRefund).Want(http.StatusOK, "POST", "/v1/orders/"+id+"/refund", `{"amount":300}`)
			refunds = append(refunds, s.State(id).Refunds[0].ID)
		}
	}

	s.WantQuiet()
	s.Fault("WEBHOOK *", sandbox.FaultDrop, -1)

	add := func(kind drift.Kind, object string) { want = append(want, string(kind)+" "+object) }

	exec(s, `DELETE FROM refunds WHERE id = $1`, refunds[0])
	exec(s, `UPDATE orders SET refunded = 0 WHERE id = $1`, ids[0])
	add(drift.RefundUnknown, refunds[0])

	exec(s, `UPDATE refunds SET amount = 200 WHERE id = $1`, refunds[1])
	exec(s, `UPDATE orders SET refunded = 200 WHERE id = $1`, ids[1])
	add(drift.RefundDiffers, refunds[1])

	exec(s, `INSERT INTO refunds (id, order_id, intent_id, amount, currency, status, reason, operation_id, created_at, updated_at)
		VALUES ('re_made_up', $1, $2, 100, 'usd', 'succeeded', '', '', $3, $3)`, ids[2], intents[2], time.Now().UnixMicro())
	exec(s, `UPDATE orders SET refunded = 100 WHERE id = $1`, ids[2])
	add(drift.RefundMissing, "re_made_up")

	exec(s, `UPDATE intents SET status = 'processing' WHERE id = $1`, intents[3])
	add(drift.ChargeNotPaid, intents[3])

	exec(s, `UPDATE intents SET amount = 1700 WHERE id = $1`, intents[4])
	add(drift.AmountDiffers, intents[4])

	exec(s, `UPDATE orders SET amount = 1700 WHERE id = $1`, ids[5])
	add(drift.AmountDiffers, intents[5])

	exec(s, `UPDATE intents SET currency = 'eur' WHERE id = $1`, intents[6])
	add(drift.CurrencyDiffers, intents[6])

	exec(s, `UPDATE intents SET captured = 1000 WHERE id = $1`, intents[7])
	exec(s, `UPDATE orders SET captured = 1000 WHERE id = $1`, ids[7])
	add(drift.CapturedDiffers, intents[7])

	// Without its row, the payment of a paid order is unknown.
	exec(s, `DELETE FROM intents WHERE id = $1`, intents[8])
	add(drift.ChargeUnknown, intents[8])
	add(drift.PaidWithoutCharge, ids[8])

	exec(s, `UPDATE intents SET id = 'pi_made_up' WHERE id = $1`, intents[9])
	add(drift.ChargeUnknown, intents[9])
	add(drift.PaidWithoutCharge, "pi_made_up")

	// A payment by hand, with the mark of an order.
	byHand := s.Stripe("POST", "/v1/payment_intents", "amount", "500", "currency", "usd", "payment_method", "pm_card_visa",
		"confirm", "true", "payment_method_types[]", "card", "metadata["+payments.MetaOrder+"]", ids[10])["id"].(string)
	add(drift.ChargeUnknown, byHand)

	exec(s, `UPDATE orders SET refunded = 700 WHERE id = $1`, ids[11])
	add(drift.RefundDiffers, intents[11])

	// In the connected account, the order is not there.
	exec(s, `UPDATE orders SET account = '', status = 'open', paid_at = 0 WHERE id = $1`, ids[12])
	add(drift.ChargeWithoutOrder, intents[12])

	dispute := s.State(ids[13]).Disputes[0].ID
	exec(s, `DELETE FROM disputes WHERE id = $1`, dispute)
	add(drift.DisputeUnknown, dispute)

	return want
}

// Each kind is found once, told once, and gone when it is mended.
func TestEachKindIsFoundOnce(t *testing.T) {
	t.Parallel()
	for name, engine := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, engine, e2etest.Set("SANDBOX_FAULTS", "true"))
			want := wreck(t, s)

			c := newComparison(t, s)
			c.want(c.compare(), want...)
			c.want(c.compare(), want...)

			for _, kind := range drift.Kinds() {
				if !slices.ContainsFunc(want, func(w string) bool { return strings.HasPrefix(w, kind+" ") }) {
					t.Errorf("%s is not tried", kind)
				}
			}

			told, err := s.Store().Effects(t.Context(), "")
			if err != nil || len(told) != len(want) {
				t.Errorf("%d effects, want %d: %v", len(told), len(want), err)
			}

			// One is mended, and another one dismissed.
			exec(s, `UPDATE intents SET currency = 'usd' WHERE currency = 'eur'`)

			list, err := c.open.Findings(t.Context(), drift.Open, 100)
			if err != nil {
				t.Fatal(err)
			}

			i := slices.IndexFunc(list, func(f drift.Finding) bool { return f.Kind == drift.RefundMissing })
			if err := c.open.Dismiss(t.Context(), list[i].ID, "Ann"); err != nil {
				t.Fatal(err)
			}

			want = slices.DeleteFunc(want, func(w string) bool {
				return strings.HasPrefix(w, "currency_differs") || strings.HasPrefix(w, "refund_missing")
			})
			c.want(c.compare(), want...)

			if err := c.open.Dismiss(t.Context(), list[i].ID, "Ann"); !errors.Is(err, drift.ErrNoFinding) {
				t.Errorf("dismissed twice: %v", err)
			}
		})
	}
}
