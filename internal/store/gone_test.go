package store_test

import (
	"bytes"
	"context"
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
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
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
// writing to them, and a restart would find nothing of that. What was refused
// must not be read either: an attempt that is not in the ledger would be sent.
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
			_, single := s.Order(ctx, "ord_1")
			_, view := s.Read(ctx, "ord_1")
			for call, err := range map[string]error{
				"an acknowledgement": err,
				"a reader":           single,
				"a reading change":   view,
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

// openBeside opens and migrates a database as a command does.
func openBeside(t *testing.T, path string) error {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(t.Context()), s.Close())
}

func TestClaimRefusesASecondServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, link := filepath.Join(dir, "test.db"), filepath.Join(dir, "link.db")
	release, err := store.Claim(t.Context(), "sqlite:"+path, 0, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}

	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}

	for _, p := range []string{path, link} {
		_, err = store.Claim(t.Context(), "sqlite:"+p, 0, zerolog.Nop())
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d on ", os.Getpid())) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("a second server on %s: got %v, want an error that names file and process", p, err)
		}
	}

	if err := openBeside(t, path); err != nil {
		t.Errorf("a command beside the server: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}

	release, err = store.Claim(t.Context(), "sqlite:"+path, 0, zerolog.Nop())
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

// TestClaimWaits starts a server while its predecessor runs, as a rolling
// update does. The second one that waits gives up with the holder's name.
func TestClaimWaits(t *testing.T) {
	t.Parallel()
	databaseURL := "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	leave, err := store.Claim(t.Context(), databaseURL, 0, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}

	type outcome struct {
		release func() error
		err     error
	}
	wait := func(ctx context.Context) (*testkit.LogBook, chan outcome) {
		log, done := &testkit.LogBook{}, make(chan outcome, 1)
		go func() {
			release, err := store.Claim(ctx, databaseURL, testhost.Patience, zerolog.New(log))
			done <- outcome{release, err}
		}()

		eventually(t, "it says that it waits", func() bool { return strings.Contains(log.String(), "waiting until it stops") })
		return log, done
	}

	stopped, stop := context.WithCancel(t.Context())
	log, gaveUp := wait(stopped)
	if want := fmt.Sprintf(`"pid":%d`, os.Getpid()); !strings.Contains(log.String(), want) {
		t.Errorf("the log does not name the holder by %s: %s", want, log)
	}
	stop()
	if o := <-gaveUp; o.err == nil || !strings.Contains(o.err.Error(), "in use by another server: process ") {
		t.Errorf("a server that gives up: got %v, want an error that names the holder", o.err)
	}

	_, next := wait(t.Context())
	select {
	case o := <-next:
		t.Fatalf("it did not wait: %v", o.err)
	default:
	}

	if err := leave(); err != nil {
		t.Fatal(err)
	}
	o := <-next
	if o.err != nil {
		t.Fatalf("when the first has left: %v", o.err)
	}
	if err := o.release(); err != nil {
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
