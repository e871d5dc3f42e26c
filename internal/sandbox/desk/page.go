package desk

import (
	_ "embed"
	"net/http"
)

//go:embed desk.html
var deskPage []byte

// desk is the management API's page; it reads the JSON beside it.
func (s *Management) desk(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/_sandbox" { // what the page loads is named from the folder
		http.Redirect(w, r, "/_sandbox/", http.StatusMovedPermanently)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "+
			"img-src data:; frame-ancestors 'none'")
	_, _ = w.Write(deskPage)
}
