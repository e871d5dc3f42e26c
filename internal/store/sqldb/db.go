package sqldb

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/rs/zerolog"
)

// Options configure Open.
type Options struct {
	// Migrations holds the numbered .sql files of the schema.
	Migrations fs.FS
	Log        zerolog.Logger

	// MustExist makes Open fail, instead of creating a database, if there is
	// none.
	MustExist bool
	// MaxConns limits the connections: SQLite's readers (4 if 0), or all of
	// PostgreSQL's (16 if 0).
	MaxConns int
	// Timeout is how long one call may take, its waits included (10 s if 0). A
	// lock is waited for less long. Migrations take as long as they need.
	Timeout time.Duration
}

// DB is an open database. All its methods are safe for concurrent use.
type DB struct {
	dialect    dialect
	write      *pool
	read       *pool         // the same as write on PostgreSQL
	slots      chan struct{} // one value for each writing transaction; nil: no limit
	gate       gate
	timeout    time.Duration
	health     writeHealth
	migrations fs.FS
	log        zerolog.Logger
}

// Open connects to the database at databaseURL: "sqlite:./data/checkoutd.db",
// whose folder must exist unless it is ./data, or "postgres://…". It does not
// migrate.
func Open(ctx context.Context, databaseURL string, o Options) (*DB, error) {
	d, err := dialectOf(databaseURL)
	if err != nil {
		return nil, err
	}

	if o.MustExist {
		if err := d.exists(); err != nil {
			return nil, err
		}
	}

	db := &DB{
		dialect:    d,
		migrations: o.Migrations,
		log:        o.Log,
		timeout:    cmp.Or(o.Timeout, defaultTimeout),
	}

	if err := db.open(ctx, o.MaxConns); err != nil {
		return nil, errors.Join(err, db.Close())
	}

	return db, nil
}

// defaultTimeout is shorter than any client of ours waits for a response.
const defaultTimeout = 10 * time.Second

func (db *DB) open(ctx context.Context, maxConns int) (err error) {
	var writers int
	db.write, db.read, writers, err = db.dialect.open(maxConns, db.timeout)
	if err != nil {
		return err
	}
	if writers > 0 {
		db.slots = make(chan struct{}, writers)
	}

	return db.connect(ctx)
}

// connect opens the first connections. The writer comes first, since it
// creates SQLite's file and turns WAL on.
func (db *DB) connect(ctx context.Context) error {
	err := db.reading(ctx, func(ctx context.Context) error {
		return databaseFault(db.write.PingContext(ctx))
	})
	if err != nil {
		return err
	}
	if err := db.dialect.intact(); err != nil { // from now on
		return err
	}

	return db.Ping(ctx)
}

// Ping reports whether the database answers. It only reads, so that a busy
// writer does not look like a broken one.
func (db *DB) Ping(ctx context.Context) error {
	_, _, err := QueryOne(ctx, db.Reader(), ScanInt, `SELECT 1`)
	return err
}

// Close closes the connections. Later calls fail.
func (db *DB) Close() error {
	var errs []error
	if db.read != db.write && db.read != nil {
		errs = append(errs, databaseFault(db.read.Close()))
	}

	if db.write != nil {
		errs = append(errs, databaseFault(db.write.Close()))
	}

	return errors.Join(errs...)
}

// LockRow ends a SELECT that locks its row until the transaction ends. It is
// empty on SQLite, where a writing transaction is alone from its beginning.
func (db *DB) LockRow() string { return db.dialect.lockRow() }

// SkipLocked ends a SELECT that takes only rows that no other transaction
// has locked.
func (db *DB) SkipLocked() string { return db.dialect.skipLocked() }

// Shared reports whether several servers may use the database at a time.
func (db *DB) Shared() bool { return db.dialect.shared() }

// Violates reports whether err is a violation of the unique index.
func (db *DB) Violates(err error, index UniqueIndex) bool {
	return err != nil && db.dialect.violates(err, index)
}
