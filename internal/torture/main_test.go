package torture_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"checkoutd/internal/testhost"
)

// atOnce is how many tests run in parallel. Most of the time they wait for
// child processes, retries and leases.
const atOnce = "10"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// patience bounds every wait for something that must happen.
const patience = testhost.Patience

// long reports whether this is `make torture`.
func long() bool { return os.Getenv("CHECKOUTD_TORTURE") == "1" }

// watched reports whether the race detector watches the servers, which triples
// the time that they need. It does in a run of `make torture`; the tests of
// every room run with it anyway.
func watched() bool { return os.Getenv("CHECKOUTD_WATCHED") == "1" }

// scaled returns short for `go test` and torture for `make torture`.
func scaled[T any](short, torture T) T {
	if long() {
		return torture
	}
	return short
}

// killsAtRandom returns how often the server is killed at random moments on
// each engine: CHECKOUTD_KILLS, or a dozen.
func killsAtRandom(t *testing.T) int {
	t.Helper()
	return numberFrom(t, "CHECKOUTD_KILLS", 12)
}

// numberFrom returns the number in an environment variable, n if that is empty.
func numberFrom(t *testing.T, name string, n int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return n
	}

	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, want a number", name, text)
	}

	return n
}

// binary builds the server once and returns its path. It has to be a package
// variable: the tests share nothing else. The folder is removed when the test
// binary ends.
var binary = sync.OnceValues(func() (string, error) {
	if err := readSources(); err != nil {
		return "", err
	}

	leash, err := testhost.NewLeash("torture-bin-")
	if err != nil {
		return "", err
	}

	path := filepath.Join(leash.Dir(), "server")
	args := []string{"build", "-trimpath", "-o", path}
	if watched() {
		args = append(args, "-race", "-gcflags=modernc.org/sqlite/lib=-race=false") // as scripts/test does
	}
	out, err := exec.Command("go", append(args, "checkoutd/cmd/server")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}

	keep = leash
	return path, nil
})

// readSources lists every folder of the server's sources in this process. go
// test then does not reuse the cached result of another server, whose sources
// are not imports of these tests.
func readSources() error {
	for _, dir := range []string{"../../cmd", "../../internal", "../../web"} {
		if err := filepath.WalkDir(dir, func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			return err
		}
	}
	return nil
}

// keep keeps the binary's folder until the test binary ends.
var keep *testhost.Leash
