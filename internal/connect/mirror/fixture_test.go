package mirror_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/rs/zerolog"
	_ "modernc.org/sqlite"

	"checkoutd/internal/connect"
	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
)

// begin is when the tests begin.
var begin = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// engines are the databases that the tests run on.
var engines = map[string]func(testing.TB) string{
	"sqlite":   storetest.SQLiteURL,
	"postgres": storetest.PostgresURL,
}

// fixture is a database with mirrors, and a Stripe.
type fixture struct {
	t      testing.TB
	url    string
	store  *store.Store
	clock  *testkit.Clock
	stripe *ledger
	cfg    mirror.Config
}

func newFixture(t testing.TB, databaseURL string) *fixture {
	t.Helper()
	f := &fixture{t: t, url: databaseURL, clock: testkit.NewClockAt(begin)}
	s, err := store.Open(t.Context(), databaseURL, store.Options{
		Now:     f.clock.Now,
		Log:     zerolog.Nop(),
		Timeout: 5 * time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}

	f.store = s
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})

	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}

	f.stripe = newLedger(f.clock.Now)
	f.cfg = mirror.Config{
		Store:      s,
		Stripe:     f.stripe,
		Now:        f.clock.Now,
		Log:        zerolog.Nop(),
		CheckEvery: 24 * time.Hour,
	}

	return f
}

// connect connects an account with payments, and starts its mirror.
func (f *fixture) connect(account string, payments int) {
	f.t.Helper()
	f.stripe.open(account, payments, 400*24*time.Hour)
	f.setState(account, connect.Connected)
	f.startMirror(account, nil)
}

func (f *fixture) setState(account string, state connect.State) {
	f.t.Helper()
	_, err := f.store.ChangeConnectAccount(context.Background(), account, func(a *connect.Account) error {
		a.Scope, a.State = connect.ReadOnly, state
		if state == connect.Connected {
			a.ConnectedAt = f.clock.Now()
		}

		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) reader() *mirror.Reader {
	return &mirror.Reader{Store: f.store, Accounts: f.store, Now: f.clock.Now, Keep: f.cfg.Keep}
}

func (f *fixture) startMirror(account string, since *time.Time) {
	f.t.Helper()
	if _, err := f.reader().Start(f.t.Context(), account, since); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) progress(account string) mirror.Progress {
	f.t.Helper()
	p, err := f.reader().Progress(f.t.Context(), account)
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// settle works until no account is due.
func (f *fixture) settle(s *mirror.Service) {
	f.t.Helper()
	for range 10_000 {
		n, err := s.RunOnce(f.t.Context())
		if err != nil {
			f.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}

	f.t.Fatal("the mirrors do not come to an end")
}

// run runs a service until something is done.
func (f *fixture) run(s *mirror.Service, done func() bool) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); s.Run(ctx) }()
	defer func() { cancel(); <-ended }()

	for deadline := time.Now().Add(testhost.Patience); !done(); {
		if time.Now().After(deadline) {
			f.t.Fatal("waited in vain")
		}
		time.Sleep(time.Millisecond)
	}
}

// raw opens the database without the store: its queries must not hide its
// mistakes.
func (f *fixture) raw() *sql.DB {
	f.t.Helper()
	driver, dsn := "pgx", f.url
	if path, ok := strings.CutPrefix(f.url, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}

	db, err := sql.Open(driver, dsn)
	if err != nil {
		f.t.Fatal(err)
	}

	f.t.Cleanup(func() { _ = db.Close() })
	return db
}

// lines returns what a query finds, a line for each row.
func (f *fixture) lines(db *sql.DB, text string, args ...any) (out []string) {
	f.t.Helper()
	rows, err := db.QueryContext(f.t.Context(), text, args...)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()

	columns, err := rows.Columns()
	if err != nil {
		f.t.Fatal(err)
	}

	for rows.Next() {
		values, dests := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			dests[i] = &values[i]
		}

		if err := rows.Scan(dests...); err != nil {
			f.t.Fatal(err)
		}

		out = append(out, fmt.Sprintln(values...))
	}

	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}

	return out
}

// compare checks that what is stored of an account is the ledger: complete,
// each object once, and none other.
func (f *fixture) compare(db *sql.DB, account string) {
	f.t.Helper()
	b := f.stripe.books[account]
	for k, table := range map[mirror.Kind]struct {
		text string
		line func(o *object) string
	}{
		mirror.PaymentIntents: {
			`SELECT id, created_at, amount, received, currency, status, latest_charge, decline_code
				FROM mirror_payments WHERE account = $1 ORDER BY id`,
			func(o *object) string {
				return fmt.Sprintln(o.id, o.created*1e6, o.amount, o.taken, o.currency, o.status, o.of, o.code)
			},
		},
		mirror.Charges: {
			`SELECT id, created_at, amount, captured, refunded, currency, status, payment_id, decline_code, fee
				FROM mirror_charges WHERE account = $1 ORDER BY id`,
			func(o *object) string {
				return fmt.Sprintln(o.id, o.created*1e6, o.amount, o.taken, o.refunded, o.currency, o.status, o.of, o.code, o.fee)
			},
		},
		mirror.Refunds: {
			`SELECT id, created_at, amount, currency, status, charge_id FROM mirror_refunds WHERE account = $1 ORDER BY id`,
			func(o *object) string {
				return fmt.Sprintln(o.id, o.created*1e6, o.amount, o.currency, o.status, o.of)
			},
		},
		mirror.Disputes: {
			`SELECT id, created_at, amount, currency, status, charge_id, fee FROM mirror_disputes WHERE account = $1 ORDER BY id`,
			func(o *object) string {
				return fmt.Sprintln(o.id, o.created*1e6, o.amount, o.currency, o.status, o.of, o.fee)
			},
		},
	} {
		got := f.lines(db, table.text, account)
		want := make([]string, len(b.lists[k]))
		for i, o := range b.lists[k] {
			want[i] = table.line(o)
		}

		if slices.Equal(got, want) {
			continue
		}

		f.t.Errorf("%s: %d %s are stored, of %d", account, len(got), k, len(want))
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				f.t.Fatalf("stored  %sledger  %s", got[i], want[i])
			}
		}
	}
}
