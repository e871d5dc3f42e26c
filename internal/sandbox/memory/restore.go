package memory

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"
)

// OpenJournal reads a state file into the store, and takes over one of a former
// release. It reports whether the file held anything. Without a path it returns
// a nil journal.
func OpenJournal(path string, store *Store, extras Extras, logger zerolog.Logger) (j *Journal, restored bool, err error) {
	if path == "" {
		return nil, false, nil
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // a compaction replaces the file, not the link to it
	}

	store.logged = true
	j = &Journal{store: store, extras: extras, logger: logger, path: path}
	if err := j.takeOver(); err != nil {
		return nil, false, fmt.Errorf("state file %s: %w", path, err)
	}

	if restored, err = j.open(); err != nil {
		return nil, false, fmt.Errorf("state file %s: %w", path, err)
	}

	return j, restored, nil
}

// open opens the file, creates it if need be, and reads it.
func (j *Journal) open() (restored bool, err error) {
	file, err := os.OpenFile(j.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, err
	}

	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()

	size, err := fileSize(file)
	if err != nil {
		return false, err
	}
	if err := checkHeader(file, size); err != nil {
		return false, err
	}

	c := contents{objects: map[string]map[string]place{}, keys: map[string]place{}}
	if size > int64(len(header)) {
		if err := j.read(file, size, &c); err != nil {
			return false, err
		}
	}

	if _, err := file.WriteAt([]byte(header), 0); err != nil {
		return false, err
	}
	if err := file.Truncate(max(c.end, int64(len(header)))); err != nil {
		return false, err
	}

	j.file, j.size = file, max(c.end, int64(len(header)))
	j.compactAt = 2*c.alive + compactAfter
	j.flight.init(c.lastRev, c.clock.rev)

	// What a kill has left of a compaction.
	if err := os.Remove(j.path + ".new"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}

	return c.lastRev > 0, nil
}

func fileSize(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// checkHeader refuses a file that is neither a state file nor the beginning of
// one.
func checkHeader(file io.ReaderAt, size int64) error {
	begin := make([]byte, min(size, int64(len(header))))
	if _, err := file.ReadAt(begin, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}

	if !strings.HasPrefix(header, string(begin)) {
		return errors.New("it is no state file of this release of the offline Stripe. Use another file, or remove this one")
	}

	return nil
}

// read reads the file: first where the latest record of everything is, then
// those.
func (j *Journal) read(file *os.File, size int64, c *contents) error {
	in := readFrames(file, int64(len(header)), size)
	for {
		payload, at, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := c.scan(payload, at); err != nil {
			return err
		}
	}

	c.end = in.good
	if in.skipped > 0 {
		j.logger.Warn().Msg(fmt.Sprintf("%d bytes of the sandbox's state file were damaged and are lost", in.skipped))
	}

	return j.restore(file, c)
}

// restore puts what counts into the store and the extras.
func (j *Journal) restore(file *os.File, c *contents) error {
	if c.clock.rev < c.reset {
		c.clock, c.offset = place{}, 0
	}
	j.extras.SetClockOffset(c.offset)

	places, keys := c.latest()
	for i := range places {
		c.alive += int64(places[i].size)
	}

	entries, err := j.decodeAll(file, places)
	if err != nil {
		return err
	}

	j.fill(c, entries)

	in := newReader(file, j.store)
	for _, p := range keys {
		r, err := in.record(p)
		if err != nil {
			return err
		}

		replay, err := r.replay()
		if err != nil {
			return fmt.Errorf("an idempotency key: %w", err)
		}
		c.alive += int64(p.size)
		j.extras.Remember(replay)
	}

	return nil
}

// restored is a decoded object.
type restored struct {
	account string
	entry   entry
}

// decodeAll reads and decodes objects on all processors.
func (j *Journal) decodeAll(file *os.File, places []place) ([]restored, error) {
	out := make([]restored, len(places))
	workers := make([]error, runtime.GOMAXPROCS(0))
	var next atomic.Int64

	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			const chunk = 256
			r := newReader(file, j.store)
			for workers[w] == nil {
				end := int(next.Add(chunk))
				for i := end - chunk; i < min(end, len(places)) && workers[w] == nil; i++ {
					out[i], workers[w] = r.object(places[i])
				}

				if end >= len(places) {
					return
				}
			}
		})
	}

	group.Wait()
	return out, errors.Join(workers...)
}

// fill puts the objects into the store. An account gets what a new one holds
// where the file says nothing of it: a former release may not have known it.
func (j *Journal) fill(c *contents, objects []restored) {
	s := j.store
	for _, o := range objects {
		a := s.accounts[o.account]
		if a == nil {
			a = newAccount(o.account)
			s.accounts[o.account] = a
		}
		s.add(a, o.entry)
	}

	s.seq = c.lastBorn
	for _, a := range s.Accounts() {
		for _, obj := range s.firstOf(a.ID) {
			if _, known := c.objects[a.ID][obj.ObjectID()]; !known {
				s.Put(a, obj)
				s.note(a, obj)
			}
		}
	}
}
