package sqldb

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"checkoutd/internal/fault"
)

// ErrClosed refuses what arrives after Close.
var ErrClosed = fault.New(fault.Unavailable, "shutting_down",
	"The service is stopping. Please try again.")

// BatchConfig configures a Batcher.
type BatchConfig struct {
	Queue int   // how many rows may wait for a commit
	Batch int   // how many rows share a commit at most
	Busy  error // refuses a row while the queue is full
}

// Batcher inserts rows for many callers at once, who share one commit (group
// commit). While a commit is under way the next callers gather; nobody waits
// for company. The queue is bounded, and a full one refuses at once.
type Batcher struct {
	cfg    BatchConfig
	db     *DB
	target insertTarget
	queue  chan *pendingRow
	runs   sync.WaitGroup

	mu     sync.RWMutex // held for reading while a caller may still send
	closed bool
}

// pendingRow is a row that waits for its commit.
type pendingRow struct {
	row    []any
	result chan insertResult
}

func (p *pendingRow) key() string { return p.row[0].(string) }

type insertResult struct {
	isNew bool
	err   error
}

// NewBatcher starts a Batcher for a table whose key is a text. Close it before
// the database.
func NewBatcher[T any](db *DB, t *Table[T], cfg BatchConfig) *Batcher {
	b := &Batcher{
		cfg:    cfg,
		db:     db,
		target: insertTarget{t.name, t.columns},
		queue:  make(chan *pendingRow, cfg.Queue),
	}
	for range db.dialect.flushers() {
		b.runs.Go(b.run)
	}
	return b
}

// Insert inserts a row (see Table.Values) unless its key is there, and returns
// when that is committed. isNew is false for a key that was there. A caller
// whose ctx or time ends first stops waiting; the row may be stored
// nevertheless.
func (b *Batcher) Insert(ctx context.Context, row []any) (isNew bool, err error) {
	p := &pendingRow{row: cleaned(row), result: make(chan insertResult, 1)}
	if err := b.enqueue(p); err != nil {
		return false, err
	}

	bounded, cancel := context.WithTimeout(ctx, b.db.timeout)
	defer cancel()

	select {
	case r := <-p.result:
		return r.isNew, r.err
	case <-bounded.Done():
		return false, b.db.public(ctx, &databaseError{bounded.Err()})
	}
}

func (b *Batcher) enqueue(p *pendingRow) error {
	b.mu.RLock()
	defer b.mu.RUnlock()

	if b.closed {
		return ErrClosed
	}

	select {
	case b.queue <- p:
		return nil
	default:
		return b.cfg.Busy
	}
}

// Close refuses new rows, and returns when those that wait have been inserted.
func (b *Batcher) Close() {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.queue)
	}
	b.mu.Unlock()

	b.runs.Wait()
}

// run flushes until the queue is closed and empty.
func (b *Batcher) run() {
	for first := range b.queue {
		batch := append(make([]*pendingRow, 0, b.cfg.Batch), first)
		for len(batch) < b.cfg.Batch {
			p, ok := b.takeWaiting()
			if !ok {
				break
			}

			batch = append(batch, p)
		}

		b.flush(batch)
	}
}

// takeWaiting takes a row that waits already.
func (b *Batcher) takeWaiting() (*pendingRow, bool) {
	select {
	case p, ok := <-b.queue:
		return p, ok
	default:
		return nil, false
	}
}

// flush commits a batch and reports to each caller. If one of the rows is bad,
// it inserts them one by one, so that the others are stored.
func (b *Batcher) flush(batch []*pendingRow) {
	ctx := context.Background() // callers come and go; the database limits the time
	groups := groupByKey(batch)
	isNew, err := b.insert(ctx, groups)

	if err != nil && len(groups) > 1 && b.db.dialect.badRow(err) {
		b.flushOneByOne(ctx, groups)
		return
	}

	for i, g := range groups {
		report(g, err == nil && isNew[i], err)
	}
}

// flushOneByOne inserts each row in a transaction of its own. One row whose
// lock another session holds is like a bad one. After the second, which means
// that more is locked than a row, it waits for no other.
func (b *Batcher) flushOneByOne(ctx context.Context, groups [][]*pendingRow) {
	locked := 0
	for i, g := range groups {
		one, err := b.insert(ctx, [][]*pendingRow{g})
		report(g, err == nil && one[0], err)

		if !b.db.dialect.lockTimeout(err) {
			continue
		}

		if locked++; locked == 2 {
			for _, rest := range groups[i+1:] {
				report(rest, false, err)
			}

			return
		}
	}
}

// insert inserts the first row of each group in one transaction.
func (b *Batcher) insert(ctx context.Context, groups [][]*pendingRow) (isNew []bool, err error) {
	rows := make([][]any, len(groups))
	for i, g := range groups {
		rows[i] = g[0].row
	}

	err = b.db.writing(ctx, "", func(ctx context.Context) (err error) {
		isNew, err = b.db.dialect.insertNew(ctx, b.db.write, b.target, rows)
		return err
	})
	return isNew, err
}

// groupByKey puts the rows of one key together, so that none is inserted
// twice. It sorts by key: commits that run side by side lock the same keys in
// the same order.
func groupByKey(batch []*pendingRow) [][]*pendingRow {
	slices.SortStableFunc(batch, func(a, b *pendingRow) int {
		return cmp.Compare(a.key(), b.key())
	})

	var groups [][]*pendingRow
	for _, p := range batch {
		last := len(groups) - 1
		if last >= 0 && groups[last][0].key() == p.key() {
			groups[last] = append(groups[last], p)
		} else {
			groups = append(groups, []*pendingRow{p})
		}
	}

	return groups
}

// report sends the result to the callers of one key. Only the first of them
// can have inserted it.
func report(group []*pendingRow, isNew bool, err error) {
	for i, p := range group {
		p.result <- insertResult{isNew && i == 0, err}
	}
}
