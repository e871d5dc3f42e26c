package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"
)

// ErrNoCopy means that the engine's own tools copy the database: pg_dump.
var ErrNoCopy = errors.New("database: PostgreSQL is copied by pg_dump")

// copyPages is how many pages are copied before the context is looked at: 4 MB.
const copyPages = 1024

// CopyTo writes a copy of the SQLite database to a new file at path. The copy
// is the state of one moment, and servers write meanwhile: the pages are read
// in a transaction, which in WAL mode keeps no writer waiting
// (https://www.sqlite.org/backup.html). The log cannot shrink until CopyTo
// returns. There is no time limit but that of ctx.
func (db *DB) CopyTo(ctx context.Context, path string) error {
	d, ok := db.dialect.(*sqliteDialect)
	if !ok {
		return ErrNoCopy
	}

	// SQLite would create the file readable by everybody.
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}

	conn, err := db.read.Conn(ctx)
	if err != nil {
		return databaseFault(err)
	}
	defer conn.Close() //nolint:errcheck // it only returns to the pool

	// From the first read on the connection sees one state. Without a
	// transaction each write of another connection would start the copy again.
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return databaseFault(err)
	}
	defer tx.Rollback() //nolint:errcheck // it only read

	var tables int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return databaseFault(err)
	}

	target := d.dsn(path, "immediate", 0, "synchronous(FULL)")
	return databaseFault(conn.Raw(func(c any) error { return copyAll(ctx, c, target) }))
}

func copyAll(ctx context.Context, conn any, target string) error {
	source, ok := conn.(interface {
		NewBackup(target string) (*sqlite.Backup, error)
	})
	if !ok {
		return errors.New("the driver copies nothing")
	}

	b, err := source.NewBackup(target)
	if err != nil {
		return err
	}

	for more := true; more && err == nil; {
		if err = ctx.Err(); err == nil {
			more, err = b.Step(copyPages)
		}
	}

	return errors.Join(err, b.Finish())
}

// Integrity returns an error if the SQLite file is damaged. It reads all of it,
// however long that takes. PostgreSQL looks after its files itself.
func (db *DB) Integrity(ctx context.Context) error {
	if db.dialect.shared() {
		return nil
	}

	var found string
	err := db.read.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&found)
	if err != nil {
		return databaseFault(err)
	}

	var broken int
	err = db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM pragma_foreign_key_check`).Scan(&broken)
	switch {
	case err != nil:
		return databaseFault(err)
	case found != "ok":
		return unusable("the file is damaged: SQLite's integrity_check finds errors in it")
	case broken > 0:
		return unusable(fmt.Sprintf("the file is damaged: %d of its rows refer to rows that are missing", broken))
	}

	return nil
}

// ErrInUse means that another process has the SQLite file open.
var ErrInUse = errors.New("database: another process has the file open")

// CloseAlone closes an SQLite database so that the file at its address holds
// everything, with no log beside it. While another process has the file open,
// it changes nothing and returns ErrInUse. A PostgreSQL database is only
// closed.
func (db *DB) CloseAlone(ctx context.Context) error {
	if db.dialect.shared() {
		return db.Close()
	}

	// An idle reader keeps the log in use.
	errs := []error{databaseFault(db.read.Close())}
	db.read = nil

	var mode string
	err := db.write.QueryRowContext(ctx, `PRAGMA journal_mode=DELETE`).Scan(&mode)
	switch {
	case err == nil && mode != "delete", err != nil && db.dialect.lockTimeout(err):
		err = ErrInUse
	case err != nil:
		err = databaseFault(err)
	}

	return errors.Join(append(errs, err, db.Close())...)
}
