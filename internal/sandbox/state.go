package sandbox

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
)

// journal is the state file: one JSON line per changed object, written before the answer leaves. A killed process loses
// nothing that it answered; a torn last line is dropped. The file is rewritten from scratch when it is opened, when it has
// grown, and when the sandbox closes. A nil *journal does nothing.
type journal struct {
	store  *store
	beside besides
	logger zerolog.Logger
	path   string
	seq    atomic.Uint64

	mu       sync.Mutex
	file     *os.File
	size     int64
	baseSize int64
}

// besides is what the state file holds besides objects: how far the clock was moved, and idempotency keys.
type besides interface {
	ClockOffset() int64
	SetClockOffset(int64)
	Replays() []*replay // the answered keys, oldest first
	Remember(*replay)
}

// replay is what an idempotency key remembers. See https://docs.stripe.com/api/idempotent_requests.
type replay struct {
	Key      string    `json:"key"` // account and key
	Path     string    `json:"path"`
	Params   [32]byte  `json:"params"`
	Status   int       `json:"status"`
	Body     []byte    `json:"body"`
	Original string    `json:"original"`
	Until    time.Time `json:"until"`
}

// line is one entry: an object, the removal of one, or an idempotency key.
type line struct {
	Seq     uint64          `json:"seq"`
	Account string          `json:"account,omitempty"`
	Kind    string          `json:"kind,omitempty"`
	Object  json.RawMessage `json:"object,omitempty"`
	Private json.RawMessage `json:"private,omitempty"`
	Removed string          `json:"removed,omitempty"`
	Replay  *replay         `json:"replay,omitempty"`
	Offset  *int64          `json:"clock_offset,omitempty"`

	obj object
}

// keeper is an object with fields that Stripe would not show.
type keeper interface{ secrets() any }

// compactAfter is how large the file may grow beside its last rewriting.
const compactAfter = 32 << 20

// lines lists what a commit changed. The caller holds the store's lock; encoding is left to write.
func (j *journal) lines(account string, changed []object) []line {
	if j == nil {
		return nil
	}
	out := make([]line, 0, len(changed)+1)
	for _, obj := range changed {
		out = append(out, line{Seq: j.seq.Add(1), Account: account, Kind: obj.objectKind(), obj: obj})
	}
	return out
}

// keyLine is the entry of an answered idempotency key.
func (j *journal) keyLine(r replay) []line {
	if j == nil {
		return nil
	}
	return []line{{Seq: j.seq.Add(1), Replay: &r}}
}

// write appends lines with one system call. A full disk is logged: the sandbox goes on in memory.
func (j *journal) write(lines []line) {
	if j == nil || len(lines) == 0 {
		return
	}
	var buf bytes.Buffer
	if err := encodeLines(&buf, lines); err != nil {
		j.logger.Error().Err(err).Msg("sandbox state not written")
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
		j.logger.Error().Err(err).Msg("sandbox state not written")
	}
	if j.size > j.baseSize*3+compactAfter {
		if err := j.compact(); err != nil {
			j.logger.Error().Err(err).Msg("sandbox state not compacted")
		}
	}
}

func encodeLines(w io.Writer, lines []line) error {
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

// fill encodes the object that the line is about.
func (l *line) fill() error {
	if l.obj == nil {
		return nil
	}
	if gone, removed := l.obj.(tombstone); removed {
		l.Removed, l.Kind = string(gone), ""
		return nil
	}
	var err error
	if l.Object, err = encode(l.obj); err != nil {
		return err
	}
	if k, has := l.obj.(keeper); has {
		l.Private, err = encode(k.secrets())
	}
	return err
}

// compact writes everything into a new file and puts it in the place of the old one. The caller holds j.mu.
func (j *journal) compact() error {
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
		_ = j.file.Close() // the renamed file has all that it held
	}
	j.file = f
	info, err := f.Stat()
	if err == nil {
		j.size, j.baseSize = info.Size(), info.Size()
	}
	return err
}

// everything lists the whole state in order of creation.
func (j *journal) everything() []line {
	j.store.mu.RLock()
	defer j.store.mu.RUnlock()
	var entries []entry
	accounts := map[string]string{}
	for account, w := range j.store.accounts {
		for id, e := range w.objects {
			entries = append(entries, e)
			accounts[id] = account
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.seq, b.seq) })
	offset := j.beside.ClockOffset()
	out := []line{{Seq: j.seq.Add(1), Offset: &offset}}
	for _, e := range entries {
		out = append(out, line{Seq: j.seq.Add(1), Account: accounts[e.obj.objectID()], Kind: e.obj.objectKind(), obj: e.obj})
	}
	for _, r := range j.beside.Replays() {
		out = append(out, line{Seq: j.seq.Add(1), Replay: r})
	}
	return out
}

// close rewrites the file and closes it.
func (j *journal) close() error {
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

// rewrite writes the whole state anew.
func (j *journal) rewrite() {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.compact(); err != nil {
		j.logger.Error().Err(err).Msg("sandbox state not written")
	}
}
