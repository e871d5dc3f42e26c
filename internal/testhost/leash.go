package testhost

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
)

// leashScript reads "<signal> <pid>" lines and remembers the last one. When
// its input ends, because Close closed it or because the test binary died, it
// signals that process, kills it when it is still there five seconds later,
// and removes the folder. Processes that are dying still write into the
// folder, hence the second try.
//
// Standard input is the one thing that ends with the test binary for certain:
// a defer does not run on os.Exit, a test time-out or SIGKILL, and Linux's
// parent-death signal follows the thread, not the process.
const leashScript = `
trap '' HUP INT QUIT TERM
alive() {
	kill -s 0 -- "$pid" 2>/dev/null || return 1
	# A container without an init leaves orphans as zombies.
	case $(cat "/proc/${pid#-}/stat" 2>/dev/null) in *") Z "*) return 1 ;; esac
}
signal= pid=
while read -r s p; do signal=$s pid=$p; done
if [ -n "$pid" ]; then
	kill -s "$signal" -- "$pid" 2>/dev/null
	n=0
	while [ $n -lt 100 ] && alive; do
		sleep 0.05
		n=$((n + 1))
	done
	kill -s KILL -- "$pid" 2>/dev/null
fi
n=0
while [ $n -lt 100 ] && [ -e "$1" ]; do
	rm -rf -- "$1" 2>/dev/null
	[ -e "$1" ] && sleep 0.05
	n=$((n + 1))
done
[ ! -e "$1" ]
`

// A Leash ties a temporary folder, and at most one process, to the life of
// the test binary: when the binary ends, in whatever way, the process is
// ended and the folder removed. It is safe for concurrent use.
type Leash struct {
	dir   string
	ended chan error // receives how the script ended

	mu    sync.Mutex
	input io.WriteCloser
}

// NewLeash makes a temporary folder whose name starts with prefix, private to
// the user who runs the tests, and the leash that holds it.
func NewLeash(prefix string) (*Leash, error) {
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, err
	}
	// macOS has its temporary folder behind a symbolic link.
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", leashScript, "leash", dir)
	// A group of its own, so that Ctrl-C at the terminal leaves it alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Dir = "/"
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	l := &Leash{dir: dir, ended: make(chan error, 1), input: input}
	// Waiting also keeps the pipe reachable: a leash that nobody refers to any
	// more must not let go when the garbage collector closes its pipe.
	go func() {
		l.ended <- cmd.Wait()
	}()
	return l, nil
}

// Dir is the folder.
func (l *Leash) Dir() string { return l.dir }

// Hold makes sig, such as "QUIT", the signal that ends pid; a negative pid is
// a process group. It replaces what was held before.
func (l *Leash) Hold(sig string, pid int) error {
	return l.tell(fmt.Sprintf("%s %d\n", sig, pid))
}

// Release forgets the process, which has ended.
func (l *Leash) Release() error { return l.tell("\n") }

func (l *Leash) tell(line string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := io.WriteString(l.input, line)
	return err
}

// Close ends the process, if one is held, removes the folder, and returns
// when both are done. It is called once.
func (l *Leash) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.input.Close(); err != nil {
		return err
	}
	if err := <-l.ended; err != nil {
		return fmt.Errorf("removing %s: %w", l.dir, err)
	}
	return nil
}
