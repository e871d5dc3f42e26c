package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// databaseError marks an error as the database's own, in contrast to the
// errors of the rules that run inside a transaction.
//
// Its text is ours. The drivers' texts quote what they were given: addresses
// with users and pieces of passwords, values of rows. They never reach a log;
// a code and the names of our own tables do.
type databaseError struct{ err error }

func (e *databaseError) Error() string { return "database: " + describe(e.err) }
func (e *databaseError) Unwrap() error { return e.err }

// ownError is a text of this package, which may be shown wherever it comes up
// among the errors of a driver.
type ownError struct {
	text        string
	unavailable bool // the database cannot be used, as if it did not answer
}

func (e *ownError) Error() string { return e.text }

// databaseFault returns err as a databaseError, nil for nil.
func databaseFault(err error) error {
	var own *databaseError
	if err == nil || errors.As(err, &own) {
		return err
	}
	return &databaseError{err}
}

// describe returns our sentence for an error of a driver.
func describe(err error) string {
	var (
		own     *ownError
		server  *pgconn.PgError
		connect *pgconn.ConnectError
		file    *sqlite.Error
	)

	switch {
	case errors.As(err, &own):
		return own.Error()
	case errors.As(err, &server):
		return describePostgres(server)
	case errors.As(err, &connect):
		return fmt.Sprintf("the server %s %s", connect.Config.Host, describeConnection(connect))
	case errors.As(err, &file):
		return describeSQLite(file)
	}

	return describeConnection(err)
}

// describeConnection describes an error that neither engine has a code for.
func describeConnection(err error) string {
	var (
		name    *net.DNSError
		network net.Error
	)

	switch {
	case errors.Is(err, context.Canceled):
		return "the call was canceled"
	case errors.As(err, &name):
		return "has a name that cannot be resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refuses connections"
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout():
		return "did not answer in time"
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), isNetwork(err),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "lost the connection"
	}

	return fmt.Sprintf("the driver failed (%T)", rootCause(err))
}

func isNetwork(err error) bool {
	var network net.Error
	return errors.As(err, &network)
}

// rootCause follows the chain of an error to its end.
func rootCause(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// describePostgres returns a sentence, the code, and the name of the constraint
// or column, which are ours. The server's message may quote values.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
func describePostgres(e *pgconn.PgError) string {
	text := "the server refused a statement"
	for _, known := range []struct{ code, text string }{
		{"28", "the server refused the user or the password"},
		{"3D000", "the server has no database of this name"},
		{"42501", "the user lacks a privilege"},
		{"53100", "the server's disk is full"},
		{"53300", "the server has no free connection"},
		{"55P03", "another session holds a lock for too long"},
		{"57014", "a statement took too long"},
		{"57P", "the server is starting or stopping"},
		{"25006", "the server is a read-only standby"},
		{"25P", "a transaction stood still for too long"},
		{"40", "the transaction lost against another one"},
		{"23", "a rule of the schema forbids a row"},
		{"22", "a value does not fit its column"},
	} {
		if strings.HasPrefix(e.Code, known.code) {
			text = known.text
			break
		}
	}

	text += " (SQLSTATE " + e.Code
	for _, name := range []string{e.TableName, e.ColumnName, e.ConstraintName} {
		if name != "" {
			text += ", " + name
		}
	}

	return text + ")"
}

// column matches the first column that SQLite names when it refuses a row.
var column = regexp.MustCompile(`constraint failed: ([a-z_]+\.[a-z_]+)`)

// describeSQLite returns a sentence and the extended result code.
// https://www.sqlite.org/rescode.html
func describeSQLite(e *sqlite.Error) string {
	text, known := map[int]string{
		sqlite3.SQLITE_BUSY:       "another process holds the write lock for too long",
		sqlite3.SQLITE_LOCKED:     "another connection holds a lock",
		sqlite3.SQLITE_FULL:       "the disk is full",
		sqlite3.SQLITE_IOERR:      "the disk reports an error, or is full",
		sqlite3.SQLITE_CANTOPEN:   "the file, or one beside it, cannot be opened",
		sqlite3.SQLITE_READONLY:   "the file is read-only, or was replaced",
		sqlite3.SQLITE_CORRUPT:    "the file is damaged",
		sqlite3.SQLITE_NOTADB:     "the file is not an SQLite database",
		sqlite3.SQLITE_PERM:       "this user may not use the file",
		sqlite3.SQLITE_INTERRUPT:  "the call ended before its answer",
		sqlite3.SQLITE_CONSTRAINT: "a rule of the schema forbids a row",
		sqlite3.SQLITE_TOOBIG:     "a value is too large",
	}[e.Code()&0xff]
	if !known {
		text = "SQLite refused a statement"
	}

	text += fmt.Sprintf(" (code %d", e.Code())
	if m := column.FindStringSubmatch(e.Error()); m != nil {
		text += ", " + m[1]
	}

	return text + ")"
}
