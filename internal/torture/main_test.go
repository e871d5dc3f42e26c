package torture_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/testhost"
)

// atOnce is how many tests run side by side: most of their time they wait for
// children, retries and leases.
const atOnce = "10"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// patience bounds every wait for something that has to happen.
const patience = 2 * time.Minute

// long tells whether this is `make torture`.
func long() bool { return os.Getenv("CHECKOUTD_TORTURE") == "1" }

// ordinary chooses between the figures of `go test` and of `make torture`.
func ordinary[T any](short, torture T) T {
	if long() {
		return torture
	}
	return short
}

// binary is the server, built once for all tests. It has to be a variable of
// the package: the tests have nothing else in common. Its folder goes when the
// test binary ends.
var binary = sync.OnceValues(func() (string, error) {
	if err := readSources(); err != nil {
		return "", err
	}

	leash, err := testhost.NewLeash("torture-bin-")
	if err != nil {
		return "", err
	}

	path := filepath.Join(leash.Dir(), "server")
	args := append([]string{"build", "-o", path}, raceFlag...)
	out, err := exec.Command("go", append(args, "checkoutd/cmd/server")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}

	keep = leash
	return path, nil
})

// readSources looks at every folder of the server's sources in this process.
// That is what tells go test not to repeat a result of another server: the
// binary's sources are no imports of these tests.
func readSources() error {
	for _, dir := range []string{"../../cmd", "../../internal", "../../web"} {
		if err := filepath.WalkDir(dir, func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			return err
		}
	}
	return nil
}

// keep holds the binary's folder until the test binary ends.
var keep *testhost.Leash
