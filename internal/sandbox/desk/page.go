package desk

import (
	_ "embed"
	"net/http"
)

//go:embed desk.html
var deskPage []byte

// desk serves the web page, which reads the JSON endpoints next to it.
func (s *Management) desk(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/_sandbox" { // the page's URLs are relative to the directory
		http.Redirect(w, r, "/_sandbox/", http.StatusMovedPermanently)
		return
	}

	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "+
			"img-src data:; frame-src 'self'; frame-ancestors 'none'")
	_, _ = w.Write(deskPage)
}
