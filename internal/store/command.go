package store

import (
	"context"
	"database/sql"
)

// command is one SQL statement that is to run.
type command struct {
	text string
	args []any
	row  func(scanner) error // reads each row that it returns; nil: it returns none
	n    *int64              // gets the number of rows that it touched or returned; may be nil
	none error               // what it means that there were none; nil: nothing
}

// met notes how many rows there were, and says what is wrong with that.
func (c *command) met(n int64) error {
	if c.n != nil {
		*c.n = n
	}
	if n == 0 {
		return c.none
	}
	return nil
}

// guarded reports whether one of the commands must touch or return a row.
func guarded(list []command) bool {
	for i := range list {
		if list[i].none != nil {
			return true
		}
	}
	return false
}

// runner runs commands in their order, on a pool or in a transaction. The first error
// ends that: one of the database as a *dbError, or a command's own none.
type runner interface {
	run(ctx context.Context, list ...command) error
}

// querier is a runner with the usual questions.
type querier struct{ runner }

// exec runs a statement and says how many rows it touched.
func (q querier) exec(ctx context.Context, text string, args ...any) (n int64, err error) {
	err = q.run(ctx, command{text: text, args: args, n: &n})
	return n, err
}

// queryAll reads all rows of a query.
func queryAll[T any](ctx context.Context, q querier, scan func(scanner) (T, error), text string, args ...any) (all []T, err error) {
	err = q.run(ctx, command{text: text, args: args, row: into(&all, scan)})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// queryOne reads the first row of a query; ok is false if there is none.
func queryOne[T any](ctx context.Context, q querier, scan func(scanner) (T, error), text string, args ...any) (v T, ok bool, err error) {
	all, err := queryAll(ctx, q, scan, text, args...)
	if err != nil || len(all) == 0 {
		return v, false, err
	}
	return all[0], true, nil
}

// into appends what is read to a list.
func into[T any](list *[]T, scan func(scanner) (T, error)) func(scanner) error {
	return func(row scanner) error {
		v, err := scan(row)
		if err == nil {
			*list = append(*list, v)
		}
		return err
	}
}

// onebyone runs commands on database/sql.
type onebyone struct {
	on interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
}

func (o onebyone) run(ctx context.Context, list ...command) error {
	for i := range list {
		c, do := &list[i], o.exec
		if c.row != nil {
			do = o.query
		}
		n, err := do(ctx, c)
		if err != nil {
			return &dbError{err}
		}
		if err := c.met(n); err != nil {
			return err
		}
	}
	return nil
}

func (o onebyone) exec(ctx context.Context, c *command) (int64, error) {
	res, err := o.on.ExecContext(ctx, c.text, cleaned(c.args)...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (o onebyone) query(ctx context.Context, c *command) (n int64, err error) {
	rows, err := o.on.QueryContext(ctx, c.text, cleaned(c.args)...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for ; rows.Next(); n++ {
		if err := c.row(rows); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}
