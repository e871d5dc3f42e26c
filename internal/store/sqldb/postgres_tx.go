package sqldb

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// How transactions begin. In a writing one each command sees what was committed
// before that command: whatever is read after taking a lock is protected by it.
const (
	beginWriting = "BEGIN ISOLATION LEVEL READ COMMITTED"
	beginReading = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
)

func (d *postgresDialect) transact(ctx context.Context, p *pool, fn Work) error {
	return onPipeline(ctx, p, beginWriting, func(tx *pipeline) error {
		last, err := fn(ctx, tx)
		if err != nil {
			return err
		}

		// A command with IfNone may forbid the commit, so its answer must be
		// read before COMMIT is sent. Otherwise COMMIT travels with the rest.
		if anyRequiresRow(last) {
			if err := tx.Run(ctx, last...); err != nil {
				return err
			}

			last = nil
		}

		return tx.send(ctx, last, true)
	})
}

func (d *postgresDialect) statement(
	ctx context.Context, p *pool, fn func(context.Context, Querier) error,
) error {
	return fn(ctx, p)
}

func (d *postgresDialect) view(ctx context.Context, p *pool, list []Command) error {
	return onPipeline(ctx, p, beginReading, func(tx *pipeline) error {
		return tx.send(ctx, list, true)
	})
}

// onPipeline lends fn a connection of the pool, and leaves no transaction open
// on it.
func onPipeline(ctx context.Context, p *pool, begin string, fn func(*pipeline) error) error {
	conn, err := p.Conn(ctx)
	if err != nil {
		return &databaseError{err}
	}
	defer conn.Close() //nolint:errcheck // returns it to the pool, which checks its state

	return conn.Raw(func(driverConn any) error {
		tx := &pipeline{driverConn.(*stdlib.Conn).Conn(), begin}
		defer tx.end(ctx)

		return fn(tx)
	})
}

// pipeline is a transaction that sends commands together, which costs one
// round trip: BEGIN goes with the first of them, COMMIT with the last. When
// one fails, the server skips those that were sent with it.
type pipeline struct {
	conn  *pgx.Conn
	begin string // "" once it is sent
}

// Run implements Querier.
func (t *pipeline) Run(ctx context.Context, list ...Command) error {
	return t.send(ctx, list, false)
}

// send runs the commands. With commit, it also commits, whatever their
// IfNone says.
func (t *pipeline) send(ctx context.Context, list []Command, commit bool) error {
	var batch pgx.Batch
	if t.begin != "" {
		batch.Queue(t.begin)
		t.begin = ""
	}

	var missing error
	for i := range list {
		enqueue(&batch, &list[i], &missing)
	}

	if commit {
		batch.Queue("COMMIT").Exec(isCommit)
	}

	if err := t.conn.SendBatch(ctx, &batch).Close(); err != nil {
		return &databaseError{err}
	}

	return missing
}

// enqueue adds a command to a batch. The IfNone of the first command without a
// row goes to missing: an error here would hide the answers that follow.
func enqueue(batch *pgx.Batch, c *Command, missing *error) {
	done := func(n int64) {
		if err := c.done(n); *missing == nil {
			*missing = err
		}
	}

	q := batch.Queue(c.Text, cleaned(c.Args)...)
	if c.Row == nil {
		q.Exec(func(tag pgconn.CommandTag) error {
			done(tag.RowsAffected())
			return nil
		})

		return
	}

	q.Query(func(rows pgx.Rows) error {
		n := int64(0)
		for ; rows.Next(); n++ {
			if err := c.Row(rows); err != nil {
				return err
			}
		}

		if rows.Err() == nil {
			done(n)
		}

		return rows.Err()
	})
}

// isCommit refuses the answer that COMMIT gets in a transaction that failed.
func isCommit(tag pgconn.CommandTag) error {
	if tag.String() != "COMMIT" {
		return &ownError{text: "the server rolled back instead of committing"}
	}
	return nil
}

// end rolls back unless the transaction was committed.
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
