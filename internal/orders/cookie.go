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

// held is an order with the token that opens it.
type held struct{ ID, Token string }

// maxHeld is how many orders a browser can come back to; the cookie stays under
// 600 bytes.
const maxHeld = 8

// name is the cookie's name. On https the __Host- prefix keeps other hosts of
// the same domain from setting it.
func (c cookie) name() string {
	if c.Secure {
		return "__Host-checkoutd_order"
	}
	return "checkoutd_order"
}

// find returns the entry for the order, or the newest one when id is "".
func (c cookie) find(r *http.Request, id string) (held, bool) {
	for _, h := range c.read(r) {
		if id == "" || h.ID == id {
			return h, true
		}
	}
	return held{}, false
}

func (c cookie) read(r *http.Request) []held {
	found, err := r.Cookie(c.name())
	if err != nil {
		return nil
	}
	return parseHeld(found.Value)
}

// parseHeld reads a cookie's value. What is not well-formed is passed over: a
// cookie is the browser's word, and a bad one only opens nothing.
func parseHeld(value string) []held {
	var list []held
	for entry := range strings.SplitSeq(value, "|") {
		id, token, ok := strings.Cut(entry, ":")
		if !ok || !isWord(id) || !isWord(token) {
			continue
		}

		list = append(list, held{ID: id, Token: token})
		if len(list) == maxHeld {
			break
		}
	}

	return list
}

// isWord reports whether s is made as our ids and tokens are.
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

// add puts the order in front of those that the browser holds.
func (c cookie) add(w http.ResponseWriter, r *http.Request, h held) {
	entries := []string{h.ID + ":" + h.Token}
	for _, old := range c.read(r) {
		if old.ID != h.ID && len(entries) < maxHeld {
			entries = append(entries, old.ID+":"+old.Token)
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
