package memory_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"checkoutd/internal/sandbox/memory"
)

// TestARestartChangesNothing makes changes of every kind in random order and
// compares what a restart finds, with and without a compaction before it.
func TestARestartChangesNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			d := create(t)

			for i := range 300 {
				changeSomething(d, random, i)
				switch random.IntN(30) {
				case 0:
					if err := d.journal.Compact(); err != nil {
						t.Fatal(err)
					}

				case 1:
					d = wantState(t, fmt.Sprintf("after %d changes", i), d.path, d.state())
				}
			}

			wantState(t, "at the end", d.path, d.state())
		})
	}
}

// changeSomething makes the nth change. Like Stripe's, an ID is used once.
func changeSomething(d *db, random *rand.Rand, n int) {
	account := fmt.Sprint("acct_", random.IntN(2))
	kind := []string{"a", "b", "kept"}[random.IntN(3)]
	o := &thing{ID: fmt.Sprint(kind, n), Kind: kind, Value: map[string]any{"big": 12345678901234567, "text": "<é>\n"}}
	o.Parent = []string{"", "p1", "p2"}[random.IntN(3)]
	o.secrets.Note = fmt.Sprint(n)

	living := slices.DeleteFunc(d.living(account, kind), func(id string) bool { return strings.HasPrefix(id, "first") })
	if len(living) > 0 && random.IntN(2) == 0 {
		o.ID = living[random.IntN(len(living))]
	}

	switch random.IntN(13) {
	case 12:
		o.Kind = "deleted" // as if it was deleted at Stripe
		d.journal.Write(d.lines(account, put(o)))
	case 0:
		d.journal.Write(d.lines(account, remove(o.ID)))
	case 1:
		d.offset += int64(random.IntN(100))
		d.journal.WriteClock()
	case 2:
		d.key(fmt.Sprint("key", random.IntN(9)), fmt.Sprint("req_", n), d.lines(account, put(o))...)
	case 3:
		if random.IntN(10) == 0 {
			d.reset()
		}
	case 4:
		d.journal.Write(d.lines(account, func(tx *memory.Tx) {
			for i := range 7 { // more than are kept
				tx.Put(&thing{ID: fmt.Sprint("x", n, "-", i), Kind: kind, Parent: o.ID})
			}
			tx.Put(o)
			tx.Events = append(tx.Events, &thing{ID: fmt.Sprint("evt", n), Kind: "event", Value: n})
		}))
	default:
		d.journal.Write(d.lines(account, put(o)))
	}
}

// TestACutRecordIsDroppedAlone cuts the file at every byte of its last record,
// as a kill may.
func TestACutRecordIsDroppedAlone(t *testing.T) {
	t.Parallel()
	d := create(t)
	d.put(&thing{ID: "a1", Kind: "a"}, &thing{ID: "b1", Kind: "b"})
	before, whole := d.state(), d.journal.Size()
	d.key("k", "req_1", d.lines(acct, put(&thing{ID: "a2", Kind: "a"}, &thing{ID: "b2", Kind: "b"}))...)
	after, raw := d.state(), read(t, d.path)

	for cut := whole; cut <= int64(len(raw)); cut++ {
		path := filepath.Join(t.TempDir(), "state")
		write(t, path, raw[:cut])

		want := before
		if cut == int64(len(raw)) {
			want = after
		}

		again := open(t, path)
		if got := again.state(); got != want {
			t.Fatalf("cut after %d of %d bytes: got\n%swant\n%s", cut, len(raw), got, want)
		}

		again.put(&thing{ID: "a3", Kind: "a"})
		wantState(t, "what was written after the cut", path, again.state())
		if again.logged.Len() > 0 {
			t.Fatalf("a cut is nothing to tell, got %s", again.logged.String())
		}
	}
}

func TestACutHeaderIsANewFile(t *testing.T) {
	t.Parallel()
	d := create(t)
	raw := read(t, d.path)
	for cut := range len(raw) + 1 {
		path := filepath.Join(t.TempDir(), "state")
		write(t, path, raw[:cut])

		again := open(t, path)
		again.put(&thing{ID: "a1", Kind: "a"})
		wantState(t, fmt.Sprintf("cut after %d bytes", cut), path, again.state())
	}
}

func TestADamagedRecordCostsOnlyItself(t *testing.T) {
	t.Parallel()
	d := create(t)
	d.put(&thing{ID: "a1", Kind: "a"})
	without, from := d.state(), d.journal.Size()
	d.put(&thing{ID: "b1", Kind: "b", Value: "x"})
	to := d.journal.Size()
	d.put(&thing{ID: "a2", Kind: "a"})
	raw := read(t, d.path)
	want := strings.Replace(without, acct+" kept", acct+` a {"id":"a2","object":"a","value":null} {}`+"\n"+acct+" kept", 1)

	for at := from; at < to; at++ {
		path := filepath.Join(t.TempDir(), "state")
		damaged := bytes.Clone(raw)
		damaged[at] ^= 0x55
		write(t, path, damaged)

		again := open(t, path)
		if got := again.state(); got != want {
			t.Fatalf("byte %d: got\n%swant\n%s", at, got, want)
		}
		if !strings.Contains(again.logged.String(), fmt.Sprintf("%d bytes of the sandbox's state file were damaged", to-from)) {
			t.Fatalf("byte %d: the log says %q", at, again.logged.String())
		}

		if err := again.journal.Compact(); err != nil {
			t.Fatal(err)
		}
		wantState(t, "after a compaction", path, want)
	}
}

func TestAnotherFileIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"SQLite format 3\x00", "checkoutd sandbox log 2\nx", "x"} {
		path := filepath.Join(t.TempDir(), "state")
		write(t, path, []byte(content))

		_, _, err := memory.OpenJournal(path, memory.New(0), &db{}, zerolog.Nop())
		if err == nil || !strings.Contains(err.Error(), "it is no state file of this release") {
			t.Errorf("%q: got %v", content, err)
		}
		if got := string(read(t, path)); got != content {
			t.Errorf("%q became %q", content, got)
		}
	}
}

// TestAFullDiskLosesNothing lets writes fail for a while.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	d := create(t)
	d.put(&thing{ID: "a1", Kind: "a"})

	before := d.state()
	readOnly, err := os.Open(d.path)
	if err != nil {
		t.Fatal(err)
	}
	defer readOnly.Close() //nolint:errcheck // only read

	writable := d.journal.SwapFile(readOnly)
	d.put(&thing{ID: "a2", Kind: "a"})
	d.remove("a1")
	if got := strings.Count(d.logged.String(), "the state of the sandbox was not written"); got != 2 {
		t.Errorf("the log tells of %d failures, want 2: %s", got, d.logged.String())
	}

	if err := d.journal.Compact(); err == nil {
		t.Error("a compaction leaves out what newer changes replace that are not in the file")
	}
	wantState(t, "killed while the disk is full", d.path, before)

	d.journal.SwapFile(writable)
	d.put(&thing{ID: "a3", Kind: "a"})
	wantState(t, "when the disk has room again", d.path, d.state())
}

// TestManyCallersLoseNothing has callers write at once while the file is
// compacted over and over.
func TestManyCallersLoseNothing(t *testing.T) {
	t.Parallel()
	d := create(t)
	d.journal.CompactBeyond(1)

	var group sync.WaitGroup
	for caller := range 8 {
		group.Go(func() {
			for i := range 100 {
				d.put(&thing{ID: fmt.Sprint("a", caller), Kind: "kept", Value: i})
				if i%10 == 0 {
					d.journal.CompactBeyond(1)
				}
			}
		})
	}

	group.Wait()
	want := d.state()
	d.close()
	wantState(t, "after all", d.path, want)
}
