package store

import (
	"checkoutd/internal/api"
	"cmp"
	"context"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/certificates"
	"checkoutd/internal/customersession"
	"checkoutd/internal/deliveries"
	"checkoutd/internal/effects"
	"checkoutd/internal/golive"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/people"
	"checkoutd/internal/sealed"
	"checkoutd/internal/store/sqldb"
	"checkoutd/internal/webhooks"
)

// Options configure a Store. The zero value works.
type Options struct {
	Now func() time.Time // time.Now if nil
	Log zerolog.Logger

	// MustExist makes Open fail, instead of creating a database, if there is
	// none.
	MustExist bool
	// MaxConns limits the connections: SQLite's readers (4 if 0), or all of
	// PostgreSQL's (16 if 0).
	MaxConns int
	// Timeout is how long one call may take, its waits included (10 s if 0).
	Timeout time.Duration
	// InboxQueue is how many events may wait for a commit before Accept refuses
	// more (4096 if 0); InboxBatch is how many share one commit at most (256 if
	// 0).
	InboxQueue int
	InboxBatch int
	// Ring seals secrets at rest; nil leaves them in clear.
	Ring *sealed.Ring
}

// Store is an open database. All its methods are safe for concurrent use.
type Store struct {
	db    *sqldb.DB
	inbox *sqldb.Batcher
	clock func() time.Time
	ring  *sealed.Ring

	intentTable   *sqldb.Table[payments.Intent]
	endpointTable *sqldb.Table[endpoint]
	tryTable      *sqldb.Table[deliveries.Try]
	linkTable     *sqldb.Table[connectLink]

	certificateTable *sqldb.Table[certificates.Certificate]

	apiRequestTable *sqldb.Table[api.Request]

	endings endings // of events that are not ours

	wakeEffects atomic.Pointer[func()] // after a commit that may have added effects
}

// The interfaces that a Store implements.
var (
	_ orders.Store          = (*Store)(nil)
	_ payments.Store        = (*Store)(nil)
	_ webhooks.Intake       = (*Store)(nil)
	_ webhooks.Claims       = (*Store)(nil)
	_ webhooks.Admin        = (*Store)(nil)
	_ customersession.Store = (*Store)(nil)
	_ effects.Store         = (*Store)(nil)
	_ deliveries.Store      = (*Store)(nil)
	_ deliveries.Admin      = (*Store)(nil)
	_ people.Store          = (*Store)(nil)
	_ golive.Store          = (*Store)(nil)
	_ people.RetentionStore = (*Store)(nil)
	_ golive.Ledger         = (*Store)(nil)
)

// Open connects to the database at databaseURL: "sqlite:./data/checkoutd.db",
// whose folder must exist unless it is ./data, or "postgres://…". It does not
// migrate.
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}

	db, err := sqldb.Open(ctx, databaseURL, sqldb.Options{
		Migrations: files,
		Log:        o.Log,
		MustExist:  o.MustExist,
		MaxConns:   o.MaxConns,
		Timeout:    o.Timeout,
	})
	if err != nil {
		return nil, err
	}

	s := &Store{
		db:            db,
		clock:         o.Now,
		ring:          o.Ring,
		intentTable:   newIntentTable(o.Ring),
		endpointTable: newEndpointTable(o.Ring),
		tryTable:      newTryTable(o.Ring),

		apiRequestTable: newAPIRequestTable(o.Ring),
		linkTable:       newLinkTable(o.Ring),

		certificateTable: newCertificateTable(o.Ring),
	}
	if s.clock == nil {
		s.clock = time.Now
	}

	s.inbox = sqldb.NewBatcher(db, eventTable, sqldb.BatchConfig{
		Queue: cmp.Or(o.InboxQueue, 4096),
		Batch: cmp.Or(o.InboxBatch, 256),
		Busy:  errInboxBusy,
	})

	return s, nil
}

// Claim keeps other servers off the SQLite file at databaseURL, until release
// or the end of this process; PostgreSQL is shared. It waits for up to wait
// until a server that has the file leaves. The error then names that server.
// The commands that run beside a server do without a claim.
func Claim(
	ctx context.Context, databaseURL string, wait time.Duration, log zerolog.Logger,
) (release func() error, err error) {
	return sqldb.Claim(ctx, databaseURL, wait, log)
}

// ErrClosed refuses an event that arrives after Close.
var ErrClosed = sqldb.ErrClosed

// Ping reports whether the database answers. It only reads, so that a busy
// writer does not look like a broken one.
func (s *Store) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// Health reports whether the database is there, answers and can be written. An
// SQLite file that was deleted or replaced under the server is not there.
func (s *Store) Health(ctx context.Context) error {
	return s.db.Health(ctx, sqldb.Command{
		Text: `INSERT INTO settings (name, value, created_at) VALUES ('write probe', $1, $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value, created_at = excluded.created_at`,
		Args: []any{[]byte{}, sqldb.Micros(s.now())},
	})
}

// Close commits what Accept has taken, then closes the connections. Later
// calls fail.
func (s *Store) Close() error {
	s.inbox.Close()
	return s.db.Close()
}

// now returns the present, as precise as the database stores it.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
