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

// leashScript reads lines "<signal> <pid>" and remembers the last one. When its
// input ends, because Close closed it or because the test binary died, it sends
// the signal to the process, which goes on if it was stopped, kills the process
// if it is still alive a minute later, and removes the folder. A dying process
// still writes into the folder, so the removal is retried.
//
// Standard input is the one thing that certainly ends with the test binary: a
// defer does not run on os.Exit, a test timeout or SIGKILL, and Linux sends the
// parent-death signal when the thread ends, not the process.
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
	# A test may have stopped the process and its children.
	for stat in /proc/[0-9]*/stat; do
		read -r child _ _ parent _ 2>/dev/null <"$stat" || continue
		[ "$parent" = "$pid" ] && kill -s CONT "$child" 2>/dev/null
	done
	kill -s CONT -- "$pid" 2>/dev/null
	n=0
	while [ $n -lt 1200 ] && alive; do
		sleep 0.05
		n=$((n + 1))
	done
	kill -s KILL -- "$pid" 2>/dev/null
fi
n=0
while [ $n -lt 1200 ] && [ -e "$1" ]; do
	rm -rf -- "$1" 2>/dev/null
	[ -e "$1" ] && sleep 0.05
	n=$((n + 1))
done
[ ! -e "$1" ]
`

// A Leash ties a temporary folder and at most one process to the life of the
// test binary: when the binary ends, in whatever way, the process is ended and
// the folder is removed. It is safe for concurrent use.
type Leash struct {
	dir   string
	ended chan error // receives the error with which the script ended

	mu    sync.Mutex
	input io.WriteCloser
}

// NewLeash creates a temporary folder and returns the leash that holds it. Its
// name starts with prefix, and only the user who runs the tests can read it.
func NewLeash(prefix string) (*Leash, error) {
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return nil, err
	}

	// On macOS the path of the temporary folder contains a symbolic link.
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}

	cmd := exec.Command("/bin/sh", "-c", leashScript, "leash", dir)

	// In a process group of its own it does not receive the terminal's Ctrl-C.
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

	// Waiting also keeps the pipe reachable: otherwise the garbage collector
	// would close the pipe of a leash that is no longer referenced.
	go func() {
		l.ended <- cmd.Wait()
	}()
	return l, nil
}

// Dir returns the path of the folder.
func (l *Leash) Dir() string { return l.dir }

// Hold ties the process pid to the leash, to be ended with the signal sig, such
// as "QUIT". A negative pid is a process group. It replaces the previous
// process.
func (l *Leash) Hold(sig string, pid int) error {
	return l.send(fmt.Sprintf("%s %d\n", sig, pid))
}

// Release forgets the process, which has ended.
func (l *Leash) Release() error { return l.send("\n") }

func (l *Leash) send(line string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := io.WriteString(l.input, line)
	return err
}

// Close ends the process, if there is one, removes the folder, and returns when
// both are done. It must be called at most once.
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
