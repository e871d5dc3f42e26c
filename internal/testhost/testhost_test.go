package testhost_test

import (
	"fmt"
	"testing"

	"checkoutd/internal/testhost"
)

// recorder records how a helper would have ended a test.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()           {}
func (r *recorder) Skip(args ...any)  { r.ended = "skipped: " + fmt.Sprint(args...) }
func (r *recorder) Fatal(args ...any) { r.ended = "failed: " + fmt.Sprint(args...); panic(r) }

func end(tb testing.TB, helper func(testing.TB)) (ended string) {
	r := &recorder{TB: tb}
	defer func() {
		_ = recover()
		ended = r.ended
	}()
	helper(r)
	return r.ended
}

func TestMissing(t *testing.T) {
	cases := map[string]struct{ ci, all, want string }{
		"skips on a developer's machine": {"", "", "skipped: no browser"},
		"fails in CI":                    {"true", "", "failed: no browser"},
		"fails when all are required":    {"", "1", "failed: no browser"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CI", c.ci)
			t.Setenv("CHECKOUTD_REQUIRE_ALL", c.all)
			got := end(t, func(tb testing.TB) { testhost.Missing(tb, "no browser") })
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTorture(t *testing.T) {
	for env, want := range map[string]string{"": "skipped: a long test: make torture runs it", "1": ""} {
		t.Run("CHECKOUTD_TORTURE="+env, func(t *testing.T) {
			t.Setenv("CHECKOUTD_TORTURE", env)
			if got := end(t, testhost.Torture); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
