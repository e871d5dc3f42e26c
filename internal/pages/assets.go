package pages

import (
	"bytes"
	"compress/gzip"
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
	"sync"
	"time"

	"checkoutd/web"
)

// assets are the static files, served below one directory that is named after
// the hash of all of them: /static/<hash>/checkout.js. So every address may be
// cached for ever.
type assets struct {
	hash  string
	files map[string]asset
}

// asset is a file. packed is plain, gzipped.
type asset struct{ plain, packed []byte }

// scripts are the modules of the pages. Each is served with all that it
// imports, so that a page loads it with one request.
var scripts = []string{"shop.js", "checkout.js", "checkout-state.js", "complete.js", "dashboard.js"}

// staticTypes maps file extensions to content types. The system's table is not
// used: it differs between machines, and scratch images have none.
var staticTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".ts":  "text/plain; charset=utf-8",
}

var hashPattern = regexp.MustCompile(`^[0-9a-f]{16}$`)

// newAssets returns the assets of web/static and the style sheet of a theme.
func newAssets(theme []byte) (*assets, error) {
	fixed, err := fixedAssets()
	if err != nil {
		return nil, err
	}

	packed, err := gzipped(theme)
	if err != nil {
		return nil, err
	}

	a, sum := &assets{files: maps.Clone(fixed)}, sha256.New()
	a.files["theme.css"] = asset{theme, packed}

	for _, name := range slices.Sorted(maps.Keys(a.files)) {
		plain := a.files[name].plain
		_, _ = fmt.Fprintf(sum, "%s %d\n", name, len(plain))
		_, _ = sum.Write(plain)
	}

	a.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	return a, nil
}

// fixedAssets returns the files of web/static as they are served. They are the
// same in a whole process, and to minify them takes most of the time that New
// takes.
var fixedAssets = sync.OnceValues(func() (map[string]asset, error) {
	files, err := sources(web.Static())
	if err != nil {
		return nil, err
	}

	served := maps.Clone(files)
	for _, name := range scripts {
		if served[name], err = joined(files, name); err != nil {
			return nil, err
		}
	}

	fixed := make(map[string]asset)
	for name, plain := range served {
		packed, err := gzipped(plain)
		if err != nil {
			return nil, err
		}

		fixed[name] = asset{plain, packed}
	}

	return fixed, nil
})

// sources returns the files of web/static.
func sources(files fs.FS) (map[string][]byte, error) {
	all := make(map[string][]byte)
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if staticTypes[path.Ext(name)] == "" {
			return fmt.Errorf("static file %s has no known type", name)
		}

		all[name], err = fs.ReadFile(files, name)
		return err
	})

	return all, err
}

// gzipped compresses content once, as well as gzip can.
func gzipped(content []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}

	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}

	return out.Bytes(), nil
}

var noGzip = regexp.MustCompile(`(?i)\bgzip\s*;\s*q=0(\.0*)?\s*(,|$)`)

// takesGzip reports whether the client takes a response that is gzipped.
func takesGzip(r *http.Request) bool {
	accepted := r.Header.Get("Accept-Encoding")
	return strings.Contains(strings.ToLower(accepted), "gzip") && !noGzip.MatchString(accepted)
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
	file, ok := a.files[name]
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

	content := file.plain
	h.Add("Vary", "Accept-Encoding")

	if takesGzip(r) {
		content = file.packed
		h.Set("Content-Encoding", "gzip")
	}

	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
