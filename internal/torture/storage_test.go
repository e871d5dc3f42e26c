package torture_test

import (
	"database/sql"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"checkoutd/internal/pgtest"
	"checkoutd/internal/testhost"
)

// TestDatabaseHangs lets another session lock orders for ever, then stops the
// processes of PostgreSQL, both under load. Buyers of other orders pay while
// rows are locked. A server whose database hangs says so, and goes on with it.
func TestDatabaseHangs(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	h := openHarness(t, postgresAt(cluster.NewDatabase(t)), []string{"DATABASE_TIMEOUT=5s"}, newLeash(t))
	stop := h.crowd(4)
	h.somePaid(2)

	release := h.lockPaidOrders()
	h.somePaid(scaled(3, 30))
	h.allReady(http.StatusOK)
	release()

	for range scaled(1, 5) {
		cluster.Freeze(t)
		h.allReady(http.StatusServiceUnavailable)
		cluster.Thaw(t)
		h.allReady(http.StatusOK)
		h.somePaid(2)
	}

	if !long() {
		h.restart() // the leases of interrupted work last two minutes
	}

	stop()
	h.wantAgreement(scaled(patience, 4*time.Minute))
}

// lockPaidOrders locks the rows of all paid orders, for which events still
// arrive, until release is called.
func (h *harness) lockPaidOrders() (release func()) {
	h.t.Helper()
	db, err := sql.Open(h.db.driver, h.db.dsn)
	if err != nil {
		h.t.Fatal(err)
	}

	tx, err := db.BeginTx(h.t.Context(), nil)
	if err == nil {
		_, err = tx.ExecContext(h.t.Context(), `SELECT 1 FROM orders WHERE status = 'paid' FOR UPDATE`)
	}
	if err != nil {
		h.t.Fatal(errors.Join(err, db.Close()))
	}

	return func() {
		if err := errors.Join(tx.Rollback(), db.Close()); err != nil {
			h.t.Error(err)
		}
	}
}

// TestDiskFull lets the files of a server grow no further, under load. It says
// that it is not ready, and goes on when there is room again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	stop := h.crowd(4)

	for range scaled(1, 10) {
		h.somePaid(2)
		h.limitFiles("1")
		h.allReady(http.StatusServiceUnavailable)
		h.limitFiles("unlimited")
		h.allReady(http.StatusOK)
	}

	h.somePaid(2)
	if !long() {
		h.restart() // the leases of interrupted work last two minutes
	}

	stop()
	h.wantAgreement(scaled(patience, 4*time.Minute))
}

// limitFiles sets the size that the server's files may have.
func (h *harness) limitFiles(size string) {
	h.t.Helper()
	path, err := exec.LookPath("prlimit")
	if err != nil {
		testhost.Missing(h.t, "prlimit (util-linux) is needed to simulate a full disk")
	}

	cmd := exec.CommandContext(h.t.Context(), path, "--pid", strconv.Itoa(h.servers[0].pid()), "--fsize="+size+":")
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("prlimit: %v\n%s", err, out)
	}
}

// TestFileDeleted deletes the SQLite file of a server under load, and restores
// a copy of that moment. Everything that the server acknowledged must be in the
// copy: what it wrote into the deleted file was refused.
func TestFileDeleted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	stop := h.crowd(4)

	for range scaled(1, 10) {
		h.somePaid(2)
		h.deleteDatabase()
		h.refusesOrders(20)
		h.allReady(http.StatusServiceUnavailable)

		h.servers[0].kill()
		h.restoreDatabase()
		h.restart()
		h.allReady(http.StatusOK)
	}

	h.somePaid(2)
	stop()
	h.wantAgreement(scaled(patience, 4*time.Minute))
}

// refusesOrders asks for n orders, which the server must not acknowledge.
func (h *harness) refusesOrders(n int) {
	h.t.Helper()
	for range n {
		res, err := h.client.Post("http://"+h.servers[0].addr()+"/orders", "application/json",
			strings.NewReader(`{"items":[{"sku":"`+mug+`","quantity":1}]}`))
		if err != nil {
			h.t.Fatal(err)
		}

		_ = res.Body.Close() // only the status counts

		if res.StatusCode != http.StatusServiceUnavailable {
			h.t.Errorf("an order in a deleted file: %s, want 503", res.Status)
		}
	}
}

// databaseFiles returns the path of the SQLite file and that of its log.
func (h *harness) databaseFiles() []string {
	path := strings.TrimPrefix(h.db.url, "sqlite:")
	return []string{path, path + "-wal"}
}

// deleteDatabase copies the files of the database and deletes them while the
// server stands still.
func (h *harness) deleteDatabase() {
	h.t.Helper()
	pid := h.servers[0].pid()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		h.t.Fatal(err)
	}

	for _, path := range h.databaseFiles() {
		if err := errors.Join(copyFile(path, path+".kept"), os.Remove(path)); err != nil {
			h.t.Error(err)
		}
	}

	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		h.t.Fatal(err)
	}
}

// restoreDatabase puts the copy in place. SQLite makes the index of the log
// anew.
func (h *harness) restoreDatabase() {
	h.t.Helper()
	for _, path := range h.databaseFiles() {
		if err := os.Rename(path+".kept", path); err != nil {
			h.t.Fatal(err)
		}
	}

	err := os.Remove(h.databaseFiles()[0] + "-shm")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		h.t.Fatal(err)
	}
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read

	out, err := os.Create(to)
	if err != nil {
		return err
	}

	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
