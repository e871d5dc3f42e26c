package testhost_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"checkoutd/internal/testhost"
)

// victimEnv makes TestLeashVictim act as the test binary that is killed.
const victimEnv = "TESTHOST_LEASH_VICTIM"

func TestLeash(t *testing.T) {
	t.Parallel()

	t.Run("Close ends the process and removes the folder", func(t *testing.T) {
		t.Parallel()
		leash := newLeash(t)
		sleeper := startSleeper(t)
		if err := leash.Hold("TERM", sleeper.Process.Pid); err != nil {
			t.Fatal(err)
		}

		ended := make(chan error, 1)
		go func() { ended <- sleeper.Wait() }()

		if err := leash.Close(); err != nil {
			t.Fatal(err)
		}
		if got, want := signalOf(t, <-ended), syscall.SIGTERM; got != want {
			t.Errorf("the process ended by %v, want %v", got, want)
		}
		if exists(leash.Dir()) {
			t.Errorf("%s is still there", leash.Dir())
		}
	})

	t.Run("a released process is left alone", func(t *testing.T) {
		t.Parallel()
		leash := newLeash(t)
		sleeper := startSleeper(t)
		pid := sleeper.Process.Pid
		if err := errors.Join(leash.Hold("TERM", pid), leash.Release(), leash.Close()); err != nil {
			t.Fatal(err)
		}
		if !alive(pid) {
			t.Error("the process was ended")
		}

		_ = sleeper.Process.Kill()
		_ = sleeper.Wait()
	})

	t.Run("an unreferenced leash keeps its process", func(t *testing.T) {
		t.Parallel()
		sleeper := startSleeper(t)
		if err := newLeash(t).Hold("TERM", sleeper.Process.Pid); err != nil {
			t.Fatal(err)
		}

		ended := make(chan error, 1)
		go func() { ended <- sleeper.Wait() }()

		for range 5 {
			runtime.GC()
		}

		select {
		case err := <-ended:
			t.Errorf("the process ended with %v", err)
		case <-time.After(200 * time.Millisecond):
		}

		_ = sleeper.Process.Kill()
	})

	t.Run("killing the test binary ends the process and removes the folder", func(t *testing.T) {
		t.Parallel()
		victim := exec.Command(os.Args[0], "-test.run=^TestLeashVictim$", "-test.v")
		victim.Env = append(os.Environ(), victimEnv+"=1")

		out, err := victim.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}

		var dir string

		var pid int
		for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
			_, line, _ := strings.Cut(lines.Text(), "victim: ")
			_, _ = fmt.Sscan(line, &pid, &dir)
		}

		if pid == 0 || !alive(pid) || !exists(dir) {
			t.Fatalf("the victim did not start its process: pid %d, dir %q", pid, dir)
		}
		if err := victim.Process.Kill(); err != nil {
			t.Fatal(err)
		}

		_ = victim.Wait()
		eventually(t, "the process ends", func() bool { return !alive(pid) })
		eventually(t, "the folder is removed", func() bool { return !exists(dir) })
	})
}

// TestLeashVictim is the other half of the test above, in a process of its own.
func TestLeashVictim(t *testing.T) {
	if os.Getenv(victimEnv) == "" {
		return
	}
	leash := newLeash(t)
	sleeper := startSleeper(t)
	if err := leash.Hold("TERM", sleeper.Process.Pid); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("victim: %d %s\n", sleeper.Process.Pid, leash.Dir())
	_ = sleeper.Wait()
}

func newLeash(t *testing.T) *testhost.Leash {
	t.Helper()
	leash, err := testhost.NewLeash("leash-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(leash.Dir(), "file"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return leash
}

func startSleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func signalOf(t *testing.T, err error) syscall.Signal {
	t.Helper()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("the process ended with %v, want a signal", err)
	}
	return exit.Sys().(syscall.WaitStatus).Signal()
}

// alive reports whether a process exists and is no zombie: in a container
// without an init, nothing reaps an orphan.
func alive(pid int) bool {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // Linux only
	return syscall.Kill(pid, 0) == nil && !strings.Contains(string(stat), ") Z ")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testhost.Patience); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
