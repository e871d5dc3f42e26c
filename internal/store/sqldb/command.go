package sqldb

import (
	"context"
	"database/sql"
)

// Command is one SQL statement to run.
type Command struct {
	Text string
	Args []any

	// Row reads each row that the statement returns; nil if it returns none.
	Row func(Row) error
	// Count, unless nil, receives the number of rows touched or returned.
	Count *int64
	// IfNone, unless nil, is the error if no row was touched or returned. It
	// rolls the transaction back.
	IfNone error
}

// Row is a row to scan.
type Row interface{ Scan(dest ...any) error }

// done stores how many rows there were, and returns IfNone if there were none.
func (c *Command) done(n int64) error {
	if c.Count != nil {
		*c.Count = n
	}
	if n == 0 {
		return c.IfNone
	}
	return nil
}

// anyRequiresRow reports whether one of the commands has an IfNone.
func anyRequiresRow(list []Command) bool {
	for i := range list {
		if list[i].IfNone != nil {
			return true
		}
	}
	return false
}

// Querier runs commands in their order, on a pool or in a transaction. The
// first error ends the run.
type Querier interface {
	Run(ctx context.Context, list ...Command) error
}

// Exec runs a statement and returns how many rows it touched.
func Exec(ctx context.Context, q Querier, text string, args ...any) (n int64, err error) {
	err = q.Run(ctx, Command{Text: text, Args: args, Count: &n})
	return n, err
}

// QueryAll returns all rows of a query.
func QueryAll[T any](
	ctx context.Context, q Querier, scan func(Row) (T, error), text string, args ...any,
) (all []T, err error) {
	err = q.Run(ctx, Command{Text: text, Args: args, Row: AppendTo(&all, scan)})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// QueryOne returns the first row of a query; ok is false if there is none.
func QueryOne[T any](
	ctx context.Context, q Querier, scan func(Row) (T, error), text string, args ...any,
) (v T, ok bool, err error) {
	all, err := QueryAll(ctx, q, scan, text, args...)
	if err != nil || len(all) == 0 {
		return v, false, err
	}
	return all[0], true, nil
}

// AppendTo returns a Command.Row that appends each row to list.
func AppendTo[T any](list *[]T, scan func(Row) (T, error)) func(Row) error {
	return func(row Row) error {
		v, err := scan(row)
		if err == nil {
			*list = append(*list, v)
		}
		return err
	}
}

// ScanString scans a row of one text.
func ScanString(row Row) (v string, err error) { return v, row.Scan(&v) }

// ScanInt scans a row of one integer.
func ScanInt(row Row) (v int64, err error) { return v, row.Scan(&v) }

// ScanBytes scans a row of one blob.
func ScanBytes(row Row) (v []byte, err error) { return v, row.Scan(&v) }

// sequential runs commands one by one on database/sql.
type sequential struct {
	on interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
}

// Run implements Querier.
func (s sequential) Run(ctx context.Context, list ...Command) error {
	for i := range list {
		c := &list[i]
		run := s.exec
		if c.Row != nil {
			run = s.query
		}

		n, err := run(ctx, c)
		if err != nil {
			return &databaseError{err}
		}
		if err := c.done(n); err != nil {
			return err
		}
	}

	return nil
}

func (s sequential) exec(ctx context.Context, c *Command) (int64, error) {
	res, err := s.on.ExecContext(ctx, c.Text, cleaned(c.Args)...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s sequential) query(ctx context.Context, c *Command) (n int64, err error) {
	rows, err := s.on.QueryContext(ctx, c.Text, cleaned(c.Args)...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()

	for ; rows.Next(); n++ {
		if err := c.Row(rows); err != nil {
			return n, err
		}
	}

	return n, rows.Err()
}
