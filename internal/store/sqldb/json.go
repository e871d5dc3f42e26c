package sqldb

import (
	"bytes"
	"io/fs"
	"regexp"
	"strings"
)

// LowerJSON returns the expression of a member of a column's JSON in lower
// case, of ASCII letters alone: path is the column and the names of the
// members, such as contact.email. A migration writes {lower contact.email} for
// it, so that a condition with it has an index.
func (db *DB) LowerJSON(path string) string { return lowerJSON(db.dialect, path) }

func lowerJSON(d dialect, path string) string {
	column, members, _ := strings.Cut(path, ".")
	return d.lowerJSON(column, strings.Split(members, "."))
}

// placeholder is an expression of the engine in a migration.
var placeholder = regexp.MustCompile(`\{lower ([a-z_.]+)\}`)

// engineFiles are migrations with the expressions of an engine.
type engineFiles struct {
	fs.FS

	dialect dialect
}

// Open opens a file, whose placeholders are replaced.
func (e engineFiles) Open(name string) (fs.File, error) {
	f, err := e.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}

	text, err := fs.ReadFile(e.FS, name)
	if err != nil {
		return nil, err
	}

	text = placeholder.ReplaceAllFunc(text, func(found []byte) []byte {
		return []byte(lowerJSON(e.dialect, string(placeholder.FindSubmatch(found)[1])))
	})
	return &engineFile{f, bytes.NewReader(text)}, nil
}

// engineFile is a file with another text.
type engineFile struct {
	fs.File

	text *bytes.Reader
}

// Read reads the text.
func (f *engineFile) Read(p []byte) (int, error) { return f.text.Read(p) }
