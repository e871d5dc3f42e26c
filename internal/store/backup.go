package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"checkoutd/internal/store/sqldb"
	"checkoutd/internal/webhooks"
)

// CopyTo writes a copy of the SQLite database to a new file at path, while
// servers write. On PostgreSQL it returns ErrNoCopy.
func (s *Store) CopyTo(ctx context.Context, path string) error { return s.db.CopyTo(ctx, path) }

// ErrInUse means that another process has the SQLite file open.
var ErrInUse = sqldb.ErrInUse

// ErrNoCopy means that the engine's own tools copy the database.
var ErrNoCopy = sqldb.ErrNoCopy

// Integrity returns an error if the SQLite file is damaged. It reads all of it.
func (s *Store) Integrity(ctx context.Context) error { return s.db.Integrity(ctx) }

// CloseAlone closes the SQLite database so that its file holds everything, with
// no log beside it.
func (s *Store) CloseAlone(ctx context.Context) error {
	s.inbox.Close()
	return s.db.CloseAlone(ctx)
}

// Shared reports whether several servers may use the database at a time.
func (s *Store) Shared() bool { return s.db.Shared() }

// Facts say which database it is.
type Facts struct {
	Schema  int64  // the last migration
	Known   int64  // the last migration that this program knows
	Use     string // what it is bound to, "" before the first server
	Account string // the Stripe account, "" while it is not known
	Orders  int64
	Events  int64
	Newest  time.Time // when the last order changed or event arrived
}

// Empty reports whether a PostgreSQL database has no tables of ours.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	n, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT COUNT(*) FROM pg_tables WHERE schemaname = ANY (current_schemas(false))
			AND tablename IN ('orders', 'settings', 'goose_db_version')`)
	return n == 0, err
}

// Facts reads the facts. It works on the schema of an older version, too.
func (s *Store) Facts(ctx context.Context) (f Facts, err error) {
	if f.Schema, f.Known, err = s.db.Versions(ctx); err != nil {
		return f, err
	}
	if f.Use, err = s.BoundTo(ctx); err != nil {
		return f, err
	}
	if f.Account, err = s.Account(ctx); err != nil {
		return f, err
	}

	var order, event int64
	err = s.db.View(ctx,
		sqldb.Command{
			Text: `SELECT COUNT(*), COALESCE(MAX(updated_at), 0) FROM orders`,
			Row:  func(row sqldb.Row) error { return row.Scan(&f.Orders, &order) },
		},
		sqldb.Command{
			Text: `SELECT COUNT(*), COALESCE(MAX(received_at), 0) FROM events`,
			Row:  func(row sqldb.Row) error { return row.Scan(&f.Events, &event) },
		})
	f.Newest = sqldb.FromMicros(max(order, event))

	return f, err
}

// DatabaseID returns the ID of this database among others whose backups are in
// the same folder. It stays when the database is restored or copied.
func (s *Store) DatabaseID(ctx context.Context) (string, error) {
	id, err := s.settingOrSet(ctx, idSetting, []byte(strings.ToLower(rand.Text()[:8])))
	return string(id), err
}

// The settings about backups.
const (
	idSetting       = "database id"
	backupSetting   = "last backup" // created_at: when its state was copied
	restoredSetting = "restored"    // a restored; gone when the shop is open
)

const replaceSetting = `INSERT INTO settings (name, value, created_at) VALUES ($1, $2, $3)
	ON CONFLICT (name) DO UPDATE SET value = excluded.value, created_at = excluded.created_at`

// NoteBackup stores that a backup of the state at takenAt was made.
func (s *Store) NoteBackup(ctx context.Context, takenAt time.Time) error {
	_, err := s.db.Exec(ctx, replaceSetting, backupSetting, []byte{}, sqldb.Micros(takenAt))
	return err
}

// LastBackup returns when the state of the last backup was copied, the zero
// time if there is none.
func (s *Store) LastBackup(ctx context.Context) (time.Time, error) {
	micros, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT created_at FROM settings WHERE name = $1`, backupSetting)
	return sqldb.FromMicros(micros), err
}

// Restored says that the database was restored and that its shop is closed.
type Restored struct {
	TakenAt time.Time // the state of the backup
	At      time.Time // the restore
}

// restored is the value of its setting.
type restored struct {
	TakenAt time.Time `json:"taken_at"`
}

// MarkRestored notes that the database was restored from a backup. The servers
// keep the shop closed until EndRestore. A backfill begins at the latest with
// the state of the backup.
func (s *Store) MarkRestored(ctx context.Context, r Restored) error {
	list := []sqldb.Command{
		{Text: replaceSetting, Args: []any{restoredSetting, []byte(encodeRestored(r)), sqldb.Micros(r.At)}},
		{Text: replaceSetting, Args: []any{backupSetting, []byte{}, sqldb.Micros(r.TakenAt)}},
		{
			Text: `INSERT INTO cursors (account, at) VALUES ('', $1) ON CONFLICT (account) DO NOTHING`,
			Args: []any{sqldb.Micros(r.TakenAt)},
		},
	}
	return s.db.Transact(ctx, "", func(context.Context, sqldb.Querier) ([]sqldb.Command, error) { return list, nil })
}

// RestoreScript returns the statements of MarkRestored as SQL for PostgreSQL's
// psql, which runs them with the rest of a restore in one transaction.
func RestoreScript(r Restored) string {
	at, taken := sqldb.Micros(r.At), sqldb.Micros(r.TakenAt)
	const replace = `INSERT INTO settings (name, value, created_at) VALUES ('%s', convert_to('%s', 'UTF8'), %d)
	ON CONFLICT (name) DO UPDATE SET value = excluded.value, created_at = excluded.created_at;
`
	return "\nSET search_path = public;\nDELETE FROM replicas;\n" +
		fmt.Sprintf(replace, restoredSetting, encodeRestored(r), at) +
		fmt.Sprintf(replace, backupSetting, "", taken) +
		fmt.Sprintf("INSERT INTO cursors (account, at) VALUES ('', %d) ON CONFLICT (account) DO NOTHING;\n", taken)
}

// RestoreLocks are the statements that come before those of a restore, for
// PostgreSQL's psql. They lock all tables of the database's schemas, or fail
// after a minute. What pg_restore writes turns lock_timeout off, and would wait
// for ever behind whoever reads one table, holding the others.
const RestoreLocks = `SET LOCAL lock_timeout = '60s';
DO $$
DECLARE t text;
BEGIN
	FOR t IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
		WHERE schemaname = ANY (current_schemas(false)) ORDER BY tablename
	LOOP
		EXECUTE 'LOCK TABLE ' || t || ' IN ACCESS EXCLUSIVE MODE';
	END LOOP;
END $$;
`

func encodeRestored(r Restored) string { return sqldb.EncodeJSON(restored{r.TakenAt.UTC()}) }

// Unmatched returns how many events belong to orders that are not here.
func (s *Store) Unmatched(ctx context.Context) (int64, error) {
	n, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT COUNT(*) FROM events WHERE state IN ('received', 'unmatched') AND state = 'unmatched'`)
	return n, err
}

// Restored returns the restore after which the shop is still closed; ok is
// false if it is open.
func (s *Store) Restored(ctx context.Context) (r Restored, ok bool, err error) {
	r, ok, err = sqldb.QueryOne(ctx, s.db.Reader(), func(row sqldb.Row) (r Restored, err error) {
		var value []byte
		var at int64
		if err := row.Scan(&value, &at); err != nil {
			return r, err
		}

		var stored restored
		if err := json.Unmarshal(value, &stored); err != nil {
			return r, fmt.Errorf("store: the setting %q: %w", restoredSetting, err)
		}
		return Restored{TakenAt: stored.TakenAt, At: sqldb.FromMicros(at)}, nil
	}, `SELECT value, created_at FROM settings WHERE name = $1`, restoredSetting)
	return r, ok, err
}

// EndRestore opens the shop after a restore. It reports whether it was closed.
func (s *Store) EndRestore(ctx context.Context) (wasClosed bool, err error) {
	n, err := s.db.Exec(ctx, `DELETE FROM settings WHERE name = $1`, restoredSetting)
	return n > 0, err
}

// Behind returns how many events received until then are not processed yet,
// and how many foreign payments found since the restore nobody has decided
// about.
func (s *Store) Behind(ctx context.Context, since, receivedUntil time.Time) (events, payments int64, err error) {
	err = s.db.View(ctx,
		sqldb.Command{
			Text: `SELECT COUNT(*) FROM events WHERE state IN ($1, $2) AND received_at <= $3`,
			Args: []any{string(webhooks.Received), string(webhooks.Working), sqldb.Micros(receivedUntil)},
			Row:  func(row sqldb.Row) error { return row.Scan(&events) },
		},
		sqldb.Command{
			Text: `SELECT COUNT(*) FROM foreign_payments WHERE ` + foreignOpen + ` AND created_at >= $1`,
			Args: []any{sqldb.Micros(since)},
			Row:  func(row sqldb.Row) error { return row.Scan(&payments) },
		})
	return events, payments, err
}

// RunningServers returns how many servers have said since now that they run.
func (s *Store) RunningServers(ctx context.Context, now time.Time) (int64, error) {
	n, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT COUNT(*) FROM replicas WHERE lease_until > $1`, sqldb.Micros(now))
	return n, err
}
