package modes_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/store/storetest"
)

// declinedCard is one of the sandbox's cards that no bank accepts.
const declinedCard = "4000000000000002"

// TestCardTesting tries stolen cards as fast as the shop answers.
func TestCardTesting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ addresses, cards, most int }{
		"one address":    {addresses: 1, cards: 400, most: 50},
		"many addresses": {addresses: 200, cards: 1000, most: 500},
	} {
		for engine, url := range map[string]func(*testing.T) string{
			"sqlite":   nil,
			"postgres": func(t *testing.T) string { return storetest.PostgresURL(t) },
		} {
			t.Run(name+", "+engine, func(t *testing.T) {
				t.Parallel()
				set := []e2etest.Option{
					e2etest.Set("TRUSTED_PROXIES", "127.0.0.1,::1"),
					e2etest.Set("RATE_LIMIT", "10000"), // the guard is on its own
				}
				if url != nil {
					set = append(set, e2etest.Set("DATABASE_URL", url(t)))
				}

				s := e2etest.OpenShop(t, set...)
				const from = "X-Forwarded-For: 203.0.113.0"
				b := s.Buyer(t)
				b.Call("POST", "/orders", `{"items":[{"sku":"mug","quantity":1}]}`, from)
				confirm := `{"confirmationTokenId":"` + b.Token(declinedCard) + `"}`
				first := b.Call("POST", "/create-confirm-intent", confirm, from)
				b.WantProblem("/create-confirm-intent", first, 402, "payment_declined", "")

				reached, refused := testCards(t, s, c.addresses, c.cards)
				again := b.Call("POST", "/create-confirm-intent", confirm, from)
				b.WantProblem("/create-confirm-intent", again, 402, "payment_declined", "")

				session := b.Call("POST", "/create-customer-session", "", "X-Forwarded-For: 192.0.2.1")
				if spared := strings.Contains(session.Body, "null"); spared != (c.addresses > 1) {
					t.Errorf("a stranger gets the session %s", session.Body)
				}
				t.Logf("of %d cards from %d addresses %d reached Stripe, %d were refused",
					c.cards, c.addresses, reached, refused)
				if reached == 0 || reached >= c.most {
					t.Errorf("%d cards reached Stripe, want some, and fewer than %d", reached, c.most)
				}
			})
		}
	}
}

// testCards makes orders and confirms each with ten declined cards. It returns
// how many cards Stripe declined, and how many the guard refused.
func testCards(t *testing.T, s *e2etest.Shop, addresses, cards int) (reached, refused int) {
	t.Helper()
	var group errgroup.Group
	var declined, stopped, next atomic.Int64

	for range 8 {
		group.Go(func() error {
			for {
				n := int(next.Add(10))
				if n > cards {
					return nil
				}

				from := fmt.Sprintf("X-Forwarded-For: 203.%d.113.%d", n/10%addresses/100, n/10%addresses%100)
				b := s.Buyer(t)
				made := b.Call("POST", "/orders", `{"items":[{"sku":"mug","quantity":1}]}`, from)
				if made.Status != http.StatusCreated {
					continue // the rate limit
				}

				for range 10 {
					body := `{"confirmationTokenId":"` + b.Token(declinedCard) + `"}`
					r := b.Call("POST", "/create-confirm-intent", body, from)
					switch {
					case strings.Contains(r.Body, "too_many_cards"):
						stopped.Add(1)
					case strings.Contains(r.Body, "card_declined"):
						declined.Add(1)
					}
				}
			}
		})
	}

	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	return int(declined.Load()), int(stopped.Load())
}

// TestBuyersBehindOneAddressPay has an office order within a minute. Some cards
// are declined at first.
func TestBuyersBehindOneAddressPay(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("TRUSTED_PROXIES", "127.0.0.1,::1"))
	const from = "X-Forwarded-For: 203.0.113.7"

	for i := range 60 {
		b := s.Buyer(t)
		made := b.Call("POST", "/orders", `{"items":[{"sku":"mug","quantity":1}]}`, from)
		if made.Status != http.StatusCreated {
			t.Fatalf("order %d: %d %s", i, made.Status, made.Body)
		}

		if r := b.Call("POST", "/create-customer-session", "", from); r.Status != http.StatusOK {
			t.Fatalf("session %d: %d %s", i, r.Status, r.Body)
		}

		cards := []string{e2etest.CardPays}
		if i%6 == 0 {
			cards = []string{declinedCard, e2etest.CardPays}
		}
		for _, card := range cards {
			b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+b.Token(card)+`"}`, from)
		}

		b.WantStatus(b.Object(made)["id"].(string), "paid paid")
	}
}
