package store

import (
	"context"
	"sync"

	"checkoutd/internal/fault"
)

// ErrInboxBusy refuses an event while too many wait for their commit. Stripe
// sends it again.
var ErrInboxBusy = fault.New(fault.Unavailable, "inbox_busy", "Too many events wait to be stored. Please send it again.")

// ErrClosed refuses what comes after Close.
var ErrClosed = fault.New(fault.Unavailable, "shutting_down", "The service is stopping. Please try again.")

// batcher lets many callers share one commit. While a commit is on its way the next
// callers gather; nobody waits for company. Its queue is bounded, and a full
// queue refuses at once.
type batcher struct {
	queue chan *pending
	most  int
	flush func([]*pending) // answers every one of them
	done  sync.WaitGroup

	mu     sync.RWMutex // held for reading while a caller may still send
	closed bool
}

// pending is a row that waits for its commit.
type pending struct {
	row    []any // the first is its id
	answer chan verdict
}

type verdict struct {
	isNew bool
	err   error
}

func newBatcher(capacity, most, flushers int, flush func([]*pending)) *batcher {
	b := &batcher{queue: make(chan *pending, capacity), most: most, flush: flush}
	for range flushers {
		b.done.Go(b.run)
	}
	return b
}

// add hands a row in and waits for its commit. A caller whose ctx ends first
// stops waiting; the row may be stored nevertheless.
func (b *batcher) add(ctx context.Context, row []any) (bool, error) {
	p := &pending{row: row, answer: make(chan verdict, 1)}
	if err := b.send(p); err != nil {
		return false, err
	}
	select {
	case v := <-p.answer:
		return v.isNew, v.err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

func (b *batcher) send(p *pending) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return ErrClosed
	}
	select {
	case b.queue <- p:
		return nil
	default:
		return ErrInboxBusy
	}
}

// run flushes until the queue is closed and empty.
func (b *batcher) run() {
	for first := range b.queue {
		batch := append(make([]*pending, 0, b.most), first)
		for len(batch) < b.most {
			p, ok := b.take()
			if !ok {
				break
			}
			batch = append(batch, p)
		}
		b.flush(batch)
	}
}

// take gives what waits already.
func (b *batcher) take() (*pending, bool) {
	select {
	case p, ok := <-b.queue:
		return p, ok
	default:
		return nil, false
	}
}

// close refuses new rows, and returns when those that wait have their answer.
func (b *batcher) close() {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.queue)
	}
	b.mu.Unlock()
	b.done.Wait()
}
