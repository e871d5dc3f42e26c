package store

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/customersession"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks"
)

// Options tune a Store. The zero value works.
type Options struct {
	Now func() time.Time // time.Now if nil
	Log zerolog.Logger

	// MustExist refuses a database that is not there, instead of making it.
	MustExist bool
	// MaxConns bounds the connections: SQLite's readers (4 if 0), or all of
	// PostgreSQL's (16 if 0).
	MaxConns int
	// InboxQueue is how many events may wait for a commit before Accept refuses
	// more (4096 if 0), InboxBatch how many share one commit at most (256 if 0).
	InboxQueue int
	InboxBatch int
}

// Store is an open database. All its methods are safe for concurrent use.
type Store struct {
	dialect dialect
	write   *pool
	read    *pool // the same as write on PostgreSQL
	now     func() time.Time
	log     zerolog.Logger
	inbox   *batcher
}

// What a Store is for.
var (
	_ orders.Store          = (*Store)(nil)
	_ payments.Store        = (*Store)(nil)
	_ webhooks.Intake       = (*Store)(nil)
	_ webhooks.Claims       = (*Store)(nil)
	_ webhooks.Admin        = (*Store)(nil)
	_ customersession.Store = (*Store)(nil)
)

// Open connects to the database at databaseURL: "sqlite:./data/checkoutd.db",
// whose folder is created, or "postgres://…". It does not migrate.
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
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
	s := &Store{dialect: d, write: write, read: read, now: o.Now, log: o.Log}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.closePools())
	}
	s.inbox = newBatcher(cmp.Or(o.InboxQueue, 4096), cmp.Or(o.InboxBatch, 256), d.flushers(), s.flushEvents)
	return s, nil
}

// connect lets the writer come first: it makes SQLite's file and turns WAL on.
func (s *Store) connect(ctx context.Context) error {
	if err := s.write.PingContext(ctx); err != nil {
		return s.public(ctx, &dbError{err})
	}
	return s.Ping(ctx)
}

// Ping reports whether the database answers. It only reads, so that a busy writer
// does not look like a broken one.
func (s *Store) Ping(ctx context.Context) error {
	_, _, err := queryOne(ctx, s.reader(ctx), scanInt, `SELECT 1`)
	return s.public(ctx, err)
}

// Close commits what Accept has taken, then closes the connections. Calls that
// come later fail.
func (s *Store) Close() error {
	s.inbox.close()
	return s.closePools()
}

func (s *Store) closePools() error {
	err := s.write.Close()
	if s.read != s.write {
		err = errors.Join(s.read.Close(), err)
	}
	return err
}

// stamp is the present, as precise as the database keeps it.
func (s *Store) stamp() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// micros is how a time is kept.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// fromMicros is the opposite of micros.
func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
