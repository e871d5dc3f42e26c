package customersession

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"net/http"
	"strings"
	"time"

	"checkoutd/internal/orders"
)

// Token is what the store keeps of the random value in a buyer's cookie. The
// value itself is in the browser alone: a copy of the database opens nothing.
type Token struct {
	Hash      []byte // orders.HashToken of the value
	BuyerID   string
	Payments  Payments
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Payments are the attempts at a payment by which a browser is known, "" for
// none.
type Payments struct {
	Last string // the last one that it made
	Paid string // the one before it that paid its order
}

const (
	// buyerLife is how long a buyer is recognized by one token.
	buyerLife = 365 * 24 * time.Hour
	// renewAfter is the age at which a token in use is replaced, so that a
	// buyer who returns now and then is never forgotten.
	renewAfter = buyerLife / 2
	// overlap is how long the former token still counts: the response with the
	// new one may be lost, and other tabs may have sent the former.
	overlap = 24 * time.Hour
)

// cookie reads and writes the buyer cookie, whose value is a random token.
type cookie struct {
	store  Store
	now    func() time.Time
	secure bool
}

func (c cookie) name() string {
	if c.secure {
		return "__Host-checkoutd_buyer"
	}
	return "checkoutd_buyer"
}

// visitor is the buyer that a request comes from.
type visitor struct {
	buyerID string
	token   Token // that of the request; its Hash is nil if it had no valid one
	// noCookie is set if the browser gets no token: the shop named the buyer,
	// or its page is on another site.
	noCookie bool
}

// visitor returns the buyer of an order. The shop's own name for the customer
// vouches for the shop's login: it makes one buyer on every device. Otherwise
// it is the buyer of the request's token, or else the buyer of this order. On
// pages of other sites cookies do not count.
func (c cookie) visitor(r *http.Request, o *orders.Order) (visitor, error) {
	orderID := o.ID
	if o.CustomerReference != "" {
		return visitor{buyerID: VouchedBuyer(o.CustomerReference), noCookie: true}, nil
	}

	if orders.HasClientToken(r) {
		return visitor{buyerID: buyerOf(orderID), noCookie: true}, nil
	}

	sent, err := r.Cookie(c.name())
	if err != nil || !isToken(sent.Value) {
		return visitor{buyerID: buyerOf(orderID)}, nil
	}

	token, ok, err := c.store.UseToken(r.Context(), orders.HashToken(sent.Value), c.now())
	if err != nil {
		return visitor{}, err
	}
	if !ok {
		return visitor{buyerID: buyerOf(orderID)}, nil
	}

	return visitor{buyerID: token.BuyerID, token: token}, nil
}

// give gives the browser a token unless it has one that is young enough. A
// buyer who was revoked gets none.
func (c cookie) give(ctx context.Context, w http.ResponseWriter, v visitor) error {
	now := c.now()
	if v.noCookie {
		return nil
	}
	if v.token.Hash != nil && now.Sub(v.token.CreatedAt) < renewAfter {
		return nil
	}

	value := rand.Text()
	fresh := Token{
		Hash:      orders.HashToken(value),
		BuyerID:   v.buyerID,
		Payments:  v.token.Payments,
		CreatedAt: now,
		ExpiresAt: now.Add(buyerLife),
	}

	added, err := c.store.AddToken(ctx, fresh, v.token.Hash, now.Add(overlap))
	if err != nil || !added {
		return err
	}

	http.SetCookie(w, &http.Cookie{
		Name:     c.name(),
		Value:    value,
		Path:     "/",
		MaxAge:   int(buyerLife.Seconds()),
		Secure:   c.secure,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})

	return nil
}

// buyerOf returns the ID of the buyer of an order whose browser has no token
// yet. It depends on the order alone, so that two pages that load at once
// create one customer. It is no secret: only a token makes a browser the buyer.
func buyerOf(orderID string) string { return buyerFrom("buyer of " + orderID) }

// VouchedBuyer returns the ID of the buyer whom the shop names by its own
// reference.
func VouchedBuyer(reference string) string { return buyerFrom("customer of the shop: " + reference) }

func buyerFrom(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "buy_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:26])
}

// tokenSize is the length of rand.Text in characters.
const tokenSize = 26

// isToken reports whether s has the form of a token, so that the store is asked
// for nothing else: cookies of former releases held a name and a signature.
func isToken(s string) bool {
	if len(s) != tokenSize {
		return false
	}
	for _, c := range s {
		if (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
