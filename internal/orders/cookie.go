package orders

import (
	"net/http"
	"strings"
	"time"
)

// cookie keeps the tokens of a browser's last orders, newest first:
// "id:token|id:token". One browser may have several orders open in several
// tabs.
type cookie struct {
	Secure bool // the shop is on https
	MaxAge time.Duration
}

// entry is an order with the token that opens it.
type entry struct{ ID, Token string }

// maxEntries is the number of orders that a browser can return to. It keeps the
// cookie under 600 bytes.
const maxEntries = 8

// name returns the cookie's name. On https the __Host- prefix keeps other hosts
// of the same domain from setting it.
func (c cookie) name() string {
	if c.Secure {
		return "__Host-checkoutd_order"
	}
	return "checkoutd_order"
}

// HasCookie reports whether the request's browser can open an order.
func HasCookie(r *http.Request) bool {
	return len(cookie{Secure: true}.read(r)) > 0 || len(cookie{Secure: false}.read(r)) > 0
}

// find returns the entry of the order, or the newest one if id is "".
func (c cookie) find(r *http.Request, id string) (entry, bool) {
	for _, e := range c.read(r) {
		if id == "" || e.ID == id {
			return e, true
		}
	}
	return entry{}, false
}

func (c cookie) read(r *http.Request) []entry {
	found, err := r.Cookie(c.name())
	if err != nil {
		return nil
	}
	return parseEntries(found.Value)
}

// parseEntries parses a cookie's value. It skips malformed entries: the cookie
// comes from the browser, and a bad entry merely opens no order.
func parseEntries(value string) []entry {
	var list []entry
	for text := range strings.SplitSeq(value, "|") {
		id, token, ok := strings.Cut(text, ":")
		if !ok || !isWord(id) || !isWord(token) {
			continue
		}

		list = append(list, entry{ID: id, Token: token})
		if len(list) == maxEntries {
			break
		}
	}

	return list
}

// isWord reports whether s has the characters and the length of our IDs and
// tokens.
func isWord(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range s {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// add sets the cookie with e in front of the browser's other orders.
func (c cookie) add(w http.ResponseWriter, r *http.Request, e entry) {
	entries := []string{e.ID + ":" + e.Token}
	for _, prev := range c.read(r) {
		if prev.ID != e.ID && len(entries) < maxEntries {
			entries = append(entries, prev.ID+":"+prev.Token)
		}
	}

	http.SetCookie(w, &http.Cookie{
		Name:     c.name(),
		Value:    strings.Join(entries, "|"),
		Path:     "/",
		MaxAge:   int(c.MaxAge.Seconds()),
		Secure:   c.Secure,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
}
