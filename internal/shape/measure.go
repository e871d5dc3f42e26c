package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// measure reads every source file below root. A room is the source of one tree
// in one folder.
func measure(root string) ([]Figures, error) {
	product, err := productFolders(root)
	if err != nil {
		return nil, err
	}

	rooms := map[string]*Figures{}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && skipFolder(entry.Name()):
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}

		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}

		return addFile(rooms, product, path, filepath.ToSlash(name))
	})
	if err != nil {
		return nil, err
	}

	var sorted []Figures
	for _, room := range rooms {
		sorted = append(sorted, *room)
	}

	slices.SortFunc(sorted, byTreeAndName)
	return sorted, nil
}

// addFile measures one file and adds it to the room that it belongs to.
func addFile(rooms map[string]*Figures, product map[string]bool, path, name string) error {
	folder := filepath.ToSlash(filepath.Dir(name))
	tree := Product
	switch {
	case filepath.Ext(name) != ".go":
		tree = Other
	case strings.HasSuffix(name, "_test.go") || !product[folder]:
		tree = Tests
	}
	if tree == Other && commentMark(name) == "" {
		return nil // not source
	}

	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}

	var figures Figures
	if tree == Other {
		figures = measureText(name, text)
	} else if figures, err = measureFile(name, text); err != nil {
		return err
	}

	key := fmt.Sprint(folder, tree)
	if rooms[key] == nil {
		rooms[key] = &Figures{Name: folder, Tree: tree}
	}
	rooms[key].add(figures)
	return nil
}

// productFolders returns the folders that the server is built from.
func productFolders(root string) (map[string]bool, error) {
	list := exec.Command("go", "list", "-deps", "-f", "{{if and .Module .Module.Main}}{{.Dir}}{{end}}", "./cmd/...")
	list.Dir = root
	var stderr bytes.Buffer
	list.Stderr = &stderr

	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}

	// The folders are absolute, and symbolic links may be resolved in them.
	absolute, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}

	absolute, err = filepath.EvalSymlinks(absolute)
	if err != nil {
		return nil, err
	}

	folders := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		folder, err := filepath.Rel(absolute, strings.TrimSpace(line))
		if err != nil {
			return nil, err
		}

		folders[filepath.ToSlash(folder)] = true
	}

	if len(folders) == 0 {
		return nil, fmt.Errorf("go list found no package of the module under ./cmd")
	}

	return folders, nil
}

// skipFolder reports whether nothing in a folder of this name is our source.
func skipFolder(name string) bool {
	return name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".") && name != ".ci"
}
