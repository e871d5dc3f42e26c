package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/cli"
)

var update = flag.Bool("update", false, "rewrite docs/cli.md")

// each calls f for every command that does something, with the words that lead
// to it.
func each(c cli.Command, words []string, f func(c cli.Command, words []string)) {
	if c.New != nil {
		f(c, words)
	}
	for _, sub := range c.Commands {
		each(sub, append(slices.Clone(words), sub.Name), f)
	}
}

// TestEveryCommandIsDescribed checks the rows of the table: without them help,
// completion and docs/cli.md would have holes.
func TestEveryCommandIsDescribed(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	withoutJSON := []string{"serve", "sandbox", "stripe", "endpoints listen", "completion"} // they run, or print a script

	// They print what is shown once, or work for minutes.
	unpaged := []string{"golive", "conform", "keys create", "endpoints add", "endpoints rotate", "people export",
		"people erase", "connect mirror", "backup", "restore"}

	each(commands(), nil, func(c cli.Command, words []string) {
		name := strings.Join(words, " ")
		if c.Short == "" || c.Example == "" {
			t.Errorf("%s needs a line and an example", name)
		}
		if c.Paged && (slices.Contains(unpaged, name) || c.Verdict != strings.Contains(c.Long, "The exit code is")) {
			t.Errorf("%s: who leaves the pager must lose no secret, no long work and no verdict", name)
		}
		if (c.JSON == "") != slices.Contains(withoutJSON, name) {
			t.Errorf("%s: every list, show and result has --json, and says what it prints", name)
		}

		help := p.ok(append(slices.Clone(words), "--help")...)
		if !strings.HasPrefix(help, "usage: server "+name) || p.ok(append([]string{"help"}, words...)...) != help {
			t.Errorf("%s --help and help %s print\n%s", name, name, help)
		}

		for line := range strings.Lines(help) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
				t.Errorf("%s --help: %d columns: %s", name, n, line)
			}
		}
	})
}

var (
	placeholder = regexp.MustCompile(`^[A-Z]`)
	snakeCase   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// TestEveryCommandPrintsJSON runs every command of the table with --json on a
// database without rows: on standard output there are objects and nothing else,
// and an error is one object with its exit code.
func TestEveryCommandPrintsJSON(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.ok("migrate")

	each(commands(), nil, func(c cli.Command, words []string) {
		if c.JSON == "" {
			return
		}

		args := append(slices.Clone(words), "--json")
		for field := range strings.FieldsSeq(c.Args) {
			switch {
			case field == "FOLDER":
				args = append(args, filepath.Join(p.dir, "backups"))
			case placeholder.MatchString(field):
				args = append(args, "acct_none")
			}
		}

		out, _, err := p.run(args...)
		wantObjects(t, args, out)

		if err == nil {
			return
		}

		var stderr bytes.Buffer
		cli.PrintError(&stderr, "server", args, err)
		wantObjects(t, args, stderr.String())

		if want := cli.ExitCode(err); !strings.Contains(stderr.String(), `"exit_code":`+string(rune('0'+want))) {
			t.Errorf("%v: %s, want the exit code %d", args, stderr.String(), want)
		}
	})
}

// wantObjects checks that every line is an object whose members have names in
// snake case.
func wantObjects(t *testing.T, args []string, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Errorf("%v printed %q: %v", args, line, err)
			continue
		}

		for name := range o {
			if !snakeCase.MatchString(name) {
				t.Errorf("%v printed a member %q", args, name)
			}
		}
	}
}

const manualFile = "../../docs/cli.md"

// TestDocumentationIsTheTable checks that docs/cli.md is what --help prints.
func TestDocumentationIsTheTable(t *testing.T) {
	t.Parallel()
	old, err := os.ReadFile(manualFile)
	if err != nil {
		t.Fatal(err)
	}

	const mark = "<!-- generated -->\n"
	prose, _, ok := strings.Cut(string(old), mark)
	if !ok {
		t.Fatalf("%s lost its mark", manualFile)
	}

	want := prose + mark + cli.Manual(commands())

	if *update {
		if err := os.WriteFile(manualFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}

	if string(old) != want {
		t.Errorf("%s does not match the table; run: go test ./cmd/server -run TestDocumentation -update", manualFile)
	}
}
