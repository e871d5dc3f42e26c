package config_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/config"
)

var update = flag.Bool("update", false, "rewrite .env.example and the tables of docs/configuration.md")

const (
	exampleFile = "../../.env.example"
	manualFile  = "../../docs/configuration.md"
)

func TestDocumentationIsTheOptionTable(t *testing.T) {
	t.Parallel()
	t.Run(".env.example", func(t *testing.T) {
		t.Parallel()
		compare(t, exampleFile, func(string) (string, error) { return example(config.Options()), nil })
	})
	t.Run("docs/configuration.md", func(t *testing.T) {
		t.Parallel()
		compare(t, manualFile, func(old string) (string, error) { return manual(old, config.Options()) })
	})
}

// compare checks that the file has the content that render returns, and writes
// it with -update.
func compare(t *testing.T, path string, render func(old string) (string, error)) {
	t.Helper()
	old, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}

	want, err := render(string(old))
	if err != nil {
		t.Fatal(err)
	}

	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}

	if string(old) != want {
		t.Errorf("%s does not match the option table; run: go test ./internal/config -run TestDocumentation -update", path)
	}
}

func example(options []config.Option) string {
	var b strings.Builder
	b.WriteString("# Settings of checkoutd. Copy this file to .env. See docs/configuration.md.\n" +
		"# The environment takes precedence over .env. An empty value counts as not set.\n")
	section := ""
	for _, o := range options {
		if o.Section != section {
			section = o.Section
			fmt.Fprintf(&b, "\n# ---- %s ----\n", section)
		}

		fmt.Fprintf(&b, "\n# %s\n", o.Help)
		if o.File {
			fmt.Fprintf(&b, "# Or set %s_FILE to the path of a file that contains it.\n", o.Name)
		}

		if len(o.Required) > 0 {
			fmt.Fprintf(&b, "# Required by: %s\n%s=\n", words(o.Required), o.Name)
		} else {
			fmt.Fprintf(&b, "# %s=%s\n", o.Name, o.Default)
		}
	}

	return b.String()
}

func manual(old string, options []config.Option) (string, error) {
	const begin, end = "-update` -->\n", "<!-- /options -->"
	head, rest, ok1 := strings.Cut(old, begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		return "", fmt.Errorf("the markers around the tables are missing")
	}

	var b strings.Builder
	section := ""
	for _, o := range options {
		if o.Section != section {
			section = o.Section
			fmt.Fprintf(&b, "\n### %s\n\n| option | default | used by | description |\n|---|---|---|---|\n", section)
		}

		fmt.Fprintf(&b, "| `%s`%s | %s | %s | %s |\n", o.Name, file(o), defaultCell(o), words(o.Modes), o.Help)
	}

	return head + begin + b.String() + "\n" + end + tail, nil
}

func file(o config.Option) string {
	mark := ""
	if o.File {
		mark = " *file*"
	}
	if o.Live {
		mark += " *live*"
	}
	return mark
}

func defaultCell(o config.Option) string {
	switch {
	case len(o.Required) > 0:
		return "required by " + words(o.Required)
	case o.Default == "":
		return "empty"
	}
	return "`" + o.Default + "`"
}

func words(modes []config.Mode) string {
	all := []config.Mode{config.Serve, config.Sandbox, config.Stripe, config.Migrate, config.Healthcheck, config.Conform}
	if slices.Equal(modes, all) {
		return "all"
	}
	var names []string
	for _, m := range modes {
		names = append(names, string(m))
	}
	return strings.Join(names, ", ")
}

// TestExampleFileWorks checks that the example file agrees with Load: loading
// it as it is, or with every option uncommented, changes no setting.
func TestExampleFileWorks(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}

	environ := append(slices.Clone(testKeys), "DATABASE_URL=sqlite:./data/checkoutd.db") // its default follows the keys
	want := load(t, config.Serve, environ, nil)
	for name, dotenv := range map[string]string{
		"as it is":                 string(text),
		"every option uncommented": regexp.MustCompile(`(?m)^# ([A-Z_]+=)`).ReplaceAllString(string(text), "$1"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := load(t, config.Serve, environ, map[string]string{".env": dotenv})
			for i, s := range got.Redacted() {
				if w := want.Redacted()[i]; s.Name != w.Name || s.Value != w.Value {
					t.Errorf("got %s=%q, want %s=%q", s.Name, s.Value, w.Name, w.Value)
				}
			}

			if len(got.Warnings) > 0 {
				t.Errorf("warnings: %q", got.Warnings)
			}
		})
	}
}

func TestOptionsAreWellFormed(t *testing.T) {
	t.Parallel()
	for _, o := range config.Options() {
		if !strings.HasSuffix(o.Help, ".") || strings.ContainsAny(o.Help, "|\n") {
			t.Errorf("%s: the help %q is not a sentence that fits in a table", o.Name, o.Help)
		}
		if o.Secret && !o.File {
			t.Errorf("%s is a secret that cannot come from a file", o.Name)
		}
		if len(o.Required) > 0 && o.Default != "" {
			t.Errorf("%s is required and has a default", o.Name)
		}
	}
}
