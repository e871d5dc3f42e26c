package connect

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// cookie ties a browser to the links that were opened in it:
// "nonce|id:token|id:token", the newest link first. It is Lax and not Strict:
// Stripe's callback comes from another site.
type cookie struct {
	secure bool
	maxAge time.Duration
}

// maxLinks is the number of links that a browser can return to.
const maxLinks = 8

// browserCookie is what a browser presents.
type browserCookie struct {
	nonce string // names the browser
	links []openedLink
}

type openedLink struct{ id, token string }

// name returns the cookie's name. On https the __Host- prefix keeps other hosts
// of the same domain from setting it.
func (c cookie) name() string {
	if c.secure {
		return "__Host-checkoutd_connect"
	}
	return "checkoutd_connect"
}

// read returns the request's cookie; ok is false if it has none.
func (c cookie) read(r *http.Request) (b browserCookie, ok bool) {
	found, err := r.Cookie(c.name())
	if err != nil {
		return b, false
	}

	nonce, rest, _ := strings.Cut(found.Value, "|")
	if len(nonce) < len(newSecret()) {
		return b, false
	}
	b.nonce = nonce

	for text := range strings.SplitSeq(rest, "|") {
		if id, token, ok := strings.Cut(text, ":"); ok && len(b.links) < maxLinks {
			b.links = append(b.links, openedLink{id, token})
		}
	}

	return b, true
}

// token returns the token of a link, "" if the browser has not opened it.
func (b browserCookie) token(id string) string {
	for _, l := range b.links {
		if l.id == id {
			return l.token
		}
	}
	return ""
}

// add sets the cookie with a link in front of the browser's others.
func (c cookie) add(w http.ResponseWriter, r *http.Request, id, token string) {
	b, ok := c.read(r)
	if !ok {
		b.nonce = newSecret()
	}

	others := slices.DeleteFunc(b.links, func(l openedLink) bool { return l.id == id })
	parts := []string{b.nonce, id + ":" + token}
	for _, l := range others[:min(len(others), maxLinks-1)] {
		parts = append(parts, l.id+":"+l.token)
	}

	http.SetCookie(w, &http.Cookie{
		Name:     c.name(),
		Value:    strings.Join(parts, "|"),
		Path:     "/",
		MaxAge:   int(c.maxAge.Seconds()),
		Secure:   c.secure,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
}
