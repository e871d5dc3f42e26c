package customersession

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// cookie is the signed buyer cookie: "buy_….<base64url HMAC-SHA256 of the id>". The signature
// keeps anybody from naming a buyer that this shop did not.
type cookie struct {
	key    []byte
	secure bool
}

// buyerLife is how long a returning buyer is known.
const buyerLife = 365 * 24 * time.Hour

func (c cookie) name() string {
	if c.secure {
		return "__Host-checkoutd_buyer"
	}
	return "checkoutd_buyer"
}

// read returns the buyer that the request's cookie names, if its signature is ours.
func (c cookie) read(r *http.Request) (buyer string, ok bool) {
	found, err := r.Cookie(c.name())
	if err != nil {
		return "", false
	}
	id, mac, ok := strings.Cut(found.Value, ".")
	if !ok || !strings.HasPrefix(id, "buy_") || !hmac.Equal([]byte(mac), []byte(c.sign(id))) {
		return "", false
	}
	return id, true
}

func (c cookie) write(w http.ResponseWriter, buyer string) {
	http.SetCookie(w, &http.Cookie{
		Name: c.name(), Value: buyer + "." + c.sign(buyer), Path: "/", MaxAge: int(buyerLife.Seconds()),
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (c cookie) sign(id string) string {
	m := hmac.New(sha256.New, c.key)
	m.Write([]byte(id))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
