package customersession

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
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

// buyer is whom the request's cookie names, or else the buyer of the order.
func (c cookie) buyer(r *http.Request, orderID string) string {
	if buyer, known := c.read(r); known {
		return buyer
	}
	return c.buyerOf(orderID)
}

func (c cookie) write(w http.ResponseWriter, buyer string) {
	http.SetCookie(w, &http.Cookie{
		Name: c.name(), Value: buyer + "." + c.sign(buyer), Path: "/", MaxAge: int(buyerLife.Seconds()),
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// buyerOf names the buyer of an order whose browser has no cookie yet. It is always the
// same one, so that two pages that ask at once make one customer.
func (c cookie) buyerOf(orderID string) string {
	return "buy_" + strings.ToLower(base32.StdEncoding.EncodeToString(c.mac("order " + orderID))[:26])
}

func (c cookie) sign(id string) string { return base64.RawURLEncoding.EncodeToString(c.mac(id)) }

func (c cookie) mac(text string) []byte {
	m := hmac.New(sha256.New, c.key)
	m.Write([]byte(text))
	return m.Sum(nil)
}
