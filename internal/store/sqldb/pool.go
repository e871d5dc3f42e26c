package sqldb

import (
	"context"
	"database/sql"
	"sync"
)

// pool is a pool of connections, with prepared statements where they pay.
type pool struct {
	*sql.DB
	statements *stmtCache
	group      *groupCommit // of SQLite's writer, otherwise nil
}

// Run implements Querier: each command is a transaction of its own.
func (p *pool) Run(ctx context.Context, list ...Command) error {
	p.statements.prepare(ctx)
	return sequential{pooledStmts{p}}.Run(ctx, list...)
}

// view runs reading commands in one transaction.
func (p *pool) view(ctx context.Context, list []Command) error {
	p.statements.prepare(ctx)
	tx, err := p.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return &databaseError{err}
	}

	defer tx.Rollback() //nolint:errcheck // it only read

	return sequential{txStmts{tx, p.statements}}.Run(ctx, list...)
}

// stmtCache keeps a pool's prepared statements. SQLite's driver parses a text
// each time it runs one, which costs more than running it; PostgreSQL's driver
// has a cache of its own, so its pool has a nil *stmtCache, which prepares
// nothing.
//
// A transaction cannot prepare statements for others, and SQLite's writer has
// no second connection to prepare them on. So a transaction records what it
// missed, and the next one prepares that before it begins.
type stmtCache struct {
	db *sql.DB

	mu     sync.Mutex
	byText map[string]*sql.Stmt // nil: missed, not prepared yet
	missed []string
}

// maxStatements limits the cache. The texts are few, but lists of ids of
// different lengths make more of them.
const maxStatements = 256

func newStmtCache(db *sql.DB) *stmtCache {
	return &stmtCache{db: db, byText: map[string]*sql.Stmt{}}
}

// lookup returns the prepared statement. If there is none it returns nil, and
// records the text for prepare.
func (c *stmtCache) lookup(text string) *sql.Stmt {
	if c == nil {
		return nil
	}

	c.mu.Lock()
	defer c.mu.Unlock()

	stmt, seen := c.byText[text]
	if !seen && len(c.byText) < maxStatements {
		c.byText[text] = nil
		c.missed = append(c.missed, text)
	}

	return stmt
}

// prepare prepares what lookup missed. A text that cannot be prepared will run
// unprepared.
func (c *stmtCache) prepare(ctx context.Context) {
	if c == nil {
		return
	}

	c.mu.Lock()
	missed := c.missed
	c.missed = nil
	c.mu.Unlock()

	for _, text := range missed {
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

// withoutCancel returns the context of a statement in a transaction. A context
// that can end costs SQLite's driver a goroutine for each statement, and these
// are short; the transaction itself still ends with ctx.
func (c *stmtCache) withoutCancel(ctx context.Context) context.Context {
	if c == nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// pooledStmts runs single statements, with the pool's prepared ones.
type pooledStmts struct{ *pool }

func (p pooledStmts) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	if stmt := p.statements.lookup(text); stmt != nil {
		return stmt.ExecContext(ctx, args...)
	}
	return p.DB.ExecContext(ctx, text, args...)
}

func (p pooledStmts) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if stmt := p.statements.lookup(text); stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	return p.DB.QueryContext(ctx, text, args...)
}

// txStmts runs statements in a transaction, with the pool's prepared ones.
type txStmts struct {
	*sql.Tx
	statements *stmtCache
}

func (t txStmts) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	ctx = t.statements.withoutCancel(ctx)
	if stmt := t.statements.lookup(text); stmt != nil {
		return t.StmtContext(ctx, stmt).ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, text, args...)
}

func (t txStmts) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	ctx = t.statements.withoutCancel(ctx)
	if stmt := t.statements.lookup(text); stmt != nil {
		return t.StmtContext(ctx, stmt).QueryContext(ctx, args...)
	}
	return t.Tx.QueryContext(ctx, text, args...)
}
