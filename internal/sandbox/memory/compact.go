package memory

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
)

const (
	syncEvery   = 8 << 20   // bytes that a compaction writes between two syncs
	checkAtOnce = 256 << 10 // bytes of records that it checks under one lock
	shortTail   = 256 << 10 // bytes that it copies while callers wait
)

var errClosing = errors.New("the sandbox is closing")

// Compact replaces the file by one without what was overwritten or deleted.
// Callers go on meanwhile. It does nothing if a compaction is running.
func (j *Journal) Compact() error {
	j.mu.Lock()
	begun := j.beginCompaction()
	j.mu.Unlock()

	if !begun {
		return nil
	}
	return j.compactAndTell()
}

// beginCompaction reports whether a compaction can begin. If so, compactAndTell
// must follow. The caller holds j.mu.
func (j *Journal) beginCompaction() bool {
	if j.compacts || j.closing || j.file == nil {
		return false
	}

	j.compacts = true
	j.compacting.Add(1)
	return true
}

// compactAndTell compacts the file and logs if that fails.
func (j *Journal) compactAndTell() error {
	defer j.compacting.Done()
	err := j.compact()

	j.mu.Lock()
	defer j.mu.Unlock()

	j.compacts = false
	if err != nil {
		j.compactAt = j.size + compactAfter // try again later
	}
	if err != nil && !errors.Is(err, errClosing) {
		j.logger.Error().Err(err).Msg("the state file of the sandbox was not compacted")
	}

	return err
}

// compact writes a new file beside the old one and puts it in its place:
// doc.go has the steps and why a kill between them loses nothing.
func (j *Journal) compact() error {
	c := &compaction{journal: j, floor: j.flight.floor()}

	j.mu.Lock()
	c.old, c.end = j.file, j.size
	j.mu.Unlock()

	var err error
	c.file, err = os.OpenFile(j.path+".new", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}

	if err := c.run(); err != nil {
		return errors.Join(err, c.file.Close(), os.Remove(c.file.Name()))
	}

	// The new file has all of the old one's content.
	return errors.Join(syncFolder(j.path), c.old.Close())
}

// compaction is one run.
type compaction struct {
	journal *Journal
	floor   uint64 // below it, every change was in the file at the beginning

	old    *os.File
	end    int64 // of what was copied
	file   *os.File
	size   int64
	synced int64

	payloads []byte   // that were read and not checked yet
	batch    []record // the records in them
	out      bytes.Buffer
}

func (c *compaction) run() error {
	steps := []struct {
		name string
		run  func() error
	}{
		{"begin", func() error { return c.write([]byte(header)) }},
		{"copy what is alive", c.copyAlive},
		{"wait for changes in flight", c.settle},
		{"copy the rest", c.copyRest},
		{"sync", c.sync},
		{"copy the rest again", c.copyRest},
		{"replace the file", c.replace},
	}
	for _, step := range steps {
		if err := c.at(step.name); err != nil {
			return err
		}
		if err := step.run(); err != nil {
			return err
		}
	}

	return c.at("end")
}

// at lets a test look at the files before a step.
func (c *compaction) at(step string) error {
	if c.journal.step == nil {
		return nil
	}
	return c.journal.step(step)
}

// copyAlive copies the records that have to stay.
func (c *compaction) copyAlive() error {
	in := readFrames(c.old, int64(len(header)), c.end)
	for {
		payload, _, err := in.next()
		if errors.Is(err, io.EOF) {
			return c.flush()
		}
		if err != nil {
			return err
		}

		// The records refer to the payloads, so these must not move.
		if len(c.payloads)+len(payload) > cap(c.payloads) {
			if err := c.flush(); err != nil {
				return err
			}
			c.payloads = slices.Grow(c.payloads, max(len(payload), checkAtOnce))
		}

		if err := c.take(payload); err != nil {
			return err
		}
	}
}

// take adds a copy of a payload to the batch.
func (c *compaction) take(payload []byte) error {
	c.payloads = append(c.payloads, payload...)
	for rest := c.payloads[len(c.payloads)-len(payload):]; len(rest) > 0; {
		raw, after, err := cutSized(rest)
		if err != nil {
			return err
		}

		r, err := decodeRecord(raw)
		if err != nil {
			return err
		}

		c.batch = append(c.batch, r)
		rest = after
	}

	return nil
}

// flush writes those records of the batch that have to stay as one frame.
func (c *compaction) flush() error {
	c.out.Reset()
	openFrame(&c.out)

	j := c.journal
	j.store.RLock()
	for i := range c.batch {
		if c.stays(&c.batch[i]) {
			c.batch[i].write(&c.out)
		}
	}
	j.store.RUnlock()

	c.batch, c.payloads = c.batch[:0], c.payloads[:0]
	if c.out.Len() == frameHead {
		return nil
	}

	closeFrame(&c.out, 0)
	return c.write(c.out.Bytes())
}

// stays reports whether a record has to stay. The caller holds the store's read
// lock.
func (c *compaction) stays(r *record) bool {
	switch r.kind {
	case objectRecord:
		return c.journal.store.revOf(r.account, r.id) == r.rev
	case keyRecord:
		return c.journal.extras.Remembers(string(r.id), string(r.typ))
	case clockRecord:
		return r.rev >= c.floor || r.rev == c.journal.flight.clockRev()
	}

	// A deletion has to stay while an older change may be written after it.
	return r.rev >= c.floor
}

// settle waits until the changes are in the old file for which records were
// left out.
func (c *compaction) settle() error {
	if !c.journal.flight.settle() {
		return errClosing
	}
	return nil
}

// copyRest copies what callers have written meanwhile, until little is left.
func (c *compaction) copyRest() error {
	const rounds = 10 // more than they can write in
	for range rounds {
		c.journal.mu.Lock()
		end := c.journal.size
		c.journal.mu.Unlock()

		if end-c.end <= shortTail {
			return nil
		}
		if err := c.copyTo(end); err != nil {
			return err
		}
	}

	return nil
}

// copyTo copies the old file from c.end to end as it is.
func (c *compaction) copyTo(end int64) error {
	part := make([]byte, min(windowSize, end-c.end))
	for c.end < end {
		n, err := c.old.ReadAt(part[:min(int64(len(part)), end-c.end)], c.end)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n == 0 {
			return io.ErrUnexpectedEOF
		}

		if err := c.write(part[:n]); err != nil {
			return err
		}
		c.end += int64(n)
	}

	return nil
}

// write appends to the new file. It syncs it now and then, because one long
// sync would hold up the callers' own writes.
func (c *compaction) write(b []byte) error {
	if c.journal.flight.isStopped() {
		return errClosing
	}
	if _, err := c.file.WriteAt(b, c.size); err != nil {
		return err
	}

	c.size += int64(len(b))
	if c.size-c.synced < syncEvery {
		return nil
	}

	return c.sync()
}

func (c *compaction) sync() error {
	c.synced = c.size
	return c.file.Sync()
}

// replace copies the last changes and puts the new file in the place of the old
// one. Nobody can write meanwhile.
func (c *compaction) replace() error {
	j := c.journal
	j.mu.Lock()
	defer j.mu.Unlock()

	// Changes that wait for room on the disk count as written.
	if err := j.writeUnwritten(); err != nil {
		return err
	}

	c.synced = c.size // no sync now: the rest is as durable as in the old file
	if err := c.copyTo(j.size); err != nil {
		return err
	}
	if err := c.at("rename"); err != nil {
		return err
	}
	if err := os.Rename(c.file.Name(), j.path); err != nil {
		return err
	}

	j.file, j.size = c.file, c.size
	j.compactAt = 2*c.size + compactAfter

	return nil
}

// syncFolder makes the name of a new file durable.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
