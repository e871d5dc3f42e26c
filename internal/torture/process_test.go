package torture_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"checkoutd/internal/testhost"
)

// process is a server under test, which can be killed and started again. It is
// safe for concurrent use.
type process struct {
	path  string
	env   []string
	leash *testhost.Leash
	files int // how many file descriptors it may have, 0 for the system's own

	mu     sync.Mutex
	cmd    *exec.Cmd // nil when it is not running
	exited chan struct{}
	log    *serverLog // of the current run
	past   []*serverLog
}

// newProcess prepares a server; start starts it. The server ends with the test,
// which fails if there was a data race or a panic.
func newProcess(t *testing.T, leash *testhost.Leash, env []string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}

	p := &process{path: path, env: env, leash: leash}
	t.Cleanup(func() {
		p.kill()
		p.report(t)
	})

	return p
}

// launch starts the server without waiting until it serves.
func (p *process) launch() error {
	p.mu.Lock()
	defer p.mu.Unlock()

	if p.cmd != nil {
		return errors.New("the server is already running")
	}

	log := &serverLog{up: make(chan struct{})}
	cmd := exec.Command(p.path, "serve")
	if p.files > 0 {
		cmd = exec.Command("/bin/sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" serve`, p.files), p.path)
	}

	cmd.Dir, cmd.Stderr = p.leash.Dir(), log
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.leash.Dir(), "TZ=UTC"}, p.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // not the terminal's Ctrl-C, but the leash ends it

	if err := cmd.Start(); err != nil {
		return err
	}

	p.cmd, p.log, p.exited = cmd, log, make(chan struct{})
	p.past = append(p.past, log)
	go func(exited chan struct{}) {
		_ = cmd.Wait() // it is killed, so there is always an error
		close(exited)
	}(p.exited)

	return p.leash.Hold("KILL", cmd.Process.Pid)
}

// start starts the server and returns when it serves. As a supervisor does, it
// starts a server again that could not reach its database.
func (p *process) start() error {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()

	for {
		if err := p.launch(); err != nil {
			return err
		}

		p.mu.Lock()
		log, exited := p.log, p.exited
		p.mu.Unlock()

		select {
		case <-log.up:
			return nil
		case <-exited:
			if !log.lacksDatabase() {
				return errors.New("the server ended by itself:\n" + log.String())
			}
			p.kill()
		case <-timeout.C:
			return errors.New("the server did not come up:\n" + log.String())
		}
	}
}

// kill sends SIGKILL and returns when the process is gone.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()

	if p.cmd == nil {
		return
	}

	select {
	case <-p.exited:
		if !p.log.lacksDatabase() {
			p.log.fail("the server ended by itself")
		}
	default:
	}

	_ = p.cmd.Process.Kill() // fails only if the process is gone already
	<-p.exited
	p.cmd = nil
	_ = p.leash.Release() // fails only when the test binary ends
}

// signal sends a signal to the running process.
func (p *process) signal(t *testing.T, sig os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.cmd.Process.Signal(sig); err != nil {
		t.Errorf("signal the server: %v", err)
	}
}

// reachable reports whether the server accepts connections.
func (p *process) reachable() bool {
	conn, err := net.Dial("tcp", p.addr())
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// exitCode waits until the process has ended and returns its exit code, -1 if a
// signal ended it.
func (p *process) exitCode(t *testing.T) int {
	p.mu.Lock()
	defer p.mu.Unlock()

	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Error("the server did not end")
		return 0
	}

	code := p.cmd.ProcessState.ExitCode()
	p.cmd = nil
	_ = p.leash.Release() // fails only when the test binary ends

	return code
}

// pid returns the ID of the running process.
func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}

// addr returns the address on which the server listens, "" while it does not.
func (p *process) addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return ""
	}
	return p.log.address()
}

// report fails the test if a server did what it must never do, and logs the end
// of the last log if the test failed.
func (p *process) report(t *testing.T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, log := range p.past {
		if text := log.failure(); text != "" {
			t.Errorf("%s:\n%s", text, log)
		}
	}
	if t.Failed() && p.log != nil {
		t.Logf("the end of the server's log:\n%s", p.log)
	}
}

// serverLog reads a server's log while it is written and keeps its last lines.
// It is safe for concurrent use.
type serverLog struct {
	up chan struct{} // closed when the server logs that it is up

	mu    sync.Mutex
	part  []byte // the beginning of a line
	lines []string
	bound string
	fault string
	keys  int // how many API keys it has taken over
}

const keptLines = 200

func (l *serverLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.part = append(l.part, b...)
	for {
		line, rest, whole := bytes.Cut(l.part, []byte("\n"))
		if !whole {
			return len(b), nil
		}

		l.read(string(line))
		l.part = rest
	}
}

func (l *serverLog) read(line string) {
	l.lines = append(l.lines, line)
	if len(l.lines) > keptLines {
		l.lines = l.lines[1:]
	}

	switch {
	case strings.Contains(line, "WARNING: DATA RACE"):
		l.fault = "the server has a data race"
	case strings.HasPrefix(line, "panic:"), strings.HasPrefix(line, "fatal error:"),
		strings.Contains(line, "webhooks: panic"):
		l.fault = "the server panicked"
	case strings.Contains(line, "count from now on") && strings.Contains(line, "STRIPE_SECRET_KEY"):
		l.keys++
	case l.bound == "" && strings.Contains(line, `"message":"checkoutd is up"`):
		var v struct{ Addr string }
		if json.Unmarshal([]byte(line), &v) == nil {
			l.bound = v.Addr
			close(l.up)
		}
	}
}

func (l *serverLog) address() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bound
}

// lacksDatabase reports whether the server ended before it served, because the
// database did not answer.
func (l *serverLog) lacksDatabase() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bound == "" && len(l.lines) > 0 && strings.Contains(l.lines[len(l.lines)-1], "storage_unavailable")
}

func (l *serverLog) keysTaken() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keys
}

func (l *serverLog) fail(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = text
}

func (l *serverLog) failure() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fault
}

func (l *serverLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}
