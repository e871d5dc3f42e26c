package memory

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Journal is the state file, an append-only log: one frame per commit, written
// before the response leaves. doc.go describes the format and what happens when
// the process is killed. A nil *Journal does nothing.
type Journal struct {
	store  *Store
	extras Extras
	logger zerolog.Logger
	path   string

	flight flight

	mu        sync.Mutex
	file      *os.File // nil once it is closed
	size      int64    // of the whole frames
	unwritten [][]byte // frames for which the disk had no room
	compactAt int64    // the size beyond which the file is compacted
	compacts  bool     // a compaction is running
	closing   bool

	compacting sync.WaitGroup
	step       func(name string) error // set by tests: called between the steps of a compaction
}

// Extras is what the state file holds besides objects: how far the clock was
// advanced, and idempotency keys.
type Extras interface {
	ClockOffset() int64
	SetClockOffset(int64)

	// Remember keeps a key that has a response.
	Remember(*Replay)

	// Remembers reports whether a key is still kept for the request with the
	// ID original.
	Remembers(key, original string) bool
}

// Replay is the request of an idempotency key with its response. See
// https://docs.stripe.com/api/idempotent_requests.
type Replay struct {
	Key      string    `json:"key,omitempty"` // account and key
	Path     string    `json:"path"`
	Params   [32]byte  `json:"params"`
	Status   int       `json:"status"`
	Body     []byte    `json:"body,omitempty"`
	Original string    `json:"original,omitempty"`
	Expires  time.Time `json:"until"`
}

// Line is one change: an object, the deletion of one, an idempotency key, the
// offset of the clock, or the deletion of everything. Its rev is its place in
// the order of changes.
type Line struct {
	kind    byte
	rev     uint64
	born    uint64
	account string
	object  Object
	replay  *Replay
	offset  int64
}

// keeper is an object with fields that Stripe does not show.
type keeper interface{ Secrets() any }

// Lines returns the changes of a commit. The caller holds the store's write
// lock, so encoding is left to Write, which must get them.
func (j *Journal) Lines(account string, changed []Object) []Line {
	if j == nil {
		return nil
	}

	// What the commit did besides comes first: an object that it pushed out may
	// be one that it had changed.
	out := make([]Line, 0, len(changed)+len(j.store.besides))
	for _, c := range j.store.besides {
		out = j.store.appendLine(out, c.account, c.object)
	}
	j.store.besides = j.store.besides[:0]

	for _, obj := range changed {
		out = j.store.appendLine(out, account, obj)
	}

	j.flight.take(out)
	for i := range out {
		j.store.setRev(&out[i])
	}

	return out
}

// KeyLine returns the change for an idempotency key. Write must get it.
func (j *Journal) KeyLine(r Replay) []Line {
	if j == nil {
		return nil
	}

	out := []Line{{kind: keyRecord, replay: &r}}
	j.flight.take(out)
	return out
}

// WriteClock writes the offset of the clock.
func (j *Journal) WriteClock() {
	if j == nil {
		return
	}

	// Of two that advance the clock at once, the one whose change is the later
	// one sees what both have added.
	out := []Line{{kind: clockRecord}}
	j.flight.take(out)
	out[0].offset = j.extras.ClockOffset()
	j.Write(out)
}

// ResetLine returns the change that deletes everything. The caller holds the
// store's write lock and has reset the store. Write must get it.
func (j *Journal) ResetLine() []Line {
	if j == nil {
		return nil
	}

	out := []Line{{kind: resetRecord}}
	j.flight.take(out)
	return out
}

// Write appends lines as one frame, with one system call. If that fails, the
// sandbox logs it, goes on in memory and tries again with the next lines.
func (j *Journal) Write(lines []Line) {
	if j == nil || len(lines) == 0 {
		return
	}
	defer j.flight.land(lines)

	s, _ := scratches.Get().(*scratch)
	defer scratches.Put(s)

	if err := s.encode(lines); err != nil {
		j.logger.Error().Err(err).Msg("the state of the sandbox was not written")
		return
	}

	if err := j.append(s.frame.Bytes()); err != nil {
		j.logger.Error().Err(err).Msg("the state of the sandbox was not written")
	}
}

// Close waits for a compaction, makes the file durable and closes it.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}

	j.mu.Lock()
	j.closing = true // no compaction begins any more
	j.mu.Unlock()

	j.flight.stop()
	j.compacting.Wait()

	j.mu.Lock()
	defer j.mu.Unlock()

	if j.file == nil {
		return nil
	}

	err := errors.Join(j.writeUnwritten(), j.file.Sync(), j.file.Close())
	j.file = nil

	return err
}
