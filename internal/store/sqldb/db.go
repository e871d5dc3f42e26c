package sqldb

import (
	"context"
	"errors"
	"io/fs"

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
}

// DB is an open database. All its methods are safe for concurrent use.
type DB struct {
	dialect    dialect
	write      *pool
	read       *pool // the same as write on PostgreSQL
	migrations fs.FS
	log        zerolog.Logger
}

// Open connects to the database at databaseURL: "sqlite:./data/checkoutd.db",
// whose folder is created, or "postgres://…". It does not migrate.
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

	write, read, err := d.open(o.MaxConns)
	if err != nil {
		return nil, err
	}

	db := &DB{
		dialect:    d,
		write:      write,
		read:       read,
		migrations: o.Migrations,
		log:        o.Log,
	}
	if err := db.connect(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}

	return db, nil
}

// connect opens the first connections. The writer comes first, since it
// creates SQLite's file and turns WAL on.
func (db *DB) connect(ctx context.Context) error {
	if err := db.write.PingContext(ctx); err != nil {
		return db.public(ctx, &databaseError{err})
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
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(db.read.Close(), err)
	}
	return err
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
