package memory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

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

	for _, p := range keys {
		r, err := readRecord(file, p)
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
	const chunk = 256
	out := make([]restored, len(places))
	chunks := make(chan int)
	failed := make(chan error, 1)

	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for first := range chunks {
				for i := first; i < min(first+chunk, len(places)); i++ {
					var err error
					if out[i], err = j.decode(file, places[i]); err != nil {
						select {
						case failed <- err:
						default:
						}
					}
				}
			}
		})
	}

	for first := 0; first < len(places); first += chunk {
		chunks <- first
	}
	close(chunks)
	group.Wait()

	select {
	case err := <-failed:
		return nil, err
	default:
		return out, nil
	}
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

// decode reads an object.
func (j *Journal) decode(file *os.File, p place) (restored, error) {
	r, err := readRecord(file, p)
	if err != nil {
		return restored{}, err
	}

	obj, err := j.store.decode(string(r.account), string(r.typ), r.body, r.extra)
	return restored{string(r.account), entry{obj, p.born, p.rev}}, err
}

func readRecord(file *os.File, p place) (record, error) {
	raw := make([]byte, p.size)
	if _, err := file.ReadAt(raw, p.at); err != nil {
		return record{}, err
	}
	return decodeRecord(raw)
}

// owned is an object that has to know its account.
type owned interface{ SetOwner(account string) }

// decode returns an object of a kind from its JSON and what Stripe does not
// show of it.
func (s *Store) decode(account, kind string, body, private []byte) (Object, error) {
	empty := s.makers[kind]
	if empty == nil {
		empty = s.makers["record"] // kinds without a type of their own
	}

	obj := empty()
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(obj); err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}

	if k, ok := obj.(keeper); ok && len(private) > 0 {
		if err := json.Unmarshal(private, k.Secrets()); err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
	}

	if o, ok := obj.(owned); ok {
		o.SetOwner(account)
	}

	return obj, nil
}
