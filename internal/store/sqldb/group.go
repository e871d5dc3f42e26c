package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"time"
)

// groupCommit lets the writing transactions of many callers share one commit
// (group commit): SQLite has one writer, and most of what a transaction costs
// is the wait for the disk.
//
// Callers take turns on one open transaction, each in its own goroutine and
// from the second on in a savepoint, so that each can fail alone. Whoever ends
// while nobody is in line commits for all: nobody waits for company. Nobody
// returns before the commit, not even with an error, which may rest on what
// another caller of the group has written.
type groupCommit struct {
	pool *pool

	// open is the transaction that the next turn goes on with, nil if it has to
	// begin one. It belongs to the caller who has the turn.
	open *sharedTx

	mu     sync.Mutex
	busy   bool            // somebody has the turn
	line   []chan struct{} // a channel for each caller in line, closed to give the turn
	waits  int64           // how often and for how long callers stood in line
	waited time.Duration
}

// maxShared limits how many callers share a commit, and so how long the first
// of them waits for it. A slow turn among them is waited for.
const maxShared = 64

// sharedTx is a transaction of several callers. All but done and err belong to
// the caller who has the turn.
type sharedTx struct {
	tx    *sql.Tx
	on    sequential
	close context.CancelFunc // of the transaction's context
	turns int                // callers who have had the turn, the present one included
	over  bool               // rolled back or committed

	done chan struct{} // closed when it is over
	err  error         // why its changes are not stored; set before done
}

// transact runs fn, then the commands that it returns, and returns when they
// are committed, or have been undone.
func (g *groupCommit) transact(ctx context.Context, fn Work) error {
	if err := g.enter(ctx); err != nil {
		return err
	}

	t, err := g.join(ctx)
	if err != nil {
		g.leave()
		return err
	}

	err = g.take(ctx, t, fn)
	<-t.done

	if t.err != nil {
		return t.err
	}

	return err
}

// take runs fn on t and gives the turn away, even if fn panics.
func (g *groupCommit) take(ctx context.Context, t *sharedTx, fn Work) error {
	defer g.endTurn(t)
	t.turns++

	return t.run(ctx, fn)
}

// endTurn lets the next caller go on with the transaction. If nobody is in
// line, or enough have shared it, it commits.
func (g *groupCommit) endTurn(t *sharedTx) {
	if !t.over && t.turns < maxShared && g.passOn() {
		return
	}

	t.commit()
	t.close()
	g.open = nil
	close(t.done)
	g.leave()
}

// enter waits in line for the turn, until ctx ends.
func (g *groupCommit) enter(ctx context.Context) error {
	g.mu.Lock()
	if !g.busy {
		g.busy = true
		g.mu.Unlock()

		return nil
	}

	turn, since := make(chan struct{}), time.Now()
	g.line = append(g.line, turn)
	g.mu.Unlock()

	select {
	case <-turn:
	case <-ctx.Done():
	}

	g.mu.Lock()
	defer g.mu.Unlock()

	g.waits++
	g.waited += time.Since(since)

	// Who is no longer in line has the turn, even if ctx ends at this moment.
	i := slices.Index(g.line, turn)
	if i < 0 {
		return nil
	}

	g.line = slices.Delete(g.line, i, i+1)
	return noTurn(ctx)
}

// figures returns how often and for how long callers have stood in line.
func (g *groupCommit) figures() (waits int64, waited time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waits, g.waited
}

// passOn gives the turn to the next in line, and reports false if there is
// nobody.
func (g *groupCommit) passOn() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.next()
}

// leave gives the turn to the next in line, or to whoever comes.
func (g *groupCommit) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy = g.next()
}

func (g *groupCommit) next() bool {
	if len(g.line) == 0 {
		return false
	}

	close(g.line[0])
	g.line = slices.Delete(g.line, 0, 1)

	return true
}

// join returns the open transaction, or begins one.
func (g *groupCommit) join(ctx context.Context) (*sharedTx, error) {
	if g.open != nil {
		return g.open, nil
	}

	g.pool.statements.prepare(ctx) // before it begins: there is no other connection

	// The transaction must not end with the ctx of the caller who begins it,
	// but its wait for the connection, and for other processes, does.
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)

	tx, err := g.pool.BeginTx(own, nil)
	if err == nil && !stop() {
		err = tx.Rollback()
		if err == nil {
			err = ctx.Err()
		}
	}

	if err != nil {
		cancel()
		return nil, &databaseError{errors.Join(err, ctx.Err())} // own does not know why it ended
	}

	g.open = &sharedTx{
		tx:    tx,
		on:    sequential{txStmts{tx, g.pool.statements}},
		close: cancel,
		done:  make(chan struct{}),
	}

	return g.open, nil
}

// Run implements Querier.
func (t *sharedTx) Run(ctx context.Context, list ...Command) error {
	if err := ctx.Err(); err != nil {
		return &databaseError{err}
	}
	return t.on.Run(ctx, list...)
}

// run runs fn and its last commands, and undoes them if one fails or panics.
func (t *sharedTx) run(ctx context.Context, fn Work) (err error) {
	whole := false
	defer func() {
		if !whole {
			t.undo(err)
		}
	}()

	if err := t.savepoint("SAVEPOINT own"); err != nil {
		return err
	}

	last, err := fn(ctx, t)
	if err != nil {
		return err
	}

	if err := t.Run(ctx, last...); err != nil {
		return err
	}

	if err := t.savepoint("RELEASE own"); err != nil {
		return err
	}

	whole = true
	return nil
}

// savepoint runs a statement about the savepoint of the caller who has the
// turn. The first caller needs none: the transaction is its own until then.
func (t *sharedTx) savepoint(text string) error {
	if t.turns == 1 {
		return nil
	}
	return t.on.Run(context.Background(), Command{Text: text})
}

// undo undoes what the caller who has the turn has done, because of cause.
// SQLite itself may have rolled back everything, on a full disk for example
// (https://www.sqlite.org/lang_transaction.html). The others then try again.
func (t *sharedTx) undo(cause error) {
	if t.turns > 1 {
		if t.savepoint("ROLLBACK TO own") == nil && t.savepoint("RELEASE own") == nil {
			return
		}

		t.err = &databaseError{errors.Join(ErrTryAgain, cause)}
	}

	t.over = true
	_ = t.tx.Rollback() // fails if SQLite has done it
}

// commit ends the transaction, unless it is over.
func (t *sharedTx) commit() {
	if t.over {
		return
	}

	t.over = true
	if err := t.tx.Commit(); err != nil {
		t.err = &databaseError{err}
	}
}
