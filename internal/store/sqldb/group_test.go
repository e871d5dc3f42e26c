package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/store/sqldb"
	"checkoutd/internal/testhost"
)

// notes is an SQLite database with a table of notes.
type notes struct {
	*sqldb.DB
	t *testing.T
}

func openNotes(t *testing.T) notes {
	t.Helper()
	db, err := sqldb.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "notes.db"), sqldb.Options{Timeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})

	for _, text := range []string{
		`CREATE TABLE notes (text TEXT PRIMARY KEY)`,
		`CREATE TABLE answers (text TEXT, note TEXT REFERENCES notes (text) DEFERRABLE INITIALLY DEFERRED)`,
	} {
		if _, err := db.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}

	return notes{db, t}
}

// all returns the notes that are committed.
func (n notes) all() []string {
	n.t.Helper()
	list, err := sqldb.QueryAll(context.Background(), n.Reader(), sqldb.ScanString, `SELECT text FROM notes ORDER BY text`)
	if err != nil {
		n.t.Error(err)
	}
	return list
}

func writeNote(text string) sqldb.Command {
	return sqldb.Command{Text: `INSERT INTO notes (text) VALUES ($1)`, Args: []any{text}}
}

// work writes a note of a name.
func work(name string) sqldb.Work {
	return func(context.Context, sqldb.Querier) ([]sqldb.Command, error) {
		return []sqldb.Command{writeNote(name)}, nil
	}
}

// together runs the works in one transaction: the first holds its turn until
// all others are in line, in their order. It returns their errors, or what they
// panicked with.
func (n notes) together(works ...sqldb.Work) []error {
	errs := make([]error, len(works))
	var all sync.WaitGroup
	start := func(i int, fn sqldb.Work) {
		all.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					errs[i] = fmt.Errorf("panic: %v", p)
				}
			}()

			errs[i] = n.Transact(context.Background(), "", fn)
		})
	}

	first, complete := make(chan struct{}), make(chan struct{})
	held := sync.OnceFunc(func() {
		close(first)
		<-complete
	})

	start(0, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		held()
		return works[0](ctx, q)
	})
	<-first

	for i, fn := range works[1:] {
		start(i+1, fn)
		n.untilInLine(i + 1)
	}

	close(complete)
	all.Wait()

	return errs
}

func (n notes) untilInLine(want int) {
	n.until("in line", func() bool { return n.InLine() >= want })
}

// until waits for what must happen, and gives up on what hangs.
func (n notes) until(what string, ok func() bool) {
	for deadline := time.Now().Add(testhost.Patience); !ok(); runtime.Gosched() {
		if time.Now().After(deadline) {
			n.t.Errorf("it never happens: %s", what)
			return
		}
	}
}

// TestCallersShareACommit has one of each kind of failure among them.
func TestCallersShareACommit(t *testing.T) {
	t.Parallel()
	db := openNotes(t)
	refused := errors.New("a rule refuses it")
	sees := func(name string, fn sqldb.Work) sqldb.Work {
		return func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
			if list := db.all(); len(list) != 0 {
				t.Errorf("%s: others see %v before the commit", name, list)
			}
			return fn(ctx, q)
		}
	}

	errs := db.together(
		sees("first", work("first")),
		sees("refused", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
			return nil, errors.Join(q.Run(ctx, writeNote("refused")), refused)
		}),
		sees("twice", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
			return []sqldb.Command{writeNote("twice"), writeNote("first")}, nil
		}),
		sees("reader", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
			return nil, q.Run(ctx, sqldb.Command{
				Text:   `SELECT text FROM notes WHERE text = 'first'`,
				Row:    func(sqldb.Row) error { return nil },
				IfNone: errors.New("it does not see what a caller before it has written"),
			})
		}),
		sees("panics", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
			if err := q.Run(ctx, writeNote("panics")); err != nil {
				return nil, err
			}
			panic("a bug")
		}),
		sees("last", work("last")),
	)

	if got := db.all(); !slices.Equal(got, []string{"first", "last"}) {
		t.Errorf("stored: %v", got)
	}

	for i, err := range errs {
		var ok bool
		switch i {
		case 1:
			ok = errors.Is(err, refused)
		case 2:
			ok = err != nil && strings.Contains(err.Error(), "forbids a row")
		case 4:
			ok = err != nil && err.Error() == "panic: a bug"
		default:
			ok = err == nil
		}

		if !ok {
			t.Errorf("caller %d got %v", i, err)
		}
	}
}

// TestTheFirstOfAGroupFailsAlone rolls a transaction back that has no savepoint
// yet.
func TestTheFirstOfAGroupFailsAlone(t *testing.T) {
	t.Parallel()
	db := openNotes(t)
	refused := errors.New("a rule refuses it")

	errs := db.together(func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		return nil, errors.Join(q.Run(ctx, writeNote("refused")), refused)
	}, work("second"), work("third"))

	if !errors.Is(errs[0], refused) || errs[1] != nil || errs[2] != nil {
		t.Errorf("got %v", errs)
	}
	if got := db.all(); !slices.Equal(got, []string{"second", "third"}) {
		t.Errorf("stored: %v", got)
	}
}

// TestNobodyIsToldWhatWasNotCommitted fails the commit that callers share. An
// error that rests on it is not told either.
func TestNobodyIsToldWhatWasNotCommitted(t *testing.T) {
	t.Parallel()
	db := openNotes(t)
	taken := errors.New("the note is there already")

	errs := db.together(
		work("first"),
		func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
			_, there, err := sqldb.QueryOne(ctx, q, sqldb.ScanString, `SELECT text FROM notes WHERE text = 'first'`)
			if there {
				err = taken
			}
			return nil, err
		},
		func(context.Context, sqldb.Querier) ([]sqldb.Command, error) {
			return []sqldb.Command{{Text: `INSERT INTO answers VALUES ('yes', 'a note that nobody wrote')`}}, nil
		},
	)

	for i, err := range errs {
		if err == nil || errors.Is(err, taken) {
			t.Errorf("caller %d got %v, want the error of the commit", i, err)
		}
	}
	if got := db.all(); len(got) != 0 {
		t.Errorf("stored: %v", got)
	}
}

// TestAGroupThatSQLiteRollsBackTriesAgain has SQLite undo all in the middle, as
// it does on a full disk.
func TestAGroupThatSQLiteRollsBackTriesAgain(t *testing.T) {
	t.Parallel()
	db := openNotes(t)
	lost := false

	errs := db.together(work("first"), work("second"),
		func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
			if lost {
				return []sqldb.Command{writeNote("third")}, nil
			}

			lost = true
			return nil, errors.Join(q.Run(ctx, sqldb.Command{Text: `ROLLBACK`}), errors.New("the disk is full"))
		},
		work("fourth"))

	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if got := db.all(); !slices.Equal(got, []string{"first", "fourth", "second", "third"}) {
		t.Errorf("stored: %v", got)
	}
}

// TestAGroupHasALimit lets nobody wait for more than so many others.
func TestAGroupHasALimit(t *testing.T) {
	t.Parallel()
	db := openNotes(t)
	works := make([]sqldb.Work, sqldb.MaxShared+2)
	for i := range works {
		works[i] = func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
			if n := len(db.all()); i >= sqldb.MaxShared && n < sqldb.MaxShared {
				t.Errorf("caller %d has its turn, and %d are committed", i, n)
			}
			return work(fmt.Sprintf("%03d", i))(ctx, q)
		}
	}

	if err := errors.Join(db.together(works...)...); err != nil {
		t.Error(err)
	}
	if got := db.all(); len(got) != len(works) {
		t.Errorf("%d of %d are stored", len(got), len(works))
	}
}

// TestALateCallerIsToldWhy begins a transaction after its time.
func TestALateCallerIsToldWhy(t *testing.T) {
	t.Parallel()
	db := openNotes(t)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()

	for range 50 { // whichever of the two clocks is first
		if err := db.Transact(ctx, "", work("late")); fault.Of(err).Kind != fault.Unavailable {
			t.Fatalf("got %v, want a fault of kind Unavailable", err)
		}
	}
}

// TestCallersLeaveTheLine ends the contexts of one who waits and of one who has
// the turn.
func TestCallersLeaveTheLine(t *testing.T) {
	t.Parallel()
	db := openNotes(t)
	gone, leave := context.WithCancel(t.Context())
	late, end := context.WithCancel(t.Context())

	var goneErr, lateErr error
	var others sync.WaitGroup

	errs := db.together(
		func(context.Context, sqldb.Querier) ([]sqldb.Command, error) {
			others.Go(func() { goneErr = db.Transact(gone, "", work("gone")) })
			db.untilInLine(3)
			others.Go(func() {
				lateErr = db.Transact(late, "", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
					err := q.Run(ctx, writeNote("late"))
					end()
					return []sqldb.Command{writeNote("later")}, err
				})
			})
			db.untilInLine(4)

			leave()
			db.until("one leaves", func() bool { return db.InLine() <= 3 })

			return []sqldb.Command{writeNote("first")}, nil
		},
		work("second"), work("third"))
	others.Wait()

	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if !errors.Is(goneErr, context.Canceled) || !errors.Is(lateErr, context.Canceled) {
		t.Errorf("who left got %v, whose turn ended got %v", goneErr, lateErr)
	}
	if got := db.all(); !slices.Equal(got, []string{"first", "second", "third"}) {
		t.Errorf("stored: %v", got)
	}
}

// TestManyCallersCountRight has callers come, fail and go at random.
func TestManyCallersCountRight(t *testing.T) {
	t.Parallel()
	db := openNotes(t)
	refused := errors.New("a rule refuses it")

	var mu sync.Mutex
	var want []string

	var callers sync.WaitGroup
	for caller := range 32 {
		callers.Go(func() {
			for i := range 20 {
				name := fmt.Sprintf("%02d.%02d", caller, i)
				ctx, cancel := context.WithCancel(t.Context())
				kind := rand.IntN(4)
				if kind == 0 {
					go cancel()
				}

				err := db.Transact(ctx, "", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
					if err := q.Run(ctx, writeNote(name)); err != nil || kind != 1 {
						return nil, err
					}
					return nil, refused
				})
				cancel()

				if err == nil {
					mu.Lock()
					want = append(want, name)
					mu.Unlock()
				} else if kind > 1 || kind == 1 && !errors.Is(err, refused) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}

	callers.Wait()
	slices.Sort(want)

	if got := db.all(); !slices.Equal(got, want) {
		t.Errorf("%d notes are stored, %d calls succeeded", len(got), len(want))
	}
}
