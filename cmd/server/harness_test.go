package main

import (
	"bytes"
	"context"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/testhost"
)

// output collects the output of a command. It can be read while the command
// writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// program runs commands in their own environment.
type program struct {
	*testing.T
	dir      string
	settings map[string]string
}

func newProgram(t *testing.T) *program {
	dir := t.TempDir()
	return &program{
		T:   t,
		dir: dir,
		settings: map[string]string{
			"ADDR":               freeAddress(t),
			"SANDBOX_ADDR":       freeAddress(t),
			"SANDBOX_STATE_FILE": filepath.Join(dir, "sandbox.json"),
			"DATABASE_TIMEOUT":   "1m",
			"DATABASE_URL":       "sqlite:" + filepath.Join(dir, "test.db"),
			"LOG_FORMAT":         "json",
		},
	}
}

// freeAddress returns an address whose port was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// env returns the program's environment. It does not contain the .env of the
// person who runs the tests.
func (p *program) env() (e env, out, err *output) {
	out, err = &output{}, &output{}
	e = env{
		Out: out,
		Err: err,
		ReadFile: func(name string) ([]byte, error) {
			if name == ".env" {
				return nil, fs.ErrNotExist
			}
			return os.ReadFile(name)
		},
	}

	for name, value := range p.settings {
		e.Environ = append(e.Environ, name+"="+value)
	}

	return e, out, err
}

// run runs a command to its end.
func (p *program) run(args ...string) (stdout, stderr string, err error) {
	p.Helper()
	e, o, l := p.env()
	ctx, cancel := context.WithTimeout(p.Context(), testhost.Patience)
	defer cancel()
	err = run(ctx, args, e)
	return o.String(), l.String(), err
}

// ok runs a command that must succeed and returns its output.
func (p *program) ok(args ...string) string {
	p.Helper()
	out, log, err := p.run(args...)
	if err != nil {
		p.Fatalf("%v: %v\n%s", args, err, log)
	}
	return out
}

// fails runs a command that must fail with all the words in its error.
func (p *program) fails(args []string, words ...string) (stdout, stderr string) {
	p.Helper()
	out, log, err := p.run(args...)
	if err == nil {
		p.Errorf("%v succeeds: %s", args, out)
		return out, log
	}

	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			p.Errorf("%v: the error does not contain %q: %v", args, w, err)
		}
	}

	return out, log
}

// start starts a command that keeps running and waits until it has printed
// ready. stop stops the command and returns its error.
func (p *program) start(ready string, args ...string) (out, log *output, stop func() error) {
	p.Helper()
	e, out, log := p.env()
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.Context()))
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, args, e) }()
	stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(testhost.Patience):
			p.Errorf("%v does not stop", args)
			return nil
		}
	})

	p.Cleanup(func() { _ = stop() })

	isReady := func() bool { return strings.Contains(out.String()+log.String(), ready) }
	for deadline := time.Now().Add(testhost.Patience); !isReady(); time.Sleep(5 * time.Millisecond) {
		select {
		case err := <-ended:
			p.Fatalf("%v ended: %v\n%s", args, err, log)
		default:
		}

		if time.Now().After(deadline) {
			p.Fatalf("%v never printed %q:\n%s%s", args, ready, out, log)
		}
	}

	return out, log, stop
}

// wantFree checks that nothing listens on the address any more.
func (p *program) wantFree(addr string) {
	p.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		p.Errorf("%s is still taken: %v", addr, err)
		return
	}
	_ = l.Close()
}
