package orders

import (
	"net/http"
	"strings"
	"time"

	"checkoutd/internal/httpio"
)

// ClientTokenHeader is the header in which a page of the shop's own presents an
// order's client token.
const ClientTokenHeader = "Checkoutd-Client-Token"

// clientTokenGrace is how long a client token still opens an order that has
// ended, so that a page can show how.
const clientTokenGrace = 24 * time.Hour

// PresentClientToken makes a request present the client token that its body
// holds, if it does.
func PresentClientToken(r *http.Request, token string) {
	if token != "" {
		r.Header.Set(ClientTokenHeader, token)
	}
}

// HasClientToken reports whether a request presents a client token. Its browser
// gets no cookie: it is on another site.
func HasClientToken(r *http.Request) bool { return r.Header.Get(ClientTokenHeader) != "" }

// presented returns what a request claims to open: the order of its client
// token, or that of the cookie. Cookies do not count on pages of other origins.
func (s *Service) presented(r *http.Request, id string) (e entry, ok bool) {
	if token := r.Header.Get(ClientTokenHeader); token != "" {
		e.ID, e.Token, ok = strings.Cut(token, ".")
		return e, ok && isWord(e.ID) && isWord(e.Token) && (id == "" || id == e.ID)
	}

	if httpio.IsForeign(r.Context()) {
		return entry{}, false
	}
	return s.cookie.find(r, id)
}

// clientTokenEnded reports whether the order ended so long ago that its client
// token no longer opens it.
func (s *Service) clientTokenEnded(o *Order) bool {
	ended := o.PaidAt
	if ended.IsZero() {
		ended = o.UpdatedAt
	}
	return o.Status != Open && s.cfg.Now().Sub(ended) > clientTokenGrace
}
