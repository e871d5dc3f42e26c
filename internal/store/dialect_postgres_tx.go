package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// How transactions begin. In the writing kind each command sees what was committed before
// it: what is read after a lock was had is what the lock protects.
const (
	beginWriting = "BEGIN ISOLATION LEVEL READ COMMITTED"
	beginReading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
)

func (d *postgresDialect) transact(ctx context.Context, p *pool, fn work) error {
	return onPipeline(ctx, p, beginWriting, func(tx *pipeline) error {
		last, err := fn(querier{tx})
		if err == nil && guarded(last) { // they may forbid the commit
			err, last = tx.run(ctx, last...), nil
		}
		if err != nil {
			return err
		}
		return tx.send(ctx, last, true)
	})
}

func (d *postgresDialect) view(ctx context.Context, p *pool, list []command) error {
	return onPipeline(ctx, p, beginReading, func(tx *pipeline) error { return tx.send(ctx, list, true) })
}

// onPipeline lends fn a connection of the pool, and leaves no transaction open on it.
func onPipeline(ctx context.Context, p *pool, begin string, fn func(*pipeline) error) error {
	conn, err := p.Conn(ctx)
	if err != nil {
		return &dbError{err}
	}
	defer conn.Close() //nolint:errcheck // gives it back to the pool, which looks at its state
	return conn.Raw(func(driverConn any) error {
		tx := &pipeline{driverConn.(*stdlib.Conn).Conn(), begin}
		defer tx.end(ctx)
		return fn(tx)
	})
}

// pipeline is a transaction that sends commands together, at the cost of one round trip:
// BEGIN goes with the first of them, COMMIT with the last. After one that fails the
// server skips those that were sent with it.
type pipeline struct {
	conn  *pgx.Conn
	begin string // "" once it is sent
}

func (t *pipeline) run(ctx context.Context, list ...command) error {
	return t.send(ctx, list, false)
}

// send runs the commands, and with commit it commits whatever they find.
func (t *pipeline) send(ctx context.Context, list []command, commit bool) error {
	var batch pgx.Batch
	if t.begin != "" {
		batch.Queue(t.begin)
		t.begin = ""
	}
	var wrong error
	for i := range list {
		enqueue(&batch, &list[i], &wrong)
	}
	if commit {
		batch.Queue("COMMIT").Exec(isCommit)
	}
	if err := t.conn.SendBatch(ctx, &batch).Close(); err != nil {
		return &dbError{err}
	}
	return wrong
}

// enqueue adds a command to a batch. What is wrong with its answer is noted, once.
func enqueue(batch *pgx.Batch, c *command, wrong *error) {
	met := func(n int64) {
		if err := c.met(n); *wrong == nil {
			*wrong = err
		}
	}
	q := batch.Queue(c.text, cleaned(c.args)...)
	if c.row == nil {
		q.Exec(func(tag pgconn.CommandTag) error {
			met(tag.RowsAffected())
			return nil
		})
		return
	}
	q.Query(func(rows pgx.Rows) error {
		n := int64(0)
		for ; rows.Next(); n++ {
			if err := c.row(rows); err != nil {
				return err
			}
		}
		if rows.Err() == nil {
			met(n)
		}
		return rows.Err()
	})
}

// isCommit refuses the answer that COMMIT gives in a transaction that has failed.
func isCommit(tag pgconn.CommandTag) error {
	if tag.String() != "COMMIT" {
		return errors.New("the server rolled back instead of committing")
	}
	return nil
}

// end rolls back what was not committed.
func (t *pipeline) end(ctx context.Context) {
	const idle = 'I'
	if t.conn.IsClosed() || t.conn.PgConn().TxStatus() == idle {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := t.conn.Exec(ctx, "ROLLBACK"); err != nil {
		_ = t.conn.Close(ctx) // which ends the transaction, too
	}
}
