package golive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Tracked is what was found in files that git tracks.
type Tracked struct {
	Files int      // that were read
	Found []string // places: file:line
}

// liveKey matches what must be in no file that is shared, whoever's it is.
var liveKey = regexp.MustCompile(`\b(?:sk|rk)_live_[A-Za-z0-9]{16,}`)

// maxTracked bounds the size of a file that is read: keys are in small ones.
const maxTracked = 4 << 20

// SearchTracked looks in the files that git tracks in a folder for the secrets,
// and for anything that has the form of a live one. What it returns contains
// neither.
func SearchTracked(ctx context.Context, folder string, secrets []string) (t Tracked, err error) {
	names, err := exec.CommandContext(ctx, "git", "-C", folder, "ls-files", "-z").Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return t, errors.New("git is not installed here")
	case err != nil:
		return t, errors.New("git tracks no files in this folder")
	}

	for name := range strings.SplitSeq(string(names), "\x00") {
		if name == "" {
			continue
		}

		found, err := searchFile(filepath.Join(folder, name), secrets)
		if err != nil {
			continue // deleted, or a link to nowhere
		}

		t.Files++
		for _, line := range found {
			t.Found = append(t.Found, fmt.Sprintf("%s:%d", name, line))
		}
	}

	if t.Files == 0 {
		return t, errors.New("git tracks no files in this folder")
	}

	return t, nil
}

// searchFile returns the numbers of the lines of a file that hold a secret.
func searchFile(name string, secrets []string) (lines []int, err error) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxTracked {
		return nil, errors.Join(err, os.ErrInvalid)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return searchText(bytes.NewReader(content), secrets)
}

// searchText returns the numbers of the lines that hold a secret.
func searchText(r io.Reader, secrets []string) (lines []int, err error) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxTracked+1)
	for n := 1; scanner.Scan(); n++ {
		if holdsSecret(scanner.Text(), secrets) {
			lines = append(lines, n)
		}
	}
	return lines, scanner.Err()
}

// holdsSecret reports whether a text holds one of the secrets, or a live key.
func holdsSecret(text string, secrets []string) bool {
	return liveKey.MatchString(text) ||
		slices.ContainsFunc(secrets, func(s string) bool { return s != "" && strings.Contains(text, s) })
}
