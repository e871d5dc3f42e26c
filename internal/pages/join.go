package pages

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/js"
)

// joiner writes modules one after the other into one scope, in which they find
// each other by the names of what they declare. So no two modules may declare
// the same name, and an import may not give another.
type joiner struct {
	files    map[string][]byte
	isJoined map[string]bool
	owners   map[string]string // the module by the name that it declares
	out      bytes.Buffer
}

func newJoiner(files map[string][]byte) *joiner {
	return &joiner{files: files, isJoined: make(map[string]bool), owners: make(map[string]string)}
}

// joined returns a module with all that it imports, minified.
func joined(files map[string][]byte, name string) ([]byte, error) {
	j := newJoiner(files)
	if err := j.join(name); err != nil {
		return nil, err
	}

	var out bytes.Buffer
	if err := js.Minify(minify.New(), &out, &j.out, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}

	return out.Bytes(), nil
}

var (
	importForm  = regexp.MustCompile(`(?m)^import (?:\{[\w\s,$]*\}|\* as (\w+)) from '\./([\w-]+\.js)';\n`)
	declaration = regexp.MustCompile(`(?m)^(?:export )?((?:async )?function|class|const|let) (\w+)`)
	exported    = regexp.MustCompile(`(?m)^export (?:(?:async )?function|class|const) (\w+)`)
	otherForm   = regexp.MustCompile(`(?m)^(?:import|export)\b.*`)
)

// join writes a module after those that it imports.
func (j *joiner) join(name string) error {
	if j.isJoined[name] {
		return nil
	}

	j.isJoined[name] = true
	source, ok := j.files[name]
	if !ok {
		return fmt.Errorf("checkoutd.js: there is no module %s", name)
	}

	for _, found := range importForm.FindAllSubmatch(source, -1) {
		if err := j.join(string(found[2])); err != nil {
			return err
		}
		if err := j.gather(string(found[1]), string(found[2])); err != nil {
			return err
		}
	}

	for _, found := range declaration.FindAllSubmatch(source, -1) {
		if err := j.declare(string(found[2]), name); err != nil {
			return err
		}
	}

	source = importForm.ReplaceAll(source, nil)
	source = declaration.ReplaceAll(source, []byte("$1 $2"))
	if other := otherForm.Find(source); other != nil {
		return fmt.Errorf("checkoutd.js: %s has a form that cannot be joined: %s", name, other)
	}

	j.out.Write(source)
	return nil
}

// declare notes that a module declares a name.
func (j *joiner) declare(declared, name string) error {
	if owner := j.owners[declared]; owner != "" {
		return fmt.Errorf("checkoutd.js: %s and %s both declare %s", owner, name, declared)
	}

	j.owners[declared] = name
	return nil
}

// gather writes an object of all that a module exports, for those who import it
// under one name, which is the same everywhere. "" is no name.
func (j *joiner) gather(as, name string) error {
	owner := "all of " + name
	if as == "" || j.owners[as] == owner {
		return nil
	}
	if err := j.declare(as, owner); err != nil {
		return err
	}

	var names []string
	for _, found := range exported.FindAllSubmatch(j.files[name], -1) {
		names = append(names, string(found[1]))
	}

	fmt.Fprintf(&j.out, "const %s = { %s };\n", as, strings.Join(names, ", "))
	return nil
}
