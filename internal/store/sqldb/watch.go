package sqldb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// fileWatch knows which files SQLite has open: the database, and the log beside
// it, which holds the newest commits. A file that is deleted or replaced under
// a running server still takes writes, which nobody ever sees again.
type fileWatch struct {
	paths []string

	mu    sync.Mutex
	known map[string]os.FileInfo
}

// newFileWatch watches the database at path. The files are known from the first
// call of intact on. The log is beside the file that a symbolic link leads to.
func newFileWatch(path string) *fileWatch {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		target = path
	}
	return &fileWatch{
		paths: []string{path, target + "-wal"},
		known: map[string]os.FileInfo{},
	}
}

// intact returns an error unless the paths still lead to the open files.
func (w *fileWatch) intact() error {
	if w == nil {
		return nil
	}

	w.mu.Lock()
	defer w.mu.Unlock()

	for _, path := range w.paths {
		info, err := os.Stat(path)
		open := w.known[path]

		switch {
		case err == nil && open == nil:
			w.known[path] = info // SQLite creates the log with the first write

		case open == nil && errors.Is(err, os.ErrNotExist):

		case errors.Is(err, os.ErrNotExist):
			return unusable(path + " was deleted while the server uses it. " +
				"What is written now would be lost: restore the file and restart the server")

		case err != nil:
			return unusable(path + " cannot be examined")

		case !os.SameFile(info, open):
			return unusable(path + " was replaced while the server uses the previous file. " +
				"What is written now would be lost: restart the server")
		}
	}

	return nil
}

// unusable returns the error that the database cannot be used, because of text.
func unusable(text string) error { return &databaseError{&ownError{text, true}} }

// minSpace is how much room the disk must have: less is used up by one
// checkpoint of the log.
const minSpace = 1 << 20

// spaceLeft returns an error if the disk of the file is full.
func (w *fileWatch) spaceLeft() error {
	if w == nil {
		return nil
	}

	dir := filepath.Dir(w.paths[0])
	if free, ok := freeSpace(dir); ok && free < minSpace {
		return unusable(fmt.Sprintf("the disk of %s is full: %d bytes are left", dir, free))
	}

	return nil
}
