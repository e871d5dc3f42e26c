package customersession_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"checkoutd/internal/orders"
)

func (s *shop) raw() *sql.DB {
	s.Helper()
	db, err := sql.Open("sqlite", "file:"+s.file+"?_busy_timeout=10000")
	if err != nil {
		s.Fatal(err)
	}

	s.Cleanup(func() { _ = db.Close() })

	return db
}

// column returns the values of one column, read past the store.
func (s *shop) column(text string, args ...any) (values [][]byte) {
	s.Helper()
	rows, err := s.raw().QueryContext(s.Context(), text, args...)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = rows.Close() }()

	for rows.Next() {
		var v []byte
		if err := rows.Scan(&v); err != nil {
			s.Fatal(err)
		}
		values = append(values, v)
	}

	if err := rows.Err(); err != nil {
		s.Fatal(err)
	}

	return values
}

// wantStranger fails the test if cookie makes another browser the buyer who has
// the customer.
func (s *shop) wantStranger(what, cookie, customer string) {
	s.Helper()
	thief := browser{}
	order := s.order(thief)
	thief["checkoutd_buyer"] = cookie

	if s.session(thief); s.customerOf(order) == customer || s.customerOf(order) == "" {
		s.Errorf("%s: the order belongs to %q, want a customer of its own", what, s.customerOf(order))
	}
	if thief["checkoutd_buyer"] == cookie {
		s.Errorf("%s: the cookie stays", what)
	}
}

// The thief has read the whole database, and knows how cookies were and are
// made.
func TestCopyOfTheDatabaseOpensNoBuyer(t *testing.T) {
	t.Parallel()
	s, victim := newShop(t), browser{}
	s.order(victim)
	secret := s.session(victim)
	customer := strings.TrimPrefix(secret, "cuss_secret_")
	token := victim["checkoutd_buyer"]

	buyers := s.column(`SELECT id FROM buyers`)
	hashes := s.column(`SELECT hash FROM buyer_tokens`)
	if len(buyers) != 1 || len(hashes) != 1 {
		t.Fatalf("%d buyers, %d tokens; want one of each", len(buyers), len(hashes))
	}
	if string(hashes[0]) == token {
		t.Fatal("the token itself is stored")
	}

	s.wantStranger("the buyer's ID", string(buyers[0]), customer)
	s.wantStranger("the hash", base64.RawURLEncoding.EncodeToString(hashes[0]), customer)

	for _, key := range append(s.column(`SELECT value FROM settings`), hashes[0], buyers[0]) {
		mac := hmac.New(sha256.New, key)
		mac.Write(buyers[0])
		signed := string(buyers[0]) + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		s.wantStranger("a signed ID", signed, customer)
	}

	for name, cookie := range map[string]string{
		"one character off": flip(token[0]) + token[1:],
		"cut":               token[:20],
		"longer":            token + "A",
		"small":             strings.ToLower(token),
		"endless":           strings.Repeat("A", 4000),
		"dots":              "....",
	} {
		s.wantStranger(name, cookie, customer)
	}
}

func flip(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// Cookies of the former release are not accepted, since anybody with a copy of
// its database can make them. Their buyers get a token like anybody new.
func TestSignedCookieIsReplacedByAToken(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{"checkoutd_buyer": "buy_aaaaaaaaaaaaaaaaaaaaaaaaaa." + strings.Repeat("A", 43)}
	first := s.order(b)
	s.session(b)

	if len(b["checkoutd_buyer"]) != 26 {
		t.Fatalf("the cookie is %q, want a token", b["checkoutd_buyer"])
	}

	second := s.order(b)
	s.session(b)
	if s.customerOf(second) != s.customerOf(first) || s.customerOf(first) == "" {
		t.Errorf("the orders belong to %q and %q, want one customer", s.customerOf(first), s.customerOf(second))
	}
}

func TestTokenIsRecognizedInEveryReplicaAndInNoOtherShop(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	s.order(b)
	s.session(b)
	cookie := b["checkoutd_buyer"]
	second := s.order(b)
	b.send(s.handler(false), "")

	if b["checkoutd_buyer"] != cookie || s.customerOf(second) == "" || s.stripe.Len() != 1 {
		t.Error("another replica does not recognize the buyer")
	}

	newShop(t).wantStranger("of another shop", cookie, s.customerOf(second))
}

func TestTokenIsRenewedInUseAndEndsWithout(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	s, b := newShop(t), browser{}
	order := s.order(b)
	s.session(b)
	customer, token := s.customerOf(order), b["checkoutd_buyer"]

	s.clock.Advance(182 * day)
	s.order(b)
	if s.session(b); b["checkoutd_buyer"] != token {
		t.Error("a young token was replaced")
	}

	s.clock.Advance(day)
	former := browser{"checkoutd_buyer": token}
	s.order(b)
	if s.session(b); b["checkoutd_buyer"] == token {
		t.Fatal("an old token was not replaced")
	}

	// A tab that has the former token still counts, for a day.
	tab := s.order(former)
	if s.session(former); s.customerOf(tab) != customer {
		t.Errorf("with the former token the order belongs to %q, want %q", s.customerOf(tab), customer)
	}

	s.clock.Advance(day)
	s.wantStranger("the former token a day later", token, customer)

	s.clock.Advance(180 * day) // 364 days after the first one
	last := s.order(b)
	if s.session(b); s.customerOf(last) != customer {
		t.Errorf("a buyer who returns every half year is %q, want %q", s.customerOf(last), customer)
	}

	s.clock.Advance(366 * day)
	s.wantStranger("a token that nobody used for a year", b["checkoutd_buyer"], customer)
}

func TestRevokedBuyerIsNotRecognized(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	order := s.order(b)
	s.session(b)
	customer, token := s.customerOf(order), b["checkoutd_buyer"]

	if n, err := s.store.RevokeBuyers(t.Context(), customer, s.clock.Now()); err != nil || n != 1 {
		t.Fatalf("revoked %d, %v", n, err)
	}

	s.wantStranger("a revoked token", token, customer)

	// The order that the customer was created for gives out no new token.
	r := browser{"checkoutd_order": b["checkoutd_order"]}
	s.session(r)
	if got := r["checkoutd_buyer"]; got != "" {
		t.Errorf("the order's cookie gave the token %q", got)
	}

	next := s.order(b)
	if s.session(b); s.customerOf(next) == customer {
		t.Error("the next order belongs to the revoked customer")
	}
}

func TestLogHoldsNoToken(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	s.order(b)
	s.session(b)

	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if w := b.send(s.call, ""); w.Code == http.StatusOK {
		t.Errorf("without a database: %s", w.Body)
	}

	log := s.log.String()
	if strings.Contains(log, b["checkoutd_buyer"]) || strings.Contains(log, string(orders.HashToken(b["checkoutd_buyer"]))) {
		t.Errorf("the log holds the token: %s", log)
	}
}
