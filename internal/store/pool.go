package store

import (
	"context"
	"database/sql"
	"sync"
)

// pool is a pool of connections, with prepared statements where that pays.
type pool struct {
	*sql.DB
	statements *statements
}

// querier runs single statements.
func (p *pool) querier(ctx context.Context) querier {
	p.statements.prepare(ctx)
	return querier{onebyone{pooled{p}}}
}

// within runs fn in a transaction and commits it, or rolls back and returns fn's error.
func (p *pool) within(ctx context.Context, o *sql.TxOptions, fn work) error {
	p.statements.prepare(ctx)
	tx, err := p.BeginTx(ctx, o)
	if err != nil {
		return &dbError{err}
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do; else fn's error is the one to tell
	q := querier{onebyone{prepared{tx, p.statements}}}
	last, err := fn(q)
	if err != nil {
		return err
	}
	if err := q.run(ctx, last...); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return &dbError{err}
	}
	return nil
}

// statements keeps a pool's prepared statements: SQLite's driver parses a text
// each time it meets one, which costs more than running it. (PostgreSQL's
// keeps its own.) A transaction cannot prepare for others, and SQLite's writer has
// no second connection to prepare on: so it notes what it missed, and the
// next one prepares that before it begins. A nil *statements prepares nothing.
type statements struct {
	db *sql.DB

	mu     sync.Mutex
	byText map[string]*sql.Stmt // nil: wanted, not prepared yet
	wanted []string
}

// mostStatements bounds the cache. The texts are few; lists of ids make more.
const mostStatements = 256

func newStatements(db *sql.DB) *statements {
	return &statements{db: db, byText: map[string]*sql.Stmt{}}
}

// find returns the prepared statement, or nil, and then wants it.
func (c *statements) find(text string) *sql.Stmt {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	stmt, seen := c.byText[text]
	if !seen && len(c.byText) < mostStatements {
		c.byText[text] = nil
		c.wanted = append(c.wanted, text)
	}
	return stmt
}

// prepare prepares what was wanted. What cannot be prepared is run as it is.
func (c *statements) prepare(ctx context.Context) {
	if c == nil {
		return
	}
	c.mu.Lock()
	wanted := c.wanted
	c.wanted = nil
	c.mu.Unlock()
	for _, text := range wanted {
		stmt, err := c.db.PrepareContext(ctx, text)
		c.mu.Lock()
		if err == nil {
			c.byText[text] = stmt
		} else {
			delete(c.byText, text)
		}
		c.mu.Unlock()
	}
}

// short is the context of a statement in a transaction. A context that can end costs
// SQLite's driver a goroutine for each statement, and these are short; the transaction
// itself still ends with ctx.
func (c *statements) short(ctx context.Context) context.Context {
	if c == nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// pooled runs single statements, with the pool's prepared ones.
type pooled struct{ *pool }

func (p pooled) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if stmt := p.statements.find(text); stmt != nil {
		return stmt.ExecContext(ctx, args...)
	}
	return p.DB.ExecContext(ctx, text, args...)
}

func (p pooled) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if stmt := p.statements.find(text); stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	return p.DB.QueryContext(ctx, text, args...)
}

// prepared is a transaction that uses the statements of its pool.
type prepared struct {
	*sql.Tx
	statements *statements
}

func (p prepared) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	ctx = p.statements.short(ctx)
	if stmt := p.statements.find(text); stmt != nil {
		return p.StmtContext(ctx, stmt).ExecContext(ctx, args...)
	}
	return p.Tx.ExecContext(ctx, text, args...)
}

func (p prepared) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	ctx = p.statements.short(ctx)
	if stmt := p.statements.find(text); stmt != nil {
		return p.StmtContext(ctx, stmt).QueryContext(ctx, args...)
	}
	return p.Tx.QueryContext(ctx, text, args...)
}
