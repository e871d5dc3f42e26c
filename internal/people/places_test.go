package people_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"checkoutd/internal/people"
)

var update = flag.Bool("update", false, "rewrite the table of docs/privacy.md")

// fates says in words what becomes of a value.
var fates = map[people.Fate]string{
	people.Emptied:  "emptied",
	people.Cut:      "cut out",
	people.Replaced: "replaced by `{\"erased\":true}`",
	people.Removed:  "removed with its row",
	people.Stays:    "stays",
}

// document returns the rows of docs/privacy.md.
func document() string {
	var b strings.Builder
	b.WriteString("| where | what | in an export | by an erasure | kept for |\n|---|---|---|---|---|\n")

	for _, t := range people.Tables() {
		for _, c := range t.Columns {
			where := "`" + t.Name + "." + c.Name + "`"
			if len(c.Paths) > 0 {
				where += ": `" + strings.Join(c.Paths, "`, `") + "`"
			}

			shown := "`" + t.Section + "`"
			if c.Hidden != "" {
				shown = "no: " + c.Hidden
			}

			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", where, c.What, shown, fates[c.Erase], cmp.Or(c.Kept, t.Kept))
		}
	}

	return b.String()
}

func TestTheDocumentationIsTheMap(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../docs/privacy.md", "<!-- map -->\n", "<!-- end of the map -->"
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}

	head, rest, _ := strings.Cut(string(old), begin)
	_, tail, ok := strings.Cut(rest, end)
	if !ok {
		t.Fatalf("%s has no place for the map", file)
	}

	want := head + begin + document() + end + tail
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}

	if string(old) != want {
		t.Errorf("%s does not match the map; run: go test ./internal/people -run TestTheDocumentation -update", file)
	}
}

func TestTheMapIsWhole(t *testing.T) {
	t.Parallel()
	for _, table := range people.Tables() {
		if table.Name == "" || table.Of == 0 || table.Kept == "" || len(table.Columns) == 0 ||
			table.Section != "" && len(table.Facts) == 0 {
			t.Errorf("%+v lacks something", table)
		}

		for _, c := range table.Columns {
			if c.What == "" || c.Form == 0 || fates[c.Erase] == "" || (table.Section == "") && c.Hidden == "" {
				t.Errorf("%s.%s lacks something: %+v", table.Name, c.Name, c)
			}
		}
	}
}
