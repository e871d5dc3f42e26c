package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"checkoutd/internal/testhost"
)

const superuser = "checkoutd"

// server is the process of a cluster, with its data folder.
type server struct {
	bin      string // folder of initdb and postgres
	account  *account
	leash    *testhost.Leash
	port     int
	password string

	mu     sync.Mutex
	cmd    *exec.Cmd     // nil unless it runs
	exited chan struct{} // closed when cmd has ended

	preparing   sync.Once // of the database that NewCopy copies
	prepareFail error
}

// newServer creates a cluster and starts it.
func newServer(bin string) (*server, error) {
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}

	leash, err := testhost.NewLeash("pgtest-")
	if err != nil {
		return nil, err
	}

	s := &server{bin: bin, account: account, leash: leash, password: rand.Text()}
	if err := s.create(); err != nil {
		return nil, errors.Join(err, leash.Close())
	}

	return s, nil
}

// create creates the data folder and starts the server on a free port. It
// retries, since another process may take the port first.
func (s *server) create() error {
	if err := s.initdb(); err != nil {
		return err
	}

	var err error
	for range 3 {
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err = s.start(); err == nil {
			return nil
		}
	}

	return err
}

func (s *server) initdb() error {
	dir := s.leash.Dir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(s.password), 0o600); err != nil {
		return err
	}
	if err := errors.Join(s.account.own(dir), s.account.own(password)); err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(context.Background(), testhost.Patience)
	defer cancel()

	// --no-sync affects only the new, empty files; the server itself syncs.
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), "--no-sync",
		"--pgdata="+s.data(), "--username="+superuser, "--pwfile="+password,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C")
	s.prepare(cmd)

	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}

	return nil
}

// prepare makes cmd run as the user of the server, in an environment without
// the developer's PG* variables.
func (s *server) prepare(cmd *exec.Cmd) {
	cmd.Dir = s.leash.Dir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	// A process group of its own, which Ctrl-C at the terminal does not reach.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.account.credential()}
}

// start starts the server and waits until it accepts connections.
func (s *server) start() error {
	deadline := time.Now().Add(testhost.Patience)
	for {
		err := s.launch()
		if err != nil {
			return err
		}
		if err = s.ready(deadline); err == nil {
			return nil
		}

		_ = s.stop("KILL")

		// After a crash the old server's children may still hold its shared
		// memory for a moment; everything else is final.
		if !s.logHas("is still in use") || time.Now().After(deadline) {
			return fmt.Errorf("%w\n%s", err, s.log())
		}

		time.Sleep(20 * time.Millisecond)
	}
}

// launch starts the process and puts it on the leash.
func (s *server) launch() error {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.cmd != nil {
		return errors.New("the cluster is already running")
	}

	log, err := os.Create(s.logFile())
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has a copy of its own

	// mmap: the memory of a killed server is a file, removed with its folder.
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "dynamic_shared_memory_type=mmap", "-c", "max_connections=500", "-c", "shared_buffers=64MB")
	s.prepare(cmd)
	cmd.Stdout, cmd.Stderr = log, log

	if err := cmd.Start(); err != nil {
		return err
	}

	s.cmd, s.exited = cmd, make(chan struct{})
	go func(exited chan struct{}) {
		_ = cmd.Wait()
		close(exited)
	}(s.exited)

	return s.leash.Hold("QUIT", cmd.Process.Pid)
}

// ready polls until the server answers a query.
func (s *server) ready(deadline time.Time) error {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()

	for {
		conn, err := pgx.Connect(ctx, s.url("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}

		select {
		case <-s.exited:
			return errors.New("the server exited while it was starting")
		case <-ctx.Done():
			return fmt.Errorf("the server did not become ready: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// stop sends the server INT (fast shutdown), QUIT (immediate) or KILL, and
// waits until it has exited.
func (s *server) stop(sig string) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.cmd == nil {
		return errors.New("the cluster is not running")
	}

	signals := map[string]syscall.Signal{
		"INT":  syscall.SIGINT,
		"QUIT": syscall.SIGQUIT,
		"KILL": syscall.SIGKILL,
	}
	if err := s.cmd.Process.Signal(signals[sig]); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}

	select {
	case <-s.exited:
	case <-time.After(testhost.Patience):
		return fmt.Errorf("the server ignores SIG%s\n%s", sig, s.log())
	}

	s.cmd = nil
	return s.leash.Release()
}

// signalAll sends a signal to the server, then to its children. The server
// comes first: stopped, it starts no more of them.
func (s *server) signalAll(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	if s.cmd == nil {
		return errors.New("the cluster is not running")
	}

	parent := s.cmd.Process.Pid
	if err := syscall.Kill(parent, sig); err != nil {
		return err
	}

	children, err := childrenOf(parent)
	if err != nil {
		return err
	}

	for _, pid := range children {
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}

	return nil
}

// childrenOf returns the children of a process, which are not in its process
// group: PostgreSQL gives each backend a session of its own.
func childrenOf(parent int) (pids []int, err error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(files) == 0 {
		return nil, errors.New("the children of a process can be listed on Linux only")
	}

	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has just ended
		}

		// "pid (name) state parent …", where name may contain anything.
		stat := string(text)
		fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
		if len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}

		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return nil, err
		}

		pids = append(pids, pid)
	}

	return pids, nil
}

// close stops the server, if it runs, and removes its folder.
func (s *server) close() error {
	var err error
	if s.running() {
		err = s.stop("QUIT")
	}
	return errors.Join(err, s.leash.Close())
}

func (s *server) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd != nil
}

// freePort returns a loopback port below the range from which systems take the
// ports of outgoing connections. In that range, a client that connects to the
// port of a stopped server could be given that port, and connect to itself.
func freePort() (int, error) {
	const low, high = 15_000, 32_000
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(high-low))
		if err != nil {
			return 0, err
		}

		port := low + int(n.Int64())
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return port, l.Close()
		}
	}

	return 0, fmt.Errorf("no free port between %d and %d", low, high)
}
