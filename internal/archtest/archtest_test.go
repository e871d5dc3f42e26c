package archtest_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/archtest"
)

const root = "../.."

func TestArrows(t *testing.T) {
	t.Parallel()
	packages := list[archtest.Package](t, "-e", "-json=ImportPath,Imports,Deps,TestImports,XTestImports", "./...")
	if len(packages) < 10 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	for _, violation := range archtest.Violations(packages) {
		t.Error(violation)
	}
}

func TestViolations(t *testing.T) {
	t.Parallel()
	const internal = "checkoutd/internal/"
	cases := map[string]struct {
		pkg  archtest.Package
		want int
	}{
		"a feature may build on its noun":             {pkg("payments", internal+"orders"), 0},
		"a noun may not know the feature":             {pkg("orders", internal+"payments"), 1},
		"a feature may not name the store":            {pkg("payments", internal+"store"), 1},
		"a feature may not name stripeapi":            {pkg("customersession", internal+"stripeapi"), 1},
		"no room imports app":                         {pkg("httpserver", internal+"app"), 1},
		"no test imports app":                         {withTests("pages", internal+"app"), 1},
		"the end-to-end tests import app":             {withTests("e2e/pay", internal+"app"), 0},
		"only the store speaks SQL":                   {pkg("payments", "database/sql"), 1},
		"the store leaves SQL to its engine":          {pkg("store", "database/sql"), 1},
		"the engine of the store speaks SQL":          {pkg("store/sqldb", "database/sql"), 0},
		"the store builds on its engine":              {pkg("store", internal+"store/sqldb"), 0},
		"nobody else uses the engine":                 {pkg("app", internal+"store/sqldb"), 1},
		"the engine knows errors":                     {pkg("store/sqldb", internal+"fault"), 0},
		"the engine knows no feature":                 {pkg("store/sqldb", internal+"orders"), 1},
		"the engine knows no fact of the store":       {pkg("store/sqldb", internal+"store"), 1},
		"the engine may not take a detour":            {withDeps("store/sqldb", internal+"orders"), 1},
		"no feature knows stripe-go":                  {pkg("payments", "github.com/stripe/stripe-go/v81"), 1},
		"the adapter knows stripe-go":                 {pkg("stripeapi", "github.com/stripe/stripe-go/v81/webhook"), 0},
		"the sandbox may not share code":              {pkg("sandbox", internal+"money"), 1},
		"the sandbox may not use stripe-go":           {pkg("sandbox", "github.com/stripe/stripe-go/v81"), 2},
		"the sandbox may use chi's middleware":        {pkg("sandbox", "github.com/go-chi/chi/v5/middleware"), 0},
		"the sandbox's parts may use each other":      {pkg("sandbox", internal+"sandbox/stripejs"), 0},
		"the sandbox's payments may not know billing": {pkg("sandbox/payments", internal+"sandbox/billing"), 1},
		"the sandbox's billing may build on payments": {pkg("sandbox/billing", internal+"sandbox/payments"), 0},
		"a leaf of the sandbox may not know its API":  {pkg("sandbox/wire", internal+"sandbox/api"), 1},
		"the sandbox may not take a detour":           {withDeps("sandbox", internal+"fault"), 1},
		"a feature may not reach SQL indirectly":      {withDeps("orders", "database/sql"), 1},
		"the product may not import a test helper":    {pkg("app", internal+"pgtest"), 1},
		"the product may not import testing":          {pkg("orders", "testing"), 1},
		"errors may not depend on HTTP":               {pkg("fault", "net/http"), 1},
		"an undeclared room is rejected":              {pkg("util"), 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := archtest.Violations([]archtest.Package{c.pkg}); len(got) != c.want {
				t.Errorf("got %d violations, want %d: %q", len(got), c.want, got)
			}
		})
	}
}

// TestPins checks the versions that only work together: a release of sqlite
// breaks silently with any libc other than the one it was built with.
func TestPins(t *testing.T) {
	t.Parallel()
	mod := read(t, "go.mod")
	for _, pin := range []string{
		"modernc.org/sqlite v1.60.1",
		"modernc.org/libc v1.77.1",
		"github.com/stripe/stripe-go/v81 v81.4.0",
	} {
		if !regexp.MustCompile(`(?m)^\s*(require )?` + regexp.QuoteMeta(pin) + `( // indirect)?$`).MatchString(mod) {
			t.Errorf("go.mod does not pin %s", pin)
		}
	}
}

// TestDependenciesPage compares docs/dependencies.md with the module files: the
// page has a row for every direct dependency, with the right version.
func TestDependenciesPage(t *testing.T) {
	t.Parallel()
	versions, direct := map[string]string{}, []string{}
	requirement := regexp.MustCompile(`(?m)^(?:require)?\s+(\S+\.\S+/\S+) (v\S+)( // indirect)?$`)
	for _, line := range requirement.FindAllStringSubmatch(read(t, "go.mod"), -1) {
		versions[line[1]] = line[2]
		if line[3] == "" {
			direct = append(direct, line[1])
		}
	}

	var dev struct{ DevDependencies map[string]string }
	if err := json.Unmarshal([]byte(read(t, "package.json")), &dev); err != nil {
		t.Fatal(err)
	}

	for name, version := range dev.DevDependencies {
		versions[name], direct = version, append(direct, name)
	}

	rows := map[string]string{}
	tableRow := regexp.MustCompile("(?m)^\\| `([^`]+/?[^`]*)` \\| (v?\\d\\S*) \\| [^|]+ \\| [^|]+ \\|")
	for _, row := range tableRow.FindAllStringSubmatch(read(t, "docs/dependencies.md"), -1) {
		rows[row[1]] = row[2]
		if got, want := row[2], versions[row[1]]; got != want {
			t.Errorf("docs/dependencies.md has %s at %s, the module file has %q", row[1], got, want)
		}
	}

	for _, name := range direct {
		if rows[name] == "" {
			t.Errorf("docs/dependencies.md has no row for %s %s", name, versions[name])
		}
	}
}

// TestArchitecturePage checks that docs/architecture.md names every room, and
// that every file, folder and declaration that it names exists. Paths may omit
// internal/.
func TestArchitecturePage(t *testing.T) {
	t.Parallel()
	page := read(t, "docs/architecture.md")
	entries, err := os.ReadDir(filepath.Join(root, "internal"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() && !strings.Contains(page, "`"+entry.Name()+"`") {
			t.Errorf("docs/architecture.md does not name the room %s", entry.Name())
		}
	}

	file := regexp.MustCompile(`^[\w.-]+(/[\w.-]*)+$|^[\w-]+\.(go|md|sql|yaml|json|mod)$`)
	declaration := regexp.MustCompile(`^([a-z]+(?:/[a-z]+)*)\.([A-Z]\w*)(?:\.([A-Z]\w*))?$`)

	files, declarations := 0, 0
	for _, span := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(page, -1) {
		name := span[1]
		switch match := declaration.FindStringSubmatch(name); {
		case match != nil:
			declarations++
			if !declares(t, match[1], match[2], match[3]) {
				t.Errorf("docs/architecture.md names %s, which internal/%s does not declare", name, match[1])
			}

		case file.MatchString(name):
			files++
			if !exists(name) && !exists("internal/"+name) {
				t.Errorf("docs/architecture.md names %s, which does not exist", name)
			}
		}
	}

	// "`name` in `file.go`"
	inFile := regexp.MustCompile("`(\\w+)`\\s+in\\s+`([\\w/]+\\.go)`")
	for _, match := range inFile.FindAllStringSubmatch(page, -1) {
		word := regexp.MustCompile(`\b` + match[1] + `\b`)
		if !word.MatchString(read(t, "internal/"+match[2])) {
			t.Errorf("docs/architecture.md names %s in %s, which has no such name", match[1], match[2])
		}
	}

	if files < 40 || declarations < 5 {
		t.Errorf("found only %d files and %d declarations on the page", files, declarations)
	}
}

func exists(name string) bool {
	_, err := os.Stat(filepath.Join(root, name))
	return err == nil
}

// declares reports whether the package in a folder of internal declares name,
// or, if member is not empty, a method member of the type name.
func declares(t *testing.T, folder, name, member string) bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "internal", folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}

	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(file.Decls, func(d ast.Decl) bool { return isDeclared(d, name, member) }) {
			return true
		}
	}
	return false
}

func isDeclared(declaration ast.Decl, name, member string) bool {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		if member == "" {
			return d.Recv == nil && d.Name.Name == name
		}
		return d.Recv != nil && d.Name.Name == member && receiver(d) == name

	case *ast.GenDecl:
		return member == "" && slices.ContainsFunc(d.Specs, func(spec ast.Spec) bool {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				return s.Name.Name == name
			case *ast.ValueSpec:
				return slices.ContainsFunc(s.Names, func(id *ast.Ident) bool { return id.Name == name })
			}
			return false
		})
	}
	return false
}

// receiver returns the name of a method's receiver type.
func receiver(method *ast.FuncDecl) string {
	kind := method.Recv.List[0].Type
	if pointer, ok := kind.(*ast.StarExpr); ok {
		kind = pointer.X
	}
	id, ok := kind.(*ast.Ident)
	if !ok {
		return ""
	}
	return id.Name
}

// TestSkips checks that tests are skipped only by the two helpers of testhost,
// which fail in CI instead or have a make target of their own. The test also
// reads every Go file of the tree in this process. That is how go test learns
// that the output of go list above may have changed, so that it does not reuse
// a cached result.
func TestSkips(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (slices.Contains([]string{"node_modules", "testhost"}, entry.Name()) ||
			strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case filepath.Ext(path) == ".go":
			for _, position := range skips(t, path) {
				t.Errorf("%s skips a test: use testhost.Missing or testhost.Torture", position)
			}
		}

		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// skips returns the calls of Skip, Skipf and SkipNow on a t, b, f or tb.
func skips(t *testing.T, path string) []token.Position {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Log(err) // the compiler reports it better
		return nil
	}

	var found []token.Position
	ast.Inspect(file, func(node ast.Node) bool {
		method, ok := node.(*ast.SelectorExpr)
		if !ok || !strings.HasPrefix(method.Sel.Name, "Skip") {
			return true
		}

		receiver, ok := method.X.(*ast.Ident)
		if ok && slices.Contains([]string{"t", "b", "f", "tb"}, receiver.Name) {
			found = append(found, files.Position(method.Pos()))
		}

		return true
	})

	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func pkg(room string, imports ...string) archtest.Package {
	return archtest.Package{ImportPath: "checkoutd/internal/" + room, Imports: imports}
}

func withTests(room string, imports ...string) archtest.Package {
	return archtest.Package{ImportPath: "checkoutd/internal/" + room, XTestImports: imports}
}

func withDeps(room string, deps ...string) archtest.Package {
	return archtest.Package{ImportPath: "checkoutd/internal/" + room, Deps: deps}
}

// list runs go list and decodes the objects it prints.
func list[T any](t *testing.T, args ...string) []T {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr

	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}

	var all []T
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var one T
		if err := dec.Decode(&one); err != nil {
			t.Fatal(err)
		}

		all = append(all, one)
	}

	return all
}
