package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"checkoutd/internal/filelock"
)

// sqliteDialect is SQLite in this process: one file, one writer.
type sqliteDialect struct {
	path  string
	watch *fileWatch // nil until open
}

func newSQLite(path string) (dialect, error) {
	if path == "" || strings.ContainsAny(path, "?#") || strings.HasPrefix(path, ":") {
		return nil, errors.New("database: sqlite: needs the path of a file without ? and #, " +
			"for example sqlite:./data/checkoutd.db")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("database: the path of the SQLite file: %w", err)
	}
	return &sqliteDialect{path: abs}, nil
}

// dsn returns the driver's address of a file. The pragmas are in it because
// every connection of a pool needs them. busy_timeout comes first because
// turning WAL on needs a lock.
func (d *sqliteDialect) dsn(path, txlock string, busy time.Duration, pragmas ...string) string {
	q := url.Values{
		"_pragma": append([]string{fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds())}, pragmas...),
		"_txlock": {txlock},
		"_dqs":    {"0"},
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func (d *sqliteDialect) exists() error {
	_, err := os.Stat(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("database: there is no database at %s: start the server "+
			"or run the subcommand migrate to create it, or correct DATABASE_URL", d.path)
	}
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

// claim locks a file beside the database. The lock is not on the database
// itself: closing a file ends SQLite's own locks on it.
func (d *sqliteDialect) claim() (release func() error, err error) {
	if err := d.createFile(); err != nil {
		return nil, err
	}

	path, err := filepath.EvalSymlinks(d.path) // one lock, whatever the path
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}

	lock, err := filelock.Acquire(path+"-server", time.Now())

	var held *filelock.HeldError
	if errors.As(err, &held) {
		return nil, &inUseError{path, held}
	}

	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}

	return sync.OnceValue(lock.Release), nil
}

// open lets a busy file be waited for during half of the timeout, so that the
// wait can end with SQLite's own answer.
func (d *sqliteDialect) open(
	maxConns int, timeout time.Duration,
) (write, read *pool, writers int, err error) {
	if err := d.createFile(); err != nil {
		return nil, nil, 0, err
	}

	// A log longer than usual (4000 pages, 16 MB) is copied into the database
	// less often: a third more acknowledgements per second on a slow disk.
	writer, err := sql.Open("sqlite", d.dsn(d.path, "immediate", timeout/2,
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(1)",
		"cache_size(-32768)",
		"wal_autocheckpoint(4000)"))
	if err != nil {
		return nil, nil, 0, databaseFault(err)
	}

	readers, err := sql.Open("sqlite", d.dsn(d.path, "deferred", timeout/2,
		"query_only(1)",
		"cache_size(-8192)"))
	if err != nil {
		return nil, nil, 0, errors.Join(databaseFault(err), writer.Close())
	}

	// One writer never waits for itself. All connections stay open, since
	// opening one costs more than a query.
	writer.SetMaxOpenConns(1)
	n := cmp.Or(maxConns, 4)
	readers.SetMaxOpenConns(n)
	readers.SetMaxIdleConns(n)

	d.watch = newFileWatch(d.path)

	write = &pool{DB: writer, statements: newStmtCache(writer)}
	write.group = &groupCommit{pool: write}

	return write, &pool{DB: readers, statements: newStmtCache(readers)}, 0, nil
}

// createFile creates the database's file, unless it exists. SQLite would create
// the file readable by everybody, and give its log the same permissions. Only
// the folder of the default, data, is created with it: any other that is not
// there is a mistake in the path, or a disk that is not mounted.
func (d *sqliteDialect) createFile() error {
	dir := filepath.Dir(d.path)
	if own, err := filepath.Abs("data"); err == nil && dir == own {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return fmt.Errorf("database: cannot create the folder of the database: %w", err)
		}
	}

	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("database: there is no folder %s: create it, or correct DATABASE_URL", dir)
	}

	file, err := os.OpenFile(d.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("database: cannot open the database for writing: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("database: %w", err)
	}

	return nil
}

func (d *sqliteDialect) transact(ctx context.Context, p *pool, fn Work) error {
	return p.group.transact(ctx, fn)
}

func (d *sqliteDialect) statement(
	ctx context.Context, p *pool, fn func(context.Context, Querier) error,
) error {
	return p.group.transact(ctx, func(ctx context.Context, q Querier) ([]Command, error) {
		return nil, fn(ctx, q)
	})
}

func (d *sqliteDialect) view(ctx context.Context, p *pool, list []Command) error {
	return p.view(ctx, list)
}

// A writing transaction is alone from its beginning, so there is nothing to
// lock.
func (d *sqliteDialect) lockRow() string    { return "" }
func (d *sqliteDialect) skipLocked() string { return "" }

func (d *sqliteDialect) lowerJSON(column string, members []string) string {
	return "lower(" + column + " ->> '$." + strings.Join(members, ".") + "')"
}

func (d *sqliteDialect) flushers() int { return 1 }
func (d *sqliteDialect) shared() bool  { return false }

func (d *sqliteDialect) intact() error    { return d.watch.intact() }
func (d *sqliteDialect) spaceLeft() error { return d.watch.spaceLeft() }

func (d *sqliteDialect) insertNew(
	ctx context.Context, p *pool, t insertTarget, rows [][]any,
) ([]bool, error) {
	text := insertText(t.table, t.columns) + " ON CONFLICT (" + t.columns[0] + ") DO NOTHING"
	list, counts := make([]Command, len(rows)), make([]int64, len(rows))
	for i, row := range rows {
		list[i] = Command{Text: text, Args: row, Count: &counts[i]}
	}

	err := p.group.transact(ctx, func(context.Context, Querier) ([]Command, error) { return list, nil })

	isNew := make([]bool, len(rows))
	for i, n := range counts {
		isNew[i] = n == 1
	}

	return isNew, err
}

func (d *sqliteDialect) migrations() goose.Dialect { return goose.DialectSQLite3 }

func (d *sqliteDialect) migrator(write *pool) (db *sql.DB, closeIt func() error) {
	return write.DB, func() error { return nil }
}

// migrationWait is how long a process waits for another one that migrates.
const migrationWait = time.Minute

// lockMigrations holds an exclusive transaction on an empty file beside the
// database: goose needs the database's own write lock for itself. The lock
// ends with the process, even with one that crashes.
func (d *sqliteDialect) lockMigrations(ctx context.Context, _ *sql.DB) (release func() error, err error) {
	db, err := sql.Open("sqlite", d.dsn(d.path+"-migrate", "exclusive", migrationWait))
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return func() error { return errors.Join(tx.Rollback(), db.Close()) }, nil
}

// code returns SQLite's primary result code of err, or 0 if it has none.
func (d *sqliteDialect) code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func (d *sqliteDialect) retryable(err error) bool {
	code := d.code(err)
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}

func (d *sqliteDialect) unavailable(err error) bool {
	switch d.code(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_INTERRUPT:
		return true
	}
	return errors.Is(err, sql.ErrConnDone)
}

// lockTimeout reports whether the file was busy for too long. The lock is on
// the whole file.
func (d *sqliteDialect) lockTimeout(err error) bool { return d.retryable(err) }

func (d *sqliteDialect) badRow(err error) bool {
	switch d.code(err) {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE:
		return true
	}
	return false
}

func (d *sqliteDialect) violates(err error, index UniqueIndex) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE &&
		strings.Contains(e.Error(), "UNIQUE constraint failed: "+index.Columns+" (")
}
