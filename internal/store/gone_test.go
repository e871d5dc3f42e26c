package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/store"
	"checkoutd/internal/webhooks"
)

// openLogged opens a migrated store with a log.
func openLogged(tb testing.TB, path string) (*store.Store, *bytes.Buffer) {
	tb.Helper()
	var log bytes.Buffer
	s, err := store.Open(tb.Context(), "sqlite:"+path, store.Options{Log: zerolog.New(&log)})
	if err != nil {
		tb.Fatal(err)
	}

	tb.Cleanup(func() { _ = s.Close() }) // its files may be gone
	if err := errors.Join(s.Migrate(tb.Context()), s.Health(tb.Context())); err != nil {
		tb.Fatal(err)
	}

	return s, &log
}

// TestSQLiteFileGone takes the files away under an open store. SQLite goes on
// writing to them, and a restart would find nothing of that.
func TestSQLiteFileGone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		take func(path string) error
		want string
	}{
		"the file is deleted": {os.Remove, "test.db was deleted"},
		"the log is deleted":  {func(path string) error { return os.Remove(path + "-wal") }, "test.db-wal was deleted"},
		"the folder is moved": {func(path string) error {
			return os.Rename(filepath.Dir(path), filepath.Dir(path)+"-old")
		}, "test.db was deleted"},
		"the file is replaced by its copy": {func(path string) error {
			data, err := os.ReadFile(path)
			return errors.Join(err, os.Remove(path), os.WriteFile(path, data, 0o600))
		}, "test.db was replaced"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "data", "test.db")
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}

			s, log := openLogged(t, path)

			ctx := t.Context()
			if err := s.CreateOrder(ctx, anOrder("ord_1")); err != nil {
				t.Fatal(err)
			}

			if err := c.take(path); err != nil {
				t.Fatal(err)
			}

			_, err := s.Accept(ctx, webhooks.Event{ID: "evt_1", Source: webhooks.SourceWebhook})
			for call, err := range map[string]error{
				"an acknowledgement": err,
				"an order":           s.CreateOrder(ctx, anOrder("ord_2")),
				"a change":           touch(ctx, s, "ord_1"),
				"readiness":          s.Health(ctx),
			} {
				if fault.Of(err).Kind != fault.Unavailable || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: got %v, want a fault of kind Unavailable with %q", call, err, c.want)
				}
			}

			if n := strings.Count(log.String(), c.want); n != 1 {
				t.Errorf("the log says so %d times, want once:\n%s", n, log)
			}
		})
	}
}

// TestSQLiteFileComesBack moves the file away and back: nothing was lost.
func TestSQLiteFileComesBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	s, log := openLogged(t, path)

	if err := os.Rename(path, path+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := s.Health(t.Context()); err == nil {
		t.Error("it is healthy without its file")
	}

	if err := os.Rename(path+"-away", path); err != nil {
		t.Fatal(err)
	}

	eventually(t, "it is healthy again", func() bool { return s.Health(t.Context()) == nil })
	if !strings.Contains(log.String(), "can be written again") {
		t.Errorf("the log does not say that it works again:\n%s", log)
	}
}

func TestExclusive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, link := filepath.Join(dir, "test.db"), filepath.Join(dir, "link.db")
	first, err := store.Open(t.Context(), "sqlite:"+path, store.Options{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close() //nolint:errcheck // it is closed below

	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}

	for _, p := range []string{path, link} {
		_, err = store.Open(t.Context(), "sqlite:"+p, store.Options{Exclusive: true})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d on ", os.Getpid())) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("a second server on %s: got %v, want an error that names file and process", p, err)
		}
	}

	beside, err := store.Open(t.Context(), "sqlite:"+path, store.Options{MustExist: true})
	if err != nil {
		t.Fatalf("a command beside the server: %v", err)
	}
	if err := errors.Join(beside.Migrate(t.Context()), beside.Close(), first.Close()); err != nil {
		t.Fatal(err)
	}

	next, err := store.Open(t.Context(), "sqlite:"+path, store.Options{Exclusive: true})
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

// fullChild, in the environment, makes the test binary run out of space in a
// file at that path.
const fullChild = "CHECKOUTD_STORE_FULL_CHILD"

// TestSQLiteFullDisk lets the files of a store grow no further, as a full disk
// does. The limit is the process's, so a child runs the test.
func TestSQLiteFullDisk(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(fullChild); path != "" {
		fillDisk(t, path)
		return
	}

	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSQLiteFullDisk$")
	cmd.Env = append(os.Environ(), fullChild+"="+filepath.Join(t.TempDir(), "test.db"))

	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func fillDisk(t *testing.T, path string) {
	t.Helper()
	s, log := openLogged(t, path)
	ctx := t.Context()

	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}

	signal.Ignore(syscall.SIGXFSZ)

	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}

	full := syscall.Rlimit{Cur: uint64(info.Size()), Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		t.Fatal(err)
	}

	_, err = s.Accept(ctx, webhooks.Event{
		ID:      "evt_1",
		Source:  webhooks.SourceWebhook,
		Payload: bytes.Repeat([]byte("x"), 1<<20),
	})
	if fault.Of(err).Kind != fault.Unavailable {
		t.Errorf("an event that does not fit: got %v, want a fault of kind Unavailable", err)
	}
	if err := s.Health(ctx); fault.Of(err).Kind != fault.Unavailable {
		t.Errorf("readiness after the failed write: got %v, want a fault of kind Unavailable", err)
	}
	if _, err := s.Orders(ctx, orders.Filter{}); err != nil {
		t.Errorf("a reader: %v", err)
	}
	if !strings.Contains(log.String(), "the database cannot be written") {
		t.Errorf("the log does not say so:\n%s", log)
	}

	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}

	eventually(t, "it is healthy again", func() bool { return s.Health(ctx) == nil })
}
