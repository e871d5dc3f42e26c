package pgtest_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"checkoutd/internal/pgtest"
	"checkoutd/internal/testhost"
)

// victimEnv makes TestVictim act as the test binary that is killed.
const victimEnv = "PGTEST_VICTIM"

func TestShared(t *testing.T) {
	t.Parallel()

	t.Run("every call returns the same cluster", func(t *testing.T) {
		t.Parallel()
		one, two := pgtest.Shared(t).NewDatabase(t), pgtest.Shared(t).NewDatabase(t)
		if got, want := host(t, one), host(t, two); got != want {
			t.Errorf("got %s and %s", got, want)
		}
	})

	t.Run("fsync is on", func(t *testing.T) {
		t.Parallel()
		conn := connect(t, pgtest.Shared(t).NewDatabase(t))
		if got, want := query(t, conn, "SHOW fsync"), "on"; got != want {
			t.Errorf("fsync is %s, want %s", got, want)
		}
	})

	t.Run("a wrong password is refused", func(t *testing.T) {
		t.Parallel()
		config := parse(t, pgtest.Shared(t).NewDatabase(t))
		config.Password = "wrong"

		if conn, err := pgx.ConnectConfig(t.Context(), config); err == nil {
			_ = conn.Close(t.Context())
			t.Error("connected")
		}
	})
}

func TestNewDatabase(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Shared(t)

	t.Run("two databases are separate", func(t *testing.T) {
		t.Parallel()
		one, two := connect(t, cluster.NewDatabase(t)), connect(t, cluster.NewDatabase(t))
		query(t, one, "CREATE TABLE t (n int)")

		if got := query(t, two, "SELECT to_regclass('t') IS NULL"); got != "t" {
			t.Error("the table of one is visible in the other")
		}
	})

	t.Run("it is dropped at the end of the test despite an open connection", func(t *testing.T) {
		t.Parallel()
		var url string
		t.Run("test", func(t *testing.T) {
			url = cluster.NewDatabase(t)
			conn, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}

			t.Cleanup(func() { _ = conn.Close(context.Background()) })
		})

		other := connect(t, cluster.NewDatabase(t))
		got := query(t, other, "SELECT count(*) FROM pg_database WHERE datname = '"+parse(t, url).Database+"'")
		if got != "0" {
			t.Errorf("%s databases of that name, want 0", got)
		}
	})
}

func TestNewCopy(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)

	prepared := 0
	prepare := func(url string) error {
		prepared++
		conn := connect(t, url)
		query(t, conn, "CREATE TABLE t AS SELECT 42 AS n")
		return conn.Close(t.Context())
	}

	var copies []*pgx.Conn
	for range 2 {
		copies = append(copies, connect(t, cluster.NewCopy(t, prepare)))
	}
	query(t, copies[0], "UPDATE t SET n = 1")

	if got, want := query(t, copies[1], "SELECT n FROM t"), "42"; got != want || prepared != 1 {
		t.Errorf("the second copy holds %s after %d preparations, want %s after 1", got, prepared, want)
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	ends := map[string]func(*pgtest.Cluster, testing.TB){
		"committed rows survive Stop": (*pgtest.Cluster).Stop,
		"committed rows survive Kill": (*pgtest.Cluster).Kill,
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := pgtest.Start(t)
			url := cluster.NewDatabase(t)
			query(t, connect(t, url), "CREATE TABLE t AS SELECT 42 AS n")

			end(cluster, t)

			if conn, err := pgx.Connect(t.Context(), url); err == nil {
				_ = conn.Close(t.Context())
				t.Fatal("connected to a server that is down")
			}

			cluster.Start(t)
			if got, want := query(t, connect(t, url), "SELECT n FROM t"), "42"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestKilledTestBinary(t *testing.T) {
	t.Parallel()
	pgtest.Shared(t) // skips the test without binaries, as the others do
	victim := exec.Command(os.Args[0], "-test.run=^TestVictim$", "-test.v")
	victim.Env = append(os.Environ(), victimEnv+"=1")

	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}

	var url, dir string
	for lines := bufio.NewScanner(out); url == "" && lines.Scan(); {
		_, line, _ := strings.Cut(lines.Text(), "victim: ")
		_, _ = fmt.Sscan(line, &url, &dir)
	}

	if url == "" {
		t.Fatal("the victim did not start its cluster")
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}

	_ = victim.Wait()
	for deadline := time.Now().Add(testhost.Patience); ; time.Sleep(20 * time.Millisecond) {
		_, statErr := os.Stat(dir)
		if os.IsNotExist(statErr) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there", dir)
		}
	}

	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the cluster outlived the test binary")
	}
}

// TestVictim is the other half of TestKilledTestBinary, in a process of its
// own.
func TestVictim(t *testing.T) {
	if os.Getenv(victimEnv) == "" {
		return
	}
	url := pgtest.Shared(t).NewDatabase(t)
	fmt.Printf("victim: %s %s\n", url, query(t, connect(t, url), "SHOW data_directory"))
	time.Sleep(testhost.Patience) // to be killed
}

func parse(t *testing.T, url string) *pgx.ConnConfig {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func host(t *testing.T, url string) string {
	t.Helper()
	config := parse(t, url)
	return fmt.Sprintf("%s:%d", config.Host, config.Port)
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// query runs one statement and returns the first value of its answer, as text.
func query(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(results) == 0 || len(results[0].Rows) == 0 {
		return ""
	}
	return string(results[0].Rows[0][0])
}
