package pgtest

import (
	"bytes"
	"cmp"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
)

// folders are where systems install the server binaries outside of the PATH.
var folders = []string{
	"/usr/lib/postgresql/*/bin",               // Debian, Ubuntu
	"/usr/pgsql-*/bin",                        // PostgreSQL's own RPMs
	"/usr/libexec/postgresql*",                // Alpine
	"/usr/local/pgsql/bin",                    // from source
	"/opt/homebrew/opt/postgresql@*/bin",      // Homebrew
	"/usr/local/opt/postgresql@*/bin",         // Homebrew on Intel
	"/Applications/Postgres.app/*/*/*/bin",    // Postgres.app
	"/home/linuxbrew/.linuxbrew/opt/pos*/bin", // Homebrew on Linux
}

var errNoBinaries = errors.New("this test needs the server binaries of PostgreSQL, and none were found " +
	"(Debian: apt-get install postgresql)")

// findBinaries returns the folder of initdb and postgres: the one in the PATH,
// or else the newest that is installed.
func findBinaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil && isBinaries(filepath.Dir(path)) {
		return filepath.Dir(path), nil
	}

	var found []string
	for _, pattern := range folders {
		matches, _ := filepath.Glob(pattern) // fails only on a bad pattern
		found = append(found, slices.DeleteFunc(matches, func(dir string) bool { return !isBinaries(dir) })...)
	}

	if len(found) == 0 {
		return "", errNoBinaries
	}

	return slices.MaxFunc(found, func(a, b string) int { return cmp.Compare(version(a), version(b)) }), nil
}

func isBinaries(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

var number = regexp.MustCompile(`\d+(\.\d+)?`)

func version(dir string) float64 {
	v, _ := strconv.ParseFloat(number.FindString(dir), 64)
	return v
}

// account is the user that the server runs as; nil is the user who runs the
// tests.
type account struct{ uid, gid uint32 }

// serverAccount returns nil unless the tests run as root.
func serverAccount() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}

	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}

		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		return &account{uint32(uid), uint32(gid)}, errors.Join(uidErr, gidErr)
	}

	return nil, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
}

func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

func (a *account) credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

func (s *server) data() string    { return filepath.Join(s.leash.Dir(), "data") }
func (s *server) logFile() string { return filepath.Join(s.leash.Dir(), "log") }

func (s *server) log() []byte {
	log, err := os.ReadFile(s.logFile())
	if err != nil {
		return []byte(err.Error())
	}
	return log
}

func (s *server) logHas(text string) bool { return bytes.Contains(s.log(), []byte(text)) }
