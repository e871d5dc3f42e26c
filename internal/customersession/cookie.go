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

// cookie reads and writes the signed buyer cookie, whose value is the buyer's
// ID (buy_…), a dot, and the base64url HMAC-SHA256 of the ID. The signature
// keeps others from choosing a buyer ID that this shop did not issue.
type cookie struct {
	key    []byte
	secure bool
}

// buyerLife is how long a returning buyer is recognized.
const buyerLife = 365 * 24 * time.Hour

func (c cookie) name() string {
	if c.secure {
		return "__Host-checkoutd_buyer"
	}
	return "checkoutd_buyer"
}

// buyer returns the buyer in the request's cookie, or else the buyer of the
// order.
func (c cookie) buyer(r *http.Request, orderID string) string {
	if buyer, known := c.read(r); known {
		return buyer
	}
	return c.buyerOf(orderID)
}

// read returns the buyer in the request's cookie if the signature is ours.
func (c cookie) read(r *http.Request) (buyer string, ok bool) {
	sent, err := r.Cookie(c.name())
	if err != nil {
		return "", false
	}

	id, mac, ok := strings.Cut(sent.Value, ".")
	if !ok || !strings.HasPrefix(id, "buy_") || !hmac.Equal([]byte(mac), []byte(c.sign(id))) {
		return "", false
	}
	return id, true
}

func (c cookie) write(w http.ResponseWriter, buyer string) {
	http.SetCookie(w, &http.Cookie{
		Name:     c.name(),
		Value:    buyer + "." + c.sign(buyer),
		Path:     "/",
		MaxAge:   int(buyerLife.Seconds()),
		Secure:   c.secure,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
}

// buyerOf returns the ID of the buyer of an order whose browser has no cookie
// yet. It depends on the order alone, so that two pages that load at once
// create one customer.
func (c cookie) buyerOf(orderID string) string {
	return "buy_" + strings.ToLower(base32.StdEncoding.EncodeToString(c.mac("order " + orderID))[:26])
}

func (c cookie) sign(id string) string { return base64.RawURLEncoding.EncodeToString(c.mac(id)) }

func (c cookie) mac(text string) []byte {
	m := hmac.New(sha256.New, c.key)
	m.Write([]byte(text))
	return m.Sum(nil)
}
