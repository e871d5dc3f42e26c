// Package pgtest runs a real PostgreSQL for tests: a cluster in a temporary
// folder, created with the server binaries of the machine.
//
// The cluster listens on a loopback port and accepts only its own random
// password. fsync stays on, so that a test measures and loses what production
// would. The cluster ends with the test binary, however that ends. When the
// tests run as root, the server runs as the user postgres or nobody, because it
// refuses to run as root.
//
// On a machine without server binaries the test is skipped, or fails where no
// test may be skipped: see testhost.Missing.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"checkoutd/internal/testhost"
)

// Cluster is a PostgreSQL cluster. Its methods may be called from several
// goroutines, except that Start, Stop and Kill are called one at a time.
type Cluster struct {
	srv *server
}

// Start creates a cluster for this test alone, which the test may stop and
// start again. It ends with the test.
func Start(tb testing.TB) *Cluster {
	tb.Helper()
	srv, err := newServer(needBinaries(tb))
	if err != nil {
		tb.Fatal("pgtest: ", err)
	}

	tb.Cleanup(func() {
		if err := srv.close(); err != nil {
			tb.Error("pgtest: ", err)
		}
	})

	return &Cluster{srv}
}

// shared is the cluster of Shared. It has to be a package variable, since the
// tests of a binary share nothing else.
var shared = sync.OnceValues(func() (*server, error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	return newServer(bin)
})

// Shared returns the one cluster of the test binary, which the first call
// starts. Tests have their own databases in it and never stop it.
func Shared(tb testing.TB) *Cluster {
	tb.Helper()
	needBinaries(tb)
	srv, err := shared()
	if err != nil {
		tb.Fatal("pgtest: ", err)
	}
	return &Cluster{srv}
}

func needBinaries(tb testing.TB) string {
	tb.Helper()
	bin, err := findBinaries()
	if err != nil {
		testhost.Missing(tb, err.Error())
	}
	return bin
}

// NewDatabase creates an empty database and returns its address,
// postgres://user:password@127.0.0.1:port/name. The database is dropped at the
// end of the test, and connections that are still open are closed.
func (c *Cluster) NewDatabase(tb testing.TB) string {
	tb.Helper()
	// template0 has no connections, so that several tests can copy it at once.
	return c.copyOf(tb, "template0")
}

// NewCopy creates a copy of the database that prepare makes out of an empty
// one, and is like NewDatabase otherwise. prepare is called for the first copy
// in a cluster only, and leaves no connection open: all copies are alike.
func (c *Cluster) NewCopy(tb testing.TB, prepare func(url string) error) string {
	tb.Helper()
	const name = "prepared"
	c.srv.preparing.Do(func() {
		err := c.exec("CREATE DATABASE " + name + " TEMPLATE template0")
		if err == nil {
			err = prepare(c.srv.url(name))
		}
		if err == nil {
			err = c.exec("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false")
		}
		c.srv.prepareFail = err
	})

	if err := c.srv.prepareFail; err != nil {
		tb.Fatal("pgtest: ", err)
	}
	return c.copyOf(tb, name)
}

func (c *Cluster) copyOf(tb testing.TB, template string) string {
	tb.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	if err := c.exec("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		tb.Fatal("pgtest: ", err)
	}

	tb.Cleanup(func() {
		if !c.srv.running() {
			return // the whole folder is removed
		}
		if err := c.exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			tb.Error("pgtest: ", err)
		}
	})

	return c.srv.url(name)
}

// Start starts the cluster again, on the same port and with the same data,
// after Stop or Kill, and returns when it accepts connections.
func (c *Cluster) Start(tb testing.TB) {
	tb.Helper()
	if err := c.srv.start(); err != nil {
		tb.Fatal("pgtest: ", err)
	}
}

// Stop shuts the cluster down in an orderly way: it closes open connections,
// rolls their transactions back and writes everything out (a "fast" shutdown).
func (c *Cluster) Stop(tb testing.TB) {
	tb.Helper()
	if err := c.srv.stop("INT"); err != nil {
		tb.Fatal("pgtest: ", err)
	}
}

// Kill ends the cluster as a crash would: the next Start recovers what was
// committed from the write-ahead log.
func (c *Cluster) Kill(tb testing.TB) {
	tb.Helper()
	if err := c.srv.stop("KILL"); err != nil {
		tb.Fatal("pgtest: ", err)
	}
}

// Freeze stops the processes of the cluster (SIGSTOP), as a host that hangs
// would: connections stay open, new ones are accepted by the kernel, and
// nothing answers. Thaw, or the end of the test, lets them go on.
func (c *Cluster) Freeze(tb testing.TB) {
	tb.Helper()
	if err := c.srv.signalAll(syscall.SIGSTOP); err != nil {
		tb.Fatal("pgtest: ", err)
	}
	tb.Cleanup(func() { c.Thaw(tb) })
}

// Thaw ends Freeze.
func (c *Cluster) Thaw(tb testing.TB) {
	tb.Helper()
	if err := c.srv.signalAll(syscall.SIGCONT); err != nil {
		tb.Fatal("pgtest: ", err)
	}
}

// exec runs one statement outside the databases of the tests.
func (c *Cluster) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), testhost.Patience)
	defer cancel()

	conn, err := pgx.Connect(ctx, c.srv.url("postgres"))
	if err != nil {
		return err
	}

	_, err = conn.Exec(ctx, sql)
	if closeErr := conn.Close(ctx); err == nil {
		err = closeErr
	}

	return err
}

func (s *server) url(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, s.password),
		Host:     fmt.Sprintf("127.0.0.1:%d", s.port),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}
