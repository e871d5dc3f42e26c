package stripejs_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"checkoutd/internal/sandbox/stripejs"
)

func TestFS(t *testing.T) {
	t.Parallel()

	t.Run("every named file is served, and seeks", func(t *testing.T) {
		t.Parallel()

		for _, name := range []string{"stripe.js", "connect.js", "3ds.html", "redirect.html", "page.css", "page.js",
			"login.html", "login.js"} {
			rw := httptest.NewRecorder()
			req := httptest.NewRequest(http.MethodGet, "/", nil)
			req.Header.Set("Range", "bytes=1-")
			http.ServeFileFS(rw, req, stripejs.FS, name)

			if rw.Code != http.StatusPartialContent || rw.Body.Len() < 500 {
				t.Errorf("%s: got status %d and %d bytes", name, rw.Code, rw.Body.Len())
			}
		}
	})

	t.Run("other names do not exist", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"src/ground/core.js", "ground/core.js", "none.js"} {
			if _, err := stripejs.FS.Open(name); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: got %v, want fs.ErrNotExist", name, err)
			}
		}
	})

	t.Run("every part of src is joined", func(t *testing.T) {
		t.Parallel()

		connect, err := fs.ReadFile(stripejs.FS, "connect.js")
		if err != nil {
			t.Fatal(err)
		}

		scripts := []string{string(stripejs.Script()), string(connect)}
		err = filepath.WalkDir("src", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}

			name := strings.TrimPrefix(filepath.ToSlash(path), "src/")
			joined := 0
			for _, script := range scripts {
				n := strings.Count(script, "\n// --- "+name+"\n")
				joined += n

				if n > 1 {
					t.Errorf("%s is joined %d times into one script", name, n)
				}
			}

			if joined == 0 {
				t.Errorf("%s is joined into no script", name)
			}

			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})

	t.Run("nothing needs a loose content security policy", func(t *testing.T) {
		t.Parallel()

		loose := regexp.MustCompile(
			`\beval\(|new Function\(|innerHTML|insertAdjacentHTML|document\.write|\son[a-z]+="|\sstyle="`,
		)
		for _, name := range []string{"stripe.js", "connect.js", "3ds.html", "redirect.html", "page.js", "login.html", "login.js"} {
			data, err := fs.ReadFile(stripejs.FS, name)
			if err != nil {
				t.Fatal(err)
			}
			if found := loose.FindString(string(data)); found != "" {
				t.Errorf("%s has %q", name, found)
			}
		}
	})
}

// TestTypes checks the sources against the types that Stripe publishes. It
// plants one mistake: the check must find it and nothing else.
func TestTypes(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"@stripe/stripe-js", "@stripe/connect-js", "typescript"} {
		packageFile(t, name+"/package.json")
	}

	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	copySources(t, dir, "return { confirmationToken };", "return { token: confirmationToken };")

	config := `{"extends": "` + root + `/tsconfig.base.json", "compilerOptions": {"paths": {"@stripe/*": ["` + root +
		`/node_modules/@stripe/*"]}}, "include": ["**/*"]}`
	if err := os.WriteFile(filepath.Join(dir, "tsconfig.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}

	out, err := exec.CommandContext(
		t.Context(),
		filepath.Join(root, "node_modules/.bin/tsc"),
		"-p",
		dir,
	).CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if strings.Count(string(out), "error TS") != 1 || !strings.Contains(string(out), "createConfirmationToken") {
		t.Errorf("got %q, want one error about createConfirmationToken", out)
	}
}

// copySources copies everything that tsconfig.sandbox.json includes, with one
// text replaced.
func copySources(t *testing.T, dir, text, replacement string) {
	t.Helper()

	names := []string{"types.d.ts"}
	for _, pattern := range []string{"src/*/*.js", "pages/*.js"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: got %v, %v", pattern, found, err)
		}

		names = append(names, found...)
	}

	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}

		target := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			t.Fatal(err)
		}

		data = bytes.ReplaceAll(data, []byte(text), []byte(replacement))
		if err := os.WriteFile(target, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
