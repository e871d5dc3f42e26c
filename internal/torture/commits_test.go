package torture_test

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// wall is a change of a table that cannot be committed.
type wall struct {
	change string // such as UPDATE ON effects
	when   string // a condition on the row, "" for every row
}

// gap is a place between two commits of the shop's side.
type gap struct {
	name    string
	walls   []wall // the changes that come after it
	reached string // counts the rows that show that the ones before are committed
	act     action
}

// action is what a buyer or the shop's backend does.
type action struct {
	setUp func(ctx context.Context, h *harness) (order string, err error) // nil: nothing
	do    func(ctx context.Context, h *harness, order string, number int)
}

// gaps returns every place between two commits, from an order that the shop's
// backend creates to what is sent to it. The requests between them, to Stripe,
// to the backend and to the mail server, have tests of their own.
func gaps() []gap {
	buy := action{do: func(ctx context.Context, h *harness, _ string, _ int) {
		if err := h.buy(ctx, mug, goodCard); err != nil {
			h.t.Error("a buyer could not pay: ", err)
		}
	}}
	create := action{do: func(ctx context.Context, h *harness, _ string, number int) {
		h.askUntilStored(ctx, reference(number), "/v1/orders", orderNumber(number))
	}}
	confirm := func(ctx context.Context, h *harness) (string, error) { return h.confirmed(ctx) }
	refund := action{confirm, func(ctx context.Context, h *harness, order string, number int) {
		h.askUntilStored(ctx, reference(number), "/v1/orders/"+order+"/refund", `{"amount":400}`)
		h.promised.refund(order, 400)
		apiOperations[0].check(ctx, h, order, answered)
	}}

	const unanswered = `SELECT COUNT(*) FROM api_requests WHERE LENGTH(answer) = 0`
	answer := wall{"UPDATE ON api_requests", ""}

	return []gap{
		{
			"the effect is stored and not claimed",
			[]wall{{"UPDATE ON effects", ""}},
			`SELECT COUNT(*) FROM effects WHERE done_at = 0`, buy,
		},
		{
			"the effect is claimed and nothing follows",
			[]wall{{"UPDATE ON effects", "OLD.lease_token <> ''"}},
			`SELECT COUNT(*) FROM effects WHERE done_at = 0 AND lease_token <> ''`, buy,
		},
		{
			"what follows is stored and nothing is sent",
			[]wall{{"UPDATE ON deliveries", ""}, {"UPDATE ON emails", ""}},
			`SELECT COUNT(*) FROM deliveries d JOIN emails e ON e.effect_id = d.effect_id
				WHERE d.state = 'pending' AND e.state = 'due'`, buy,
		},
		{
			"the request is stored and its order is not",
			[]wall{{"INSERT ON orders", ""}, answer}, unanswered, create,
		},
		{
			"the order is stored and the answer is not",
			[]wall{answer},
			unanswered + ` AND EXISTS (SELECT 1 FROM orders WHERE reference = 'A-%d')`, create,
		},
		{
			"the request is stored and its operation is not",
			[]wall{{"INSERT ON operations", ""}, answer}, unanswered, refund,
		},
		{
			"the operation is done and the answer is not stored",
			[]wall{answer},
			unanswered + ` AND EXISTS (SELECT 1 FROM operations o
				WHERE o.state = 'done' AND o.created_at >= api_requests.created_at)`, refund,
		},
	}
}

// askUntilStored repeats a request of the shop's backend until it gets a stored
// answer. Every success before that must be the same.
func (h *harness) askUntilStored(ctx context.Context, name, path, body string) {
	first := ""
	for {
		a, err := h.post(ctx, h.key, name, path, body)
		if err == nil && a.status < http.StatusBadRequest {
			if first = cmp.Or(first, a.body); a.body != first {
				h.t.Errorf("%s is answered with %s, then with %s", path, first, a.body)
			}
			if a.replayed == "true" {
				return
			}
		}

		if pause(ctx) != nil {
			h.t.Errorf("%s is never answered; last %+v, %v", path, a, err)
			return
		}
	}
}

// TestKillBetweenCommits kills the server in every gap, on both engines.
// A webhook of an earlier step may be under way then, and comes again.
func TestKillBetweenCommits(t *testing.T) {
	t.Parallel()
	for engine, newDatabase := range map[string]func(t *testing.T, dir string) database{
		"SQLite":     newSQLite,
		"PostgreSQL": func(t *testing.T, _ string) database { return newPostgreSQL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			b, m, leash := newBackend(t), newMailServer(t), newLeash(t)
			h := openHarness(t, newDatabase(t, leash.Dir()), append(settingsOf(b), m.settings()...), leash)
			h.key = h.apiKey(t.Context())

			number := 0
			for range scaled(1, 6) {
				for _, g := range gaps() {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					h.killIn(ctx, g, number)
					cancel()
					number++
				}
			}

			h.wantQuiet()
			b.wantTold(h, 2)
			m.wantOnce(t)

			// The e-mail of an earlier step may have been under way: whether
			// it came is not known, and it is not sent again.
			all := h.count(`SELECT COUNT(*) FROM emails WHERE recipient = 'shop' AND state IN ('sent', 'unknown')`)
			sent := h.count(`SELECT COUNT(*) FROM emails WHERE recipient = 'shop' AND state = 'sent'`)
			if got := len(m.taken()); got < sent || got > all || sent == 0 {
				t.Errorf("%d e-mails to the shop came; %d are sent, %d at most", got, sent, all)
			}

			h.wantAgreement(patience)
		})
	}
}

// wantQuiet waits until no effect, webhook or e-mail is under way.
func (h *harness) wantQuiet() {
	h.t.Helper()
	h.eventually("nothing is under way", func() bool {
		return h.count(`SELECT (SELECT COUNT(*) FROM effects WHERE done_at = 0)
			+ (SELECT COUNT(*) FROM deliveries WHERE state = 'pending')
			+ (SELECT COUNT(*) FROM emails WHERE state IN ('due', 'sending'))
			+ (SELECT COUNT(*) FROM events WHERE state IN ('received', 'working'))`) == 0
	})
}

// killIn acts, kills the server in the gap, starts it again and waits until the
// act has succeeded.
func (h *harness) killIn(ctx context.Context, g gap, number int) {
	h.t.Helper()
	order := ""
	if g.act.setUp != nil {
		var err error
		if order, err = g.act.setUp(ctx, h); err != nil {
			h.t.Fatal(g.name, ": ", err)
		}
	}

	h.wantQuiet()
	remove := h.db.build(h.t, g.walls)
	acted := make(chan struct{})
	go func() {
		defer close(acted)
		g.act.do(ctx, h, order, number)
	}()

	reached := g.reached
	if strings.Contains(reached, "%d") {
		reached = fmt.Sprintf(reached, number)
	}
	h.eventually("it comes to: "+g.name, func() bool { return h.count(reached) > 0 })

	h.servers[0].kill()
	remove()
	h.restart()

	select {
	case <-acted:
	case <-ctx.Done():
		h.t.Errorf("%s: the next server does not go on", g.name)
	}
}

// build makes the changes behind the walls impossible until remove is called.
func (d database) build(t *testing.T, walls []wall) (remove func()) {
	t.Helper()
	var begin, end []string
	body := `BEGIN SELECT RAISE(ABORT, 'a wall of the test'); END`
	if d.driver == "pgx" {
		body = `EXECUTE FUNCTION wall()`
		begin = append(begin, `CREATE OR REPLACE FUNCTION wall() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION 'a wall of the test'; END $$`)
	}

	for i, w := range walls {
		name := fmt.Sprintf("wall_%d", i)
		when := ""
		if w.when != "" {
			when = " WHEN (" + w.when + ")"
		}
		begin = append(begin, "CREATE TRIGGER "+name+" BEFORE "+w.change+" FOR EACH ROW"+when+" "+body)

		drop := "DROP TRIGGER " + name
		if d.driver == "pgx" {
			_, table, _ := strings.Cut(w.change, "ON ")
			drop += " ON " + table
		}
		end = append(end, drop)
	}

	d.exec(t, begin...)
	return func() { d.exec(t, end...) }
}

// exec executes statements, one after the other.
func (d database) exec(t *testing.T, statements ...string) {
	t.Helper()
	db, err := sql.Open(d.driver, d.dsn)
	if err != nil {
		t.Fatal(err)
	}

	for _, text := range statements {
		if _, err = db.ExecContext(t.Context(), text); err != nil {
			break
		}
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// count returns the number that a query counts.
func (h *harness) count(query string) (n int) {
	h.t.Helper()
	db, err := sql.Open(h.db.driver, h.db.dsn)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := errors.Join(db.QueryRowContext(h.t.Context(), query).Scan(&n), db.Close()); err != nil {
		h.t.Error(err)
	}
	return n
}
