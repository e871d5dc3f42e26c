package memory

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/sandbox/wire"
)

// Journal is the state file: one JSON line per changed object, written before
// the response leaves, so that a killed process loses nothing that a caller was
// told. A torn last line is dropped. The file is rewritten when it is opened,
// when it has grown much, and when it is closed. A nil *Journal does nothing.
type Journal struct {
	store  *Store
	extras Extras
	logger zerolog.Logger
	path   string
	seq    atomic.Uint64

	mu       sync.Mutex
	file     *os.File
	size     int64
	baseSize int64
}

// Extras is what the state file holds besides objects: how far the clock was
// advanced, and idempotency keys.
type Extras interface {
	ClockOffset() int64
	SetClockOffset(int64)

	// Replays returns the keys that have a response, oldest first.
	Replays() []*Replay
	Remember(*Replay)
}

// Replay is the request of an idempotency key with its response. See
// https://docs.stripe.com/api/idempotent_requests.
type Replay struct {
	Key      string    `json:"key"` // account and key
	Path     string    `json:"path"`
	Params   [32]byte  `json:"params"`
	Status   int       `json:"status"`
	Body     []byte    `json:"body"`
	Original string    `json:"original"`
	Expires  time.Time `json:"until"`
}

// Line is one entry: an object, the deletion of one, an idempotency key, or the
// offset of the clock.
type Line struct {
	Seq     uint64          `json:"seq"`
	Account string          `json:"account,omitempty"`
	Kind    string          `json:"kind,omitempty"`
	Object  json.RawMessage `json:"object,omitempty"`
	Private json.RawMessage `json:"private,omitempty"`
	Removed string          `json:"removed,omitempty"`
	Replay  *Replay         `json:"replay,omitempty"`
	Offset  *int64          `json:"clock_offset,omitempty"`

	obj Object
}

// keeper is an object with fields that Stripe does not show.
type keeper interface{ Secrets() any }

// compactAfter is how far the file may grow beyond three times its size after
// the last rewrite.
const compactAfter = 32 << 20

// Lines returns the entries for the objects that a commit changed. The caller
// holds the store's lock, so encoding is left to Write.
func (j *Journal) Lines(account string, changed []Object) []Line {
	if j == nil {
		return nil
	}

	out := make([]Line, 0, len(changed)+1)
	for _, obj := range changed {
		out = append(out, Line{
			Seq:     j.seq.Add(1),
			Account: account,
			Kind:    obj.ObjectKind(),
			obj:     obj,
		})
	}

	return out
}

// KeyLine returns the entry for an idempotency key.
func (j *Journal) KeyLine(r Replay) []Line {
	if j == nil {
		return nil
	}
	return []Line{{Seq: j.seq.Add(1), Replay: &r}}
}

// Write appends lines with one system call. If that fails, the sandbox logs it
// and goes on in memory.
func (j *Journal) Write(lines []Line) {
	if j == nil || len(lines) == 0 {
		return
	}

	var buf bytes.Buffer
	if err := encodeLines(&buf, lines); err != nil {
		j.logger.Error().Err(err).Msg("the state of the sandbox was not written")
		return
	}

	j.mu.Lock()
	defer j.mu.Unlock()

	if j.file == nil {
		return
	}

	n, err := j.file.Write(buf.Bytes())
	j.size += int64(n)

	if err != nil {
		j.logger.Error().Err(err).Msg("the state of the sandbox was not written")
	}

	if j.size > j.baseSize*3+compactAfter {
		if err := j.compact(); err != nil {
			j.logger.Error().Err(err).Msg("the state file of the sandbox was not compacted")
		}
	}
}

func encodeLines(w io.Writer, lines []Line) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)

	for i := range lines {
		if err := lines[i].fill(); err != nil {
			return err
		}
		if err := enc.Encode(&lines[i]); err != nil {
			return err
		}
	}

	return nil
}

// fill encodes the object of the line.
func (l *Line) fill() error {
	if l.obj == nil {
		return nil
	}

	if deleted, ok := l.obj.(tombstone); ok {
		l.Removed, l.Kind = string(deleted), ""
		return nil
	}

	var err error
	if l.Object, err = wire.Encode(l.obj); err != nil {
		return err
	}

	if k, ok := l.obj.(keeper); ok {
		l.Private, err = wire.Encode(k.Secrets())
	}

	return err
}

// compact writes the whole state into a new file that replaces the old one. The
// caller holds j.mu.
func (j *Journal) compact() error {
	tmp := j.path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}

	out := bufio.NewWriterSize(f, 1<<20)
	err = errors.Join(encodeLines(out, j.everything()), out.Flush(), f.Sync())
	if err == nil {
		err = os.Rename(tmp, j.path)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}

	if j.file != nil {
		_ = j.file.Close() // the new file has all of its content
	}

	j.file = f

	info, err := f.Stat()
	if err == nil {
		j.size, j.baseSize = info.Size(), info.Size()
	}

	return err
}

// everything returns the whole state, objects in order of creation.
func (j *Journal) everything() []Line {
	j.store.RLock()
	defer j.store.RUnlock()

	var entries []entry

	accounts := map[string]string{}
	for _, a := range j.store.accounts {
		for id, e := range a.objects {
			entries = append(entries, e)
			accounts[id] = a.ID
		}
	}

	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.seq, b.seq) })

	offset := j.extras.ClockOffset()
	out := []Line{{Seq: j.seq.Add(1), Offset: &offset}}
	for _, e := range entries {
		out = append(out, Line{
			Seq:     j.seq.Add(1),
			Account: accounts[e.object.ObjectID()],
			Kind:    e.object.ObjectKind(),
			obj:     e.object,
		})
	}

	for _, r := range j.extras.Replays() {
		out = append(out, Line{Seq: j.seq.Add(1), Replay: r})
	}

	return out
}

// Close rewrites the file and closes it.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}

	j.mu.Lock()
	defer j.mu.Unlock()

	err := j.compact()
	if j.file != nil {
		err = errors.Join(err, j.file.Close())
		j.file = nil
	}

	return err
}

// Rewrite writes the whole state into a new file.
func (j *Journal) Rewrite() {
	if j == nil {
		return
	}

	j.mu.Lock()
	defer j.mu.Unlock()

	if err := j.compact(); err != nil {
		j.logger.Error().Err(err).Msg("the state of the sandbox was not written")
	}
}
