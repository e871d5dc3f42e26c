package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/rs/zerolog"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/pgtest"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/testkit"
	"checkoutd/internal/webhooks"
)

// upgradedAt is when this program opens the database of the first release.
var upgradedAt = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// firstRelease creates a database as the first release left it, with an order
// in each state.
func firstRelease(t *testing.T, databaseURL string) {
	t.Helper()
	ctx, db := t.Context(), openRaw(t, databaseURL)
	text, err := os.ReadFile("migrations/00001_start.sql")
	if err != nil {
		t.Fatal(err)
	}

	dialect := goose.DialectPostgres
	if isSQLite(db) {
		dialect = goose.DialectSQLite3
	}

	p, err := goose.NewProvider(dialect, db, fstest.MapFS{"00001_start.sql": {Data: text}},
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err == nil {
		_, err = p.Up(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}

	for _, o := range oldOrders {
		o.insert(t, db)
	}

	for _, text := range []string{
		`INSERT INTO effects VALUES ('ord_paid', 'order.paid', 5)`,
		`INSERT INTO settings VALUES ('buyer_cookie', 'the key of signed cookies', 1)`,
		`INSERT INTO buyers VALUES ('buy_old', 'cus_old', 1)`,
		`INSERT INTO events VALUES ('evt_old', 'charge.succeeded', '', '', FALSE, FALSE, 1, 'pi_old', 'webhook', '',
			'unmatched', '', '', 1, 1, '', 0, 1, 0, 'old')`,
	} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
}

// oldOrder is an order of the first release, with one attempt and one intent.
type oldOrder struct {
	name            string
	status, payment string
	attempt, intent string // "" for none
	intents         int    // 1 if 0
	age             time.Duration
	paid            bool
	refunded        int64
}

var oldOrders = []oldOrder{
	{name: "new", status: "open", payment: "unpaid"},
	{
		name:    "failed",
		status:  "open",
		payment: "failed",
		attempt: "failed",
		intent:  "requires_payment_method",
		age:     time.Hour,
	},
	{name: "started", status: "open", payment: "checking", attempt: "started", age: time.Minute},
	{name: "unknown", status: "open", payment: "checking", attempt: "unknown", age: time.Hour},
	{
		name:    "action",
		status:  "open",
		payment: "requires_action",
		attempt: "requires_action",
		intent:  "requires_action",
		age:     time.Hour,
	},
	{
		name:    "processing",
		status:  "open",
		payment: "processing",
		attempt: "processing",
		intent:  "processing",
		age:     time.Hour,
	},
	{
		name:    "authorized",
		status:  "authorized",
		payment: "authorized",
		attempt: "requires_capture",
		intent:  "requires_capture",
		age:     time.Hour,
	},
	{
		name:     "paid",
		status:   "paid",
		payment:  "partially_refunded",
		attempt:  "succeeded",
		intent:   "succeeded",
		age:      time.Hour,
		paid:     true,
		refunded: 200,
	},
	{
		name:    "twice",
		status:  "review",
		payment: "review",
		attempt: "succeeded",
		intent:  "succeeded",
		intents: 2,
		age:     time.Hour,
		paid:    true,
	},
	{
		name:    "late",
		status:  "review",
		payment: "review",
		attempt: "succeeded",
		intent:  "succeeded",
		age:     time.Hour,
	},
	{
		name:    "expired",
		status:  "expired",
		payment: "unpaid",
		attempt: "failed",
		intent:  "canceled",
		age:     48 * time.Hour,
	},
	{name: "canceled", status: "canceled", payment: "unpaid", age: time.Hour},
}

func (o *oldOrder) insert(t *testing.T, db *sql.DB) {
	t.Helper()
	run := func(text string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
			t.Fatalf("%s: %v", o.name, err)
		}
	}

	at := upgradedAt.Add(-o.age)
	made, paid, id := at.UnixMicro(), int64(0), "ord_"+o.name
	if o.paid {
		paid = made
	}

	expires := at.Add(24 * time.Hour).UnixMicro()
	run(`INSERT INTO orders (id, token_hash, status, payment_status, message, review_reason,
			version, currency, amount, refunded, items, customer_id, livemode, created_at, updated_at, expires_at, expiry_check_at, paid_at)
		VALUES ($1, $2, $3, $4, '', '', 1, 'usd', 1099, $5, $6, '', FALSE, $7, $7, $8, $8, $9)`,
		id, orders.HashToken("token"), o.status, o.payment, o.refunded,
		`[{"sku":"mug","name":"Mug","quantity":1,"unit_amount":1099}]`, made, expires, paid)

	intent := "pi_" + o.name
	if o.attempt != "" {
		linked := intent
		if o.intent == "" {
			linked = ""
		}

		check := int64(0)
		if payments.AttemptState(o.attempt).Active() {
			check = made
		}

		run(`INSERT INTO attempts VALUES ($1, $2, 1, 'ctoken_old', $3, $4, $5, $6, '', '', '', '', 0, $7, $8, $8)`,
			"att_"+o.name, id, "checkoutd-att_"+o.name, `{"token":"ctoken_old","amount":1099,"currency":"usd",`+
				`"capture_method":"manual","setup_future_usage":"off_session","payment_method_types":["card"],`+
				`"return_url":"https://shop.test/complete",`+
				`"metadata":{"checkoutd_attempt":"att_`+o.name+`","checkoutd_order":"`+id+`"}}`,
			linked, o.attempt, check, made)
	}

	if o.intent == "" {
		return
	}

	for i := range max(o.intents, 1) {
		run(`INSERT INTO intents VALUES ($1, $2, $3, 'secret', 1099, 'usd', 1, $4, $4)`,
			intent+"again"[:5*i], id, o.intent, made+int64(i))
	}

	if o.refunded > 0 {
		run(`INSERT INTO refunds VALUES ($1, $2, $3, $4, 'usd', 'succeeded', '', $5)`,
			"re_"+o.name, id, intent, o.refunded, made)
	}
}

// oldStripe has the intents of the first release.
type oldStripe struct {
	payments.Stripe
	sent     []payments.Params
	captured map[string]int64
	refunds  []payments.Refund
}

func (s *oldStripe) intent(orderID string, p payments.Params, status payments.Status) payments.Snapshot {
	id := p.IntentID
	if id == "" {
		id = "pi_" + orderID[len("ord_"):]
	}

	out := payments.Snapshot{
		ID:            id,
		OrderID:       orderID,
		AttemptID:     p.Metadata[payments.MetaAttempt],
		Status:        status,
		Amount:        1099,
		Currency:      "usd",
		CaptureMethod: "manual",
		ClientSecret:  "secret",
	}

	if status == payments.StatusSucceeded {
		out.AmountReceived = 1099
	}

	return out
}

func (s *oldStripe) Send(_ context.Context, p payments.Params, _ string) (payments.Snapshot, error) {
	s.sent = append(s.sent, p)
	return s.intent(p.Metadata[payments.MetaOrder], p, payments.StatusRequiresCapture), nil
}

func (s *oldStripe) FindIntent(_ context.Context, p payments.Params, _, _ time.Time) (payments.Snapshot, bool, error) {
	return s.intent(p.Metadata[payments.MetaOrder], p, payments.StatusSucceeded), true, nil
}

func (s *oldStripe) Intent(_ context.Context, id string) (payments.Snapshot, error) {
	status := map[string]payments.Status{
		"pi_action":     payments.StatusSucceeded,
		"pi_processing": payments.StatusSucceeded,
		"pi_started":    payments.StatusRequiresCapture,
	}[id]
	out := s.intent("ord_"+id[len("pi_"):], payments.Params{IntentID: id}, status)
	if n := s.captured[id]; n > 0 {
		out.Status, out.AmountReceived = payments.StatusSucceeded, n
	}
	return out, nil
}

func (s *oldStripe) Refunds(context.Context, string) ([]payments.Refund, error) {
	return s.refunds, nil
}

func (s *oldStripe) Capture(_ context.Context, op payments.Operation) error {
	s.captured[op.IntentID] = op.Amount
	return nil
}

func (s *oldStripe) Refund(_ context.Context, op payments.Operation) error {
	s.refunds = append(s.refunds, payments.Refund{
		ID:          "re_new",
		IntentID:    op.IntentID,
		Amount:      op.Amount,
		Currency:    "usd",
		Status:      "succeeded",
		OperationID: op.ID,
		CreatedAt:   upgradedAt,
	})
	return nil
}

// TestUpgrade opens a database of the first release: this one continues its
// orders in whatever state they are.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	urls := map[string]func(testing.TB) string{"SQLite": storetest.EmptySQLiteURL, "PostgreSQL": nil}
	for name, newURL := range urls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if newURL == nil {
				newURL = pgtest.Shared(t).NewDatabase
			}

			databaseURL := newURL(t)
			firstRelease(t, databaseURL)
			s := openMigrated(t, databaseURL)
			forgetKey(t, s, openRaw(t, databaseURL))
			keepEffects(t, s)
			keepEvents(t, s)
			continueOrders(t, s)
		})
	}
}

// forgetKey checks that the key of the first release's cookies is gone and its
// buyers are there.
func forgetKey(t *testing.T, s *store.Store, db *sql.DB) {
	t.Helper()
	var keys int
	err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM settings WHERE name = 'buyer_cookie'`).Scan(&keys)
	if err != nil || keys != 0 {
		t.Errorf("%d keys of signed cookies are left, %v", keys, err)
	}
	if got, err := s.Buyer(t.Context(), "", "buy_old"); got != "cus_old" || err != nil {
		t.Errorf("the old buyer has the customer %q, %v", got, err)
	}
}

// keepEffects checks that the effects of the first release are there, with
// those that it did not write, and that none of them is told now.
func keepEffects(t *testing.T, s *store.Store) {
	t.Helper()
	list, err := s.Effects(t.Context(), "ord_paid")
	if err != nil || len(list) != 2 || list[0].ID != "eff_ord_paid_order_paid_" || list[0].N != 1 ||
		list[1].ID != "eff_ord_paid_order_refunded_re_paid" || list[1].N != 2 {
		t.Errorf("the effects are %+v, %v", list, err)
	}
	if jobs, err := s.ClaimEffects(t.Context(), upgradedAt, upgradedAt, 10); err != nil || len(jobs) != 0 {
		t.Errorf("%+v are to be worked, %v", jobs, err)
	}
}

// keepEvents checks that an event which no order matched waits as an unknown
// one.
func keepEvents(t *testing.T, s *store.Store) {
	t.Helper()
	list, err := s.ClaimEvents(t.Context(), webhooks.LaneUnknown, upgradedAt, upgradedAt.Add(time.Minute), 9)
	if err != nil || len(list) != 1 || list[0].ID != "evt_old" {
		t.Errorf("claimed %+v, %v; want evt_old", list, err)
	}
}

func continueOrders(t *testing.T, s *store.Store) {
	ctx := t.Context()
	offered := orders.Options{
		CaptureMethod:      "manual",
		SetupFutureUsage:   "off_session",
		PaymentMethodTypes: []string{"card"},
	}

	// The shop's backend decided that this one has none.
	if err := s.CreateOrder(ctx, orders.Order{
		ID:            "ord_of_backend",
		Status:        orders.Open,
		PaymentStatus: orders.Unpaid,
		Mode:          orders.ModePayment,
		Shop:          orders.ShopTerms{Fixed: true},
	}); err != nil {
		t.Fatal(err)
	}

	if n, err := s.AdoptOptions(ctx, offered, upgradedAt); err != nil || n != 7 {
		t.Errorf("%d orders got options, %v; want the 7 that may still be paid", n, err)
	}
	if n, err := s.AdoptOptions(ctx, orders.Options{CaptureMethod: "automatic"}, upgradedAt); err != nil || n != 0 {
		t.Errorf("%d orders got other options the next time, %v", n, err)
	}

	stripe := &oldStripe{captured: map[string]int64{}}
	svc := payments.New(payments.Config{
		Store:        s,
		Stripe:       testkit.Always[payments.Stripe](stripe),
		Now:          func() time.Time { return upgradedAt },
		Log:          zerolog.Nop(),
		ReturnURL:    func(string) string { return "https://shop.test/complete" },
		UnknownAfter: time.Minute,
		CallTimeout:  time.Second,
		Workers:      1,
	})
	if n, err := svc.RunOnce(ctx); err != nil || n == 0 {
		t.Errorf("worked %d, %v", n, err)
	}

	for range 5 { // one worker claims one attempt at a time
		if _, err := svc.RunOnce(ctx); err != nil {
			t.Error(err)
		}
	}

	for _, id := range []string{"ord_new", "ord_failed"} {
		if _, err := svc.Confirm(ctx, payments.ConfirmRequest{OrderID: id, Token: "ctoken_new"}); err != nil {
			t.Errorf("%s cannot be paid: %v", id, err)
		}
	}

	for _, p := range stripe.sent {
		if p.CaptureMethod != "manual" || p.SetupFutureUsage != "off_session" ||
			len(p.PaymentMethodTypes) != 1 || p.BringUpToDate {
			t.Errorf("%s is sent as %+v, which is not what the buyer was offered", p.Metadata[payments.MetaOrder], p)
		}
	}

	ops := payments.NewOperations(svc, testkit.Always[payments.Operator](stripe))
	if _, err := ops.Capture(ctx, "ord_authorized", 600); err != nil {
		t.Errorf("capture: %v", err)
	}

	stripe.refunds = []payments.Refund{{
		ID:        "re_paid",
		IntentID:  "pi_paid",
		Amount:    200,
		Currency:  "usd",
		Status:    "succeeded",
		CreatedAt: upgradedAt.Add(-time.Hour),
	}}

	if _, err := ops.Refund(ctx, "ord_paid", 0, ""); err != nil {
		t.Errorf("refund: %v", err)
	}

	for id, want := range map[string]struct {
		status             orders.Status
		payment            orders.PaymentStatus
		captured, refunded int64
	}{
		"ord_new":        {orders.Authorized, orders.PaymentAuthorized, 0, 0},
		"ord_failed":     {orders.Authorized, orders.PaymentAuthorized, 0, 0},
		"ord_started":    {orders.Authorized, orders.PaymentAuthorized, 0, 0},
		"ord_unknown":    {orders.Paid, orders.PaymentPaid, 1099, 0},
		"ord_action":     {orders.Paid, orders.PaymentPaid, 1099, 0},
		"ord_processing": {orders.Paid, orders.PaymentPaid, 1099, 0},
		"ord_authorized": {orders.Paid, orders.PaymentPaid, 600, 0},
		"ord_paid":       {orders.Paid, orders.Refunded, 1099, 1099},
		"ord_twice":      {orders.Review, orders.PaymentReview, 2198, 0},
		"ord_late":       {orders.Review, orders.PaymentReview, 1099, 0},
		"ord_expired":    {orders.Expired, orders.Unpaid, 0, 0},
		"ord_canceled":   {orders.Canceled, orders.Unpaid, 0, 0},
	} {
		st, err := s.Read(ctx, id)
		if err != nil {
			t.Error(err)
			continue
		}

		o := st.Order
		if o.Status != want.status || o.PaymentStatus != want.payment ||
			o.Captured != want.captured || o.Refunded != want.refunded || o.Mode != orders.ModePayment {
			t.Errorf("%s is %s, %s, captured %d, refunded %d in mode %q (%s); want %+v",
				id, o.Status, o.PaymentStatus, o.Captured, o.Refunded, o.Mode, o.ReviewReason, want)
		}
	}

	_, err := svc.Confirm(ctx, payments.ConfirmRequest{OrderID: "ord_canceled", Token: "ctoken_new"})
	if err == nil || errors.Is(err, payments.ErrPaymentInProgress) {
		t.Errorf("a canceled order: %v", err)
	}
}
