package filelock_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/filelock"
)

// childPath, in the environment, makes the test binary hold the lock at that
// path until its standard input ends or it is killed.
const childPath = "CHECKOUTD_FILELOCK_CHILD"

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func TestAcquireRefusesASecondHolderAndNamesTheFirst(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, err := filelock.Acquire(path, noon)
	if err != nil {
		t.Fatal(err)
	}

	_, err = filelock.Acquire(path, noon.Add(time.Hour))
	host, _ := os.Hostname()
	want := fmt.Sprintf("it is in use by process %d on %s, since 2026-01-31T12:00:00Z", os.Getpid(), host)
	var held *filelock.HeldError
	if !errors.As(err, &held) || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}

	if err := first.Release(); err != nil {
		t.Fatal(err)
	}

	second, err := filelock.Acquire(path, noon)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	if err := second.Release(); err != nil {
		t.Error(err)
	}
}

// A process that is killed leaves its lock file behind, and no lock.
func TestTheLockEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(childPath); path != "" {
		holdForParent(t, path)
		return
	}

	path := filepath.Join(t.TempDir(), "lock")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheLockEndsWithItsProcess$")
	cmd.Env = append(os.Environ(), childPath+"="+path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer stdin.Close() //nolint:errcheck // the child is gone by then

	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("the child printed %q: %v", line, err)
	}

	_, err = filelock.Acquire(path, noon)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d on", cmd.Process.Pid)) {
		t.Errorf("while the child lives: got %v, want an error with its pid %d", err, cmd.Process.Pid)
	}

	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed

	lock, err := filelock.Acquire(path, noon)
	if err != nil {
		t.Fatalf("after the child was killed: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
}

func holdForParent(t *testing.T, path string) {
	t.Helper()
	lock, err := filelock.Acquire(path, time.Now())
	if err != nil {
		t.Fatal(err)
	}

	fmt.Println("locked")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
}
