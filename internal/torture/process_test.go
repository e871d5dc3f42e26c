package torture_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"checkoutd/internal/testhost"
)

// process is one server under test, which is killed and started again. It is
// safe for concurrent use.
type process struct {
	path  string
	env   []string
	leash *testhost.Leash

	mu     sync.Mutex
	cmd    *exec.Cmd // nil when it does not run
	exited chan struct{}
	log    *logbook // of the present life
	past   []*logbook
}

// newProcess prepares a server; start starts it. It ends with the test, and the
// test fails if a server had a data race or a panic.
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

// launch starts the server and does not wait for it.
func (p *process) launch() error {
	p.mu.Lock()
	defer p.mu.Unlock()

	if p.cmd != nil {
		return errors.New("the server runs already")
	}

	log := &logbook{up: make(chan struct{})}
	cmd := exec.Command(p.path, "serve")
	cmd.Dir, cmd.Stderr = p.leash.Dir(), log
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.leash.Dir(), "TZ=UTC"}, p.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C at the terminal leaves it to the leash

	if err := cmd.Start(); err != nil {
		return err
	}

	p.cmd, p.log, p.exited = cmd, log, make(chan struct{})
	p.past = append(p.past, log)
	go func(exited chan struct{}) {
		_ = cmd.Wait() // it is killed: there is no good end to wait for
		close(exited)
	}(p.exited)

	return p.leash.Hold("KILL", cmd.Process.Pid)
}

// start starts the server and returns when it serves.
func (p *process) start() error {
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
		return errors.New("the server ended by itself:\n" + log.String())
	case <-time.After(patience):
		return errors.New("the server did not come up:\n" + log.String())
	}
}

// kill is SIGKILL; it returns when nothing of the server is left.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()

	if p.cmd == nil {
		return
	}

	select {
	case <-p.exited:
		p.log.blame("the server ended by itself")
	default:
	}

	_ = p.cmd.Process.Kill() // a process that is gone already is what we want
	<-p.exited
	p.cmd = nil
	_ = p.leash.Release() // the leash is gone only when the test binary is
}

// addr is where the server listens, "" while it does not.
func (p *process) addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return ""
	}
	return p.log.address()
}

// report fails the test for what a server must never do, and shows the last
// life's log when the test failed.
func (p *process) report(t *testing.T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, log := range p.past {
		if text := log.blamed(); text != "" {
			t.Errorf("%s:\n%s", text, log)
		}
	}
	if t.Failed() && p.log != nil {
		t.Logf("the server's last words:\n%s", p.log)
	}
}

// logbook reads a server's log as it is written and keeps its end. It is safe
// for concurrent use.
type logbook struct {
	up chan struct{} // closed when the server says that it is up

	mu    sync.Mutex
	part  []byte // of a line
	lines []string
	bound string
	fault string
}

const keptLines = 200

func (l *logbook) Write(b []byte) (int, error) {
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

func (l *logbook) read(line string) {
	l.lines = append(l.lines, line)
	if len(l.lines) > keptLines {
		l.lines = l.lines[1:]
	}

	switch {
	case strings.Contains(line, "WARNING: DATA RACE"):
		l.fault = "the server has a data race"
	case strings.HasPrefix(line, "panic:"), strings.HasPrefix(line, "fatal error:"), strings.Contains(line, "webhooks: panic"):
		l.fault = "the server panicked"
	case l.bound == "" && strings.Contains(line, `"message":"checkoutd is up"`):
		var v struct{ Addr string }
		if json.Unmarshal([]byte(line), &v) == nil {
			l.bound = v.Addr
			close(l.up)
		}
	}
}

func (l *logbook) address() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bound
}

func (l *logbook) blame(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = text
}

func (l *logbook) blamed() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fault
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}
