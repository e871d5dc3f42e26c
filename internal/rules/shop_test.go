package rules_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/rules"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
)

const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"

var (
	order  = orders.Order{ID: "ord_1", Amount: 900, Currency: "usd"}
	method = payments.Method{
		Type: "card",
		Card: &payments.Card{Brand: "visa", Country: "US", Funding: "credit", Last4: "4242"},
	}
)

// newShop returns a Judge that asks a server with the handler.
func newShop(t *testing.T, change func(*rules.ShopConfig), handler http.HandlerFunc) *rules.Judge {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)

	cfg := rules.ShopConfig{
		URL:     server.URL,
		Secret:  func() string { return secret },
		Timeout: testhost.Patience,
		Order:   func(o *orders.Order) any { return map[string]any{"id": o.ID, "amount": o.Amount} },
		NewID:   func() string { return "msg_1" },
		Now:     time.Now,
		Log:     zerolog.Nop(),
	}
	change(&cfg)

	shop, err := rules.NewShop(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &rules.Judge{Shop: shop, Now: time.Now}
}

func unchanged(*rules.ShopConfig) {}

func say(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func TestTheShopDecides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, code, message string }{
		"allowed": {body: `{"allow":true}`},
		"refused": {body: `{"allow":false}`, code: "refused_by_shop"},
		"refused with a word": {
			body:    `{"allow":false,"message":"The mug is\u202e sold out."}`,
			code:    "refused_by_shop",
			message: "The mug is sold out.",
		},
		"with a bad word": {body: `{"allow":false,"message":"a\u0007b"}`, code: "refused_by_shop"},
	} {
		_, err := newShop(t, unchanged, say(c.body)).Judge(t.Context(), order, method)
		if c.code == "" && err != nil || c.code != "" && !fault.Is(err, c.code) {
			t.Errorf("%s: got %v, want the code %q", name, err, c.code)
		}
		if c.message != "" && fault.Of(err).Message != c.message {
			t.Errorf("%s: the buyer reads %q, want %q", name, fault.Of(err).Message, c.message)
		}
	}
}

func TestTheCallIsSigned(t *testing.T) {
	t.Parallel()
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}

	judge := newShop(t, unchanged, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if agent := r.Header.Get("User-Agent"); agent != "checkoutd" {
			t.Errorf("got the User-Agent %q, want checkoutd", agent)
		}
		if err := verifier.Verify(body, r.Header); err != nil {
			t.Errorf("the signature does not verify: %v", err)
		}

		var got struct {
			Type string
			Data struct {
				Order  struct{ ID string }
				Method payments.Method `json:"payment_method"`
			}
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Error(err)
		}
		if got.Type != "payment.check" || got.Data.Order.ID != "ord_1" || got.Data.Method.Card.Funding != "credit" {
			t.Errorf("got %s", body)
		}

		_, _ = io.WriteString(w, `{"allow":true}`)
	})

	if _, err := judge.Judge(t.Context(), order, method); err != nil {
		t.Error(err)
	}
}

func TestTheShopDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"an error":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"no JSON":    say("yes"),
		"no word":    say(`{"ok":true}`),
		"too much":   say(`{"message":"` + strings.Repeat("a", 1<<20) + `","allow":true}`),
		"nothing": func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		_, err := newShop(t, unchanged, handler).Judge(t.Context(), order, method)
		if !fault.Is(err, "shop_unavailable") {
			t.Errorf("%s: got %v, want shop_unavailable", name, err)
		}

		allow := func(c *rules.ShopConfig) { c.AllowOnFailure = true }
		verdict, err := newShop(t, allow, handler).Judge(t.Context(), order, method)
		if err != nil || !strings.Contains(verdict, "without an answer") {
			t.Errorf("%s: got %q, %v; want it allowed", name, verdict, err)
		}
	}
}

// The address may hold a secret of the shop's server.
func TestTheAddressIsNotLogged(t *testing.T) {
	t.Parallel()
	book := &testkit.LogBook{}
	judge := newShop(t, func(c *rules.ShopConfig) {
		c.URL += "/check?key=open-sesame"
		c.Log = zerolog.New(book)
	}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })

	_, err := judge.Judge(t.Context(), order, method)
	if !fault.Is(err, "shop_unavailable") || book.String() == "" {
		t.Fatalf("got %v, log %q", err, book)
	}
	if text := book.String() + fmt.Sprint(err, errors.Unwrap(err)); strings.Contains(text, "sesame") {
		t.Errorf("the log has the address: %s", text)
	}
}

func TestAShopThatHangs(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	release := make(chan struct{})
	defer close(release)

	hurry := func(c *rules.ShopConfig) { c.Timeout = time.Millisecond }
	judge := newShop(t, hurry, func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		<-release
	})

	for range 20 {
		if _, err := judge.Judge(t.Context(), order, method); !fault.Is(err, "shop_unavailable") {
			t.Fatalf("got %v, want shop_unavailable", err)
		}
	}

	// The others were told at once.
	if n := asked.Load(); n > 5 {
		t.Errorf("the shop was asked %d times, want 5 at most", n)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "whsec_", "whsec_short", "whsec_*not*base64*at*all*"} {
		if _, err := rules.NewShop(rules.ShopConfig{Secret: func() string { return bad }}); err == nil {
			t.Errorf("the secret %q was accepted", bad)
		} else if bad != "" && strings.Contains(err.Error(), "not*base64") {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}
