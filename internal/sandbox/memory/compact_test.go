package memory_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"checkoutd/internal/sandbox/memory"
)

// steps are those of a compaction between which a process may be killed.
var steps = []string{
	"begin", "copy what is alive", "wait for changes in flight", "copy the rest", "sync", "copy the rest again",
	"replace the file", "rename", "end",
}

// full returns a store with every kind of change, most of them dead.
func full(t *testing.T) *db {
	t.Helper()
	d := create(t)
	d.put(&thing{ID: "gone", Kind: "a"})
	d.reset()
	for i := range 500 {
		d.put(&thing{ID: fmt.Sprint("a", i), Kind: "a", Parent: "p"})
		d.key(fmt.Sprint("key", i%3), fmt.Sprint("req_", i))
		d.offset++
		d.journal.WriteClock()
	}

	d.put(&thing{ID: "b1", Kind: "b"}, &thing{ID: "b2", Kind: "b"})
	d.remove("b1")
	return d
}

// TestAKillWhileCompactingLosesNothing opens a copy of the files at each step,
// and writes at each step.
func TestAKillWhileCompactingLosesNothing(t *testing.T) {
	t.Parallel()
	d := full(t)
	size := d.journal.Size()

	var seen []string
	d.journal.OnStep(func(step string) error {
		seen = append(seen, step)
		if step != "rename" { // where callers wait, a moment
			d.put(&thing{ID: "b2", Kind: "b", Value: step}, &thing{ID: "b-" + step, Kind: "b"})
			d.remove("b-" + seen[max(0, len(seen)-2)])
		}

		again := wantState(t, "killed at "+step, d.path, d.state())
		if _, err := os.Stat(again.path + ".new"); err == nil {
			t.Errorf("killed at %s: the unfinished file stays", step)
		}
		return nil
	})

	if err := d.journal.Compact(); err != nil {
		t.Fatal(err)
	}

	d.journal.OnStep(nil)
	if got, want := fmt.Sprint(seen), fmt.Sprint(steps); got != want {
		t.Errorf("the steps are %s, want %s", got, want)
	}
	if d.journal.Size() > size/20 {
		t.Errorf("the file has %d bytes after the compaction, before it %d", d.journal.Size(), size)
	}

	d.put(&thing{ID: "a-after", Kind: "a"})
	wantState(t, "after the compaction", d.path, d.state())
}

func TestAFailedCompactionLosesNothing(t *testing.T) {
	t.Parallel()
	for _, at := range steps[:len(steps)-1] {
		d := full(t)
		d.journal.OnStep(func(step string) error {
			if step == at {
				return os.ErrInvalid
			}
			return nil
		})

		if err := d.journal.Compact(); err == nil {
			t.Errorf("%s: no error", at)
		}

		d.put(&thing{ID: "a-after", Kind: "a"})
		if _, err := os.Stat(d.path + ".new"); err == nil {
			t.Errorf("%s: the unfinished file stays", at)
		}
		wantState(t, "failed at "+at, d.path, d.state())
	}
}

// TestNobodyWaitsForACompaction stops a compaction that a write has begun at
// every step and writes meanwhile.
func TestNobodyWaitsForACompaction(t *testing.T) {
	t.Parallel()
	d := full(t)

	reached, goOn := make(chan string), make(chan bool)
	d.journal.OnStep(func(step string) error {
		if step != "rename" {
			reached <- step
			<-goOn
		}
		return nil
	})

	d.journal.CompactBeyond(1)
	d.put(&thing{ID: "b-first", Kind: "b"})

	for step := ""; step != "end"; goOn <- true {
		step = <-reached
		d.put(&thing{ID: "b2", Kind: "b", Value: step})
		d.key("key "+step, "req_1", d.lines(acct, remove("b-first"))...)
		d.journal.WriteClock()
		wantState(t, "written while the compaction is at "+step, d.path, d.state())
	}
}

// TestAChangeInFlightKeepsTheOneBefore compacts while a change is committed but
// not written. A kill before it is written must leave the former value.
func TestAChangeInFlightKeepsTheOneBefore(t *testing.T) {
	t.Parallel()
	d := create(t)
	d.put(&thing{ID: "a1", Kind: "a", Value: "old"}, &thing{ID: "a2", Kind: "a"})
	before := d.state()
	inFlight := d.lines(acct, func(tx *memory.Tx) {
		tx.Put(&thing{ID: "a1", Kind: "a", Value: "new"})
		tx.Remove("a2")
	})

	waits, replaces := make(chan bool), make(chan bool)
	d.journal.OnStep(func(step string) error {
		switch step {
		case "wait for changes in flight":
			close(waits)
		case "copy the rest":
			close(replaces)
		}
		return nil
	})

	done := make(chan error)
	go func() { done <- d.journal.Compact() }()

	<-waits
	wantState(t, "killed before the change is written", d.path, before)
	select {
	case <-replaces:
		t.Error("the compaction does not wait for the change")
	default:
	}

	d.journal.Write(inFlight)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantState(t, "after it", d.path, d.state())
}

// TestADeletionOutlivesAnOlderChangeInFlight writes the deletion of an object
// first, compacts, and then writes an older change of the object.
func TestADeletionOutlivesAnOlderChangeInFlight(t *testing.T) {
	t.Parallel()
	d := create(t)
	older := d.lines(acct, put(&thing{ID: "a1", Kind: "a"}))
	d.remove("a1")

	waits := make(chan bool)
	d.journal.OnStep(func(step string) error {
		if step == "wait for changes in flight" {
			close(waits)
		}
		return nil
	})

	done := make(chan error)
	go func() { done <- d.journal.Compact() }()
	<-waits
	d.journal.Write(older)
	if err := <-done; err != nil {
		t.Fatal(err)
	}

	wantState(t, "after it", d.path, d.state())
}

func TestClosingEndsACompactionThatWaits(t *testing.T) {
	t.Parallel()
	d := full(t)
	d.lines(acct, put(&thing{ID: "a1", Kind: "a"})) // never written

	waits := make(chan bool)
	d.journal.OnStep(func(step string) error {
		if step == "wait for changes in flight" {
			close(waits)
		}
		return nil
	})

	done := make(chan error)
	go func() { done <- d.journal.Compact() }()
	<-waits
	d.close()
	if err := <-done; err == nil {
		t.Error("the compaction did not end early")
	}
}

func TestACompactionReplacesTheFileBehindALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	write(t, target, nil)
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}

	d := open(t, link)
	d.put(&thing{ID: "a1", Kind: "a"})
	if err := d.journal.Compact(); err != nil {
		t.Fatal(err)
	}

	if got, err := os.Readlink(link); err != nil || got != target {
		t.Errorf("the link leads to %q (%v), want %s", got, err, target)
	}
	wantState(t, "through the link", target, d.state())
}
