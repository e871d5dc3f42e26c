package pages

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// assets are the static files, served below one directory that is named after
// the hash of all of them: /static/<hash>/checkout.js. So modules import each
// other by relative names, and every address may be cached for ever.
type assets struct {
	hash  string
	files map[string][]byte
}

// staticTypes maps file extensions to content types. The system's table is not
// used: it differs between machines, and scratch images have none.
var staticTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".ts":  "text/plain; charset=utf-8",
}

var hashPattern = regexp.MustCompile(`^[0-9a-f]{16}$`)

func newAssets(files fs.FS, generated map[string][]byte) (*assets, error) {
	a := &assets{files: maps.Clone(generated)}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if staticTypes[path.Ext(name)] == "" {
			return fmt.Errorf("static file %s has no known type", name)
		}

		a.files[name], err = fs.ReadFile(files, name)
		return err
	})
	if err != nil {
		return nil, err
	}

	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(a.files)) {
		_, _ = fmt.Fprintf(sum, "%s %d\n", name, len(a.files[name]))
		_, _ = sum.Write(a.files[name])
	}

	a.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	return a, nil
}

// url returns the address of a file. A file that does not exist is an error,
// which fails the template.
func (a *assets) url(name string) (string, error) {
	if !a.has(name) {
		return "", fmt.Errorf("there is no static file %q", name)
	}
	return "/static/" + a.hash + "/" + name, nil
}

func (a *assets) has(name string) bool { _, ok := a.files[name]; return ok }

// ServeHTTP serves a file and lets it be cached for a year if the address has
// the current hash. During an upgrade a page of another version may ask with
// another hash: it gets our file too, but may not cache it.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/static/"), "/")
	content, ok := a.files[name]
	if !ok || !hashPattern.MatchString(hash) {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "404 page not found", http.StatusNotFound)
		return
	}

	h := w.Header()
	shareWithPages(h) // a mounted form shows the shop's pictures
	h.Set("Content-Type", staticTypes[path.Ext(name)])
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")

	if hash == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}

	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
