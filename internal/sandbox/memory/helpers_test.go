package memory_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/sandbox/memory"
)

// thing is an object with everything that an object can have.
type thing struct {
	ID     string `json:"id"`
	Kind   string `json:"object"`
	Value  any    `json:"value"`
	Parent string `json:"parent,omitempty"`

	secrets struct{ Note string }
	owner   string
}

func (o *thing) ObjectID() string { return o.ID }
func (o *thing) ObjectKind() string {
	if o.Kind == "" {
		return "record"
	}
	return o.Kind
}

func (o *thing) Parents() []string {
	if o.Parent == "" {
		return nil
	}
	return []string{o.Parent}
}

func (o *thing) Secrets() any            { return &o.secrets }
func (o *thing) SetOwner(account string) { o.owner = account }

// db is a store with its state file.
type db struct {
	t       *testing.T
	path    string
	store   *memory.Store
	journal *memory.Journal
	logged  strings.Builder

	offset int64
	keys   map[string]*memory.Replay
}

const (
	acct       = "acct_1"
	maxPerKind = 5
)

// open opens a state file.
func open(t *testing.T, path string) *db {
	t.Helper()
	d := &db{t: t, path: path, store: memory.New(maxPerKind), keys: map[string]*memory.Replay{}}
	d.store.Register(
		[]func() memory.Object{func() memory.Object { return &thing{} }},
		[]string{"kept"},
		func(account string) []memory.Object {
			return []memory.Object{&thing{ID: "first_" + account, Kind: "kept", Value: "new"}}
		},
	)

	var err error
	if d.journal, _, err = memory.OpenJournal(path, d.store, d, zerolog.New(&d.logged)); err != nil {
		t.Fatal(err)
	}

	t.Cleanup(d.close)
	return d
}

func create(t *testing.T) *db {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "state"))
}

func (d *db) close() {
	d.t.Helper()
	if err := d.journal.Close(); err != nil {
		d.t.Error(err)
	}
}

func (d *db) ClockOffset() int64          { return d.offset }
func (d *db) SetClockOffset(offset int64) { d.offset = offset }
func (d *db) Remember(r *memory.Replay)   { d.keys[r.Key] = r }
func (d *db) Remembers(key, original string) bool {
	r := d.keys[key]
	return r != nil && r.Original == original
}

// lines commits a change to an account without writing it.
func (d *db) lines(account string, change func(tx *memory.Tx)) []memory.Line {
	d.store.Lock()
	defer d.store.Unlock()

	tx := d.store.Begin(d.store.Account(account), time.Time{})
	change(tx)
	return d.journal.Lines(account, tx.Commit())
}

func (d *db) put(objects ...*thing) { d.journal.Write(d.lines(acct, put(objects...))) }
func (d *db) remove(id string)      { d.journal.Write(d.lines(acct, remove(id))) }

func put(objects ...*thing) func(tx *memory.Tx) {
	return func(tx *memory.Tx) {
		for _, o := range objects {
			tx.Put(o)
		}
	}
}

func remove(id string) func(tx *memory.Tx) { return func(tx *memory.Tx) { tx.Remove(id) } }

// key commits an idempotency key together with a change.
func (d *db) key(name, original string, change ...memory.Line) {
	r := memory.Replay{Key: name, Original: original, Path: "/v1/x", Status: 200, Body: []byte(`{"key":"` + name + `"}`)}
	d.keys[name] = &r
	d.journal.Write(append(change, d.journal.KeyLine(r)...))
}

func (d *db) reset() {
	clear(d.keys)
	d.store.Lock()
	d.store.Reset()
	d.offset = 0
	lines := d.journal.ResetLine()
	d.store.Unlock()
	d.journal.Write(lines)
}

// state describes everything that is stored, in order.
func (d *db) state() string {
	d.store.RLock()
	defer d.store.RUnlock()

	var out strings.Builder
	fmt.Fprintln(&out, "clock", d.offset)
	for _, name := range slices.Sorted(maps.Keys(d.keys)) {
		fmt.Fprintf(&out, "key %+v\n", *d.keys[name])
	}

	for _, a := range d.store.Accounts() {
		for _, kind := range slices.Sorted(slices.Values(a.Kinds())) {
			parents := map[string]bool{}
			for obj := range a.OfKind(kind) {
				text, err := json.Marshal(obj)
				if err != nil {
					d.t.Fatal(err)
				}

				fmt.Fprintf(&out, "%s %s %s %v\n", a.ID, kind, text, obj.(*thing).secrets)
				for _, parent := range obj.Parents() {
					parents[parent] = true
				}
			}

			for _, parent := range slices.Sorted(maps.Keys(parents)) {
				fmt.Fprintln(&out, a.ID, kind, parent, a.Index(kind, parent).Newest(1000))
			}
		}
	}

	return out.String()
}

// living returns the IDs of an account's objects of a kind.
func (d *db) living(account, kind string) (ids []string) {
	for obj := range d.store.OfKind(account, kind) {
		ids = append(ids, obj.ObjectID())
	}
	return ids
}

// wantState opens a copy of the state file, as after a kill, and compares what
// it holds.
func wantState(t *testing.T, when, path, want string) *db {
	t.Helper()
	d := open(t, snapshot(t, path))
	if got := d.state(); got != want {
		t.Errorf("%s: %s", when, difference(got, want))
	}
	return d
}

// difference lists the lines that only one of two states has.
func difference(got, want string) string {
	only := func(a, b string) (out []string) {
		for line := range strings.Lines(a) {
			if !strings.Contains(b, line) {
				out = append(out, line)
			}
		}
		return out
	}
	return fmt.Sprintf("got\n%swant\n%s", only(got, want), only(want, got))
}

// snapshot copies a state file, and what lies beside it, into a folder of its
// own.
func snapshot(t *testing.T, path string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Dir(path))); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, filepath.Base(path))
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
