package config_test

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/config"
)

// files returns a readFile function that serves a map of paths to contents.
func files(m map[string]string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		if text, ok := m[path]; ok {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
}

// testKeys look like the test keys of a real account.
var testKeys = []string{
	"STRIPE_SECRET_KEY=sk_test_51Abc",
	"STRIPE_PUBLISHABLE_KEY=pk_test_51Abc",
	"STRIPE_WEBHOOK_SECRET=whsec_abc",
	"CATALOG_FILE=shop.json",
}

// liveKeys look like the live keys of a real account.
var liveKeys = []string{
	"STRIPE_SECRET_KEY=sk_live_51Abc",
	"STRIPE_PUBLISHABLE_KEY=pk_live_51Abc",
	"STRIPE_WEBHOOK_SECRET=whsec_abc",
	"CATALOG_FILE=shop.json",
	"BASE_URL=https://shop.example",
	"TRUSTED_PROXIES=127.0.0.1",
}

// with returns base with more variables, which override those of base.
func with(base []string, more ...string) []string {
	return append(append([]string(nil), base...), more...)
}

// load loads a configuration that must be valid.
func load(t *testing.T, mode config.Mode, environ []string, f map[string]string) *config.Config {
	t.Helper()
	c, err := config.Load(mode, environ, files(f))
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

// problems returns the problems of a configuration that must be invalid.
func problems(t *testing.T, mode config.Mode, environ []string, f map[string]string) []string {
	t.Helper()
	c, err := config.Load(mode, environ, files(f))
	var e *config.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want a *config.Error", err)
	}
	if c != nil {
		t.Error("Load returned a Config with the error")
	}
	return e.Problems
}

// hasPrefix reports whether one of the lines begins with prefix.
func hasPrefix(lines []string, prefix string) bool {
	return slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, prefix) })
}

// refusal is an environment that Load refuses with a single problem.
type refusal struct {
	mode    config.Mode // config.Sandbox if empty
	environ []string
	files   map[string]string
	want    string // how the problem begins
	mention string // what it also contains
}

// checkRefusals checks that Load refuses each of the cases.
func checkRefusals(t *testing.T, cases map[string]refusal) {
	t.Helper()
	for name, r := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problems(t, cmp.Or(r.mode, config.Sandbox), r.environ, r.files)
			if len(got) != 1 || !strings.HasPrefix(got[0], r.want) || !strings.Contains(got[0], r.mention) {
				t.Errorf("got  %q\nwant one problem that begins with %q and mentions %q", got, r.want, r.mention)
			}
		})
	}
}
