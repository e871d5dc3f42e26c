package stripejs_test

import (
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
		for _, name := range []string{"stripe.js", "connect.js", "3ds.html", "redirect.html", "page.css", "page.js"} {
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
		for _, name := range []string{"src/10-core.js", "none.js"} {
			if _, err := stripejs.FS.Open(name); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: got %v, want fs.ErrNotExist", name, err)
			}
		}
	})

	t.Run("nothing needs a loose content security policy", func(t *testing.T) {
		t.Parallel()
		loose := regexp.MustCompile(`\beval\(|new Function\(|innerHTML|insertAdjacentHTML|document\.write|\son[a-z]+="|\sstyle="`)
		for _, name := range []string{"stripe.js", "connect.js", "3ds.html", "redirect.html", "page.js"} {
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

// TestTypes checks the sources against the types that Stripe publishes, and that the check can fail.
func TestTypes(t *testing.T) {
	t.Parallel()
	packageFile(t, "@stripe/stripe-js/package.json")
	packageFile(t, "@stripe/connect-js/package.json")
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	tsc := func(project string) string {
		out, err := exec.CommandContext(t.Context(), filepath.Join(root, "node_modules/.bin/tsc"), "-p", project).CombinedOutput()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(out)
	}

	t.Run("the stand-ins fit", func(t *testing.T) {
		t.Parallel()
		packageFile(t, "typescript/package.json")
		if out := tsc(filepath.Join(root, "tsconfig.sandbox.json")); out != "" {
			t.Error(out)
		}
	})

	t.Run("an answer of another shape would be found", func(t *testing.T) {
		t.Parallel()
		packageFile(t, "typescript/package.json")
		dir := t.TempDir()
		sources, err := filepath.Glob("src/*.js")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range append(sources, "types.d.ts") {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			bad := strings.ReplaceAll(string(data), "return { confirmationToken };", "return { token: confirmationToken };")
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), []byte(bad), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		config := `{"extends": "` + root + `/tsconfig.base.json", "compilerOptions": {"paths": {"@stripe/*": ["` + root + `/node_modules/@stripe/*"]}}, "include": ["*"]}`
		if err := os.WriteFile(filepath.Join(dir, "tsconfig.json"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		if out := tsc(dir); strings.Count(out, "error TS") != 1 || !strings.Contains(out, "createConfirmationToken") {
			t.Errorf("got %q, want one error about createConfirmationToken", out)
		}
	})
}
