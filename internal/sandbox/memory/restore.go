package memory

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/rs/zerolog"
)

// OpenJournal reads a state file into the store and rewrites it. It reports
// whether the file held anything. Without a path it returns a nil journal.
func OpenJournal(path string, store *Store, extras Extras, logger zerolog.Logger) (j *Journal, restored bool, err error) {
	if path == "" {
		return nil, false, nil
	}

	lines, err := readLines(path)
	if err != nil {
		return nil, false, err
	}

	j = &Journal{store: store, extras: extras, logger: logger, path: path}
	for i := range lines {
		if err := j.restore(&lines[i]); err != nil {
			return nil, false, fmt.Errorf("state file %s: %w", path, err)
		}
	}

	if len(lines) > 0 {
		j.seq.Store(lines[len(lines)-1].Seq)
	}

	j.mu.Lock()
	defer j.mu.Unlock()

	return j, len(lines) > 0, j.compact()
}

// readLines returns the lines of a file in the order of their commits.
func readLines(path string) ([]Line, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read

	var out []Line
	in := bufio.NewReaderSize(f, 1<<20)
	for {
		raw, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // a line without an end was cut off
		}
		if err != nil {
			return nil, err
		}

		var l Line
		if err := json.Unmarshal(raw, &l); err != nil {
			return nil, fmt.Errorf("state file %s: %w", path, err)
		}

		out = append(out, l)
	}

	slices.SortStableFunc(out, func(a, b Line) int { return cmp.Compare(a.Seq, b.Seq) })
	return out, nil
}

// newObject returns an empty object of a kind to decode into, or nil.
func (s *Store) newObject(kind string) Object {
	for _, empty := range s.makers {
		if obj := empty(); kind == obj.ObjectKind() {
			return obj
		}
	}
	return nil
}

// owned is an object that has to know its account.
type owned interface{ SetOwner(account string) }

// restore applies one line.
func (j *Journal) restore(l *Line) error {
	switch {
	case l.Offset != nil:
		j.extras.SetClockOffset(*l.Offset)
		return nil
	case l.Replay != nil:
		j.extras.Remember(l.Replay)
		return nil
	case l.Removed != "":
		j.store.Account(l.Account).remove(l.Removed)
		return nil
	}

	obj := j.store.newObject(l.Kind)
	if obj == nil {
		obj = j.store.newObject("record") // kinds without a type of their own
	}

	dec := json.NewDecoder(bytes.NewReader(l.Object))
	dec.UseNumber()

	if err := dec.Decode(obj); err != nil {
		return fmt.Errorf("%s: %w", l.Kind, err)
	}

	if k, ok := obj.(keeper); ok && len(l.Private) > 0 {
		if err := json.Unmarshal(l.Private, k.Secrets()); err != nil {
			return fmt.Errorf("%s: %w", l.Kind, err)
		}
	}

	if o, ok := obj.(owned); ok {
		o.SetOwner(l.Account)
	}

	j.store.Put(j.store.Account(l.Account), obj)
	return nil
}
