package modes_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

// perMinute is RATE_LIMIT's default: what one address is allowed. The
// replacement of a 3D Secure check takes three of them.
const perMinute = 300

// Most of what an address that never pays sends is refused by the guard against
// card testing, so that it causes no more requests than a few buyers.
const (
	mostRequests = 240
	mostReadings = 60
)

// An address that is up to no good orders, confirms with a card that asks for
// 3D Secure, and comes with another token each time. Everything that this
// causes at Stripe counts, the reading of the events that come back included.
func TestOneAddressCausesFewRequestsAtStripe(t *testing.T) {
	t.Parallel()
	for mode, start := range map[string]struct{ body, card string }{
		"payment":      {`{"items":[{"sku":"mug","quantity":1}]}`, e2etest.CardAsks},
		"setup":        {`{"mode":"setup","currency":"usd"}`, e2etest.CardAsks},
		"subscription": {`{"items":[{"sku":"club","quantity":1}]}`, e2etest.CardAsks},
	} {
		for _, perOrder := range []int{1, 60} {
			t.Run(fmt.Sprintf("%s, up to %d confirms of an order", mode, perOrder), func(t *testing.T) {
				t.Parallel()
				s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog),
					e2etest.Set("TRUSTED_PROXIES", "127.0.0.1,::1"))
				b := s.Buyer(t)

				before := len(s.App.Sandbox().Requests())
				allowed := attack(t, b, start.body, start.card, perOrder)
				s.WantQuiet()
				requests := s.App.Sandbox().Requests()[before:]

				confirms, others := 0, 0
				for _, r := range requests {
					switch {
					case strings.HasPrefix(r.Path, "/v1/confirmation_tokens"):
					case r.Method == http.MethodGet:
						others++
					default:
						confirms++
					}
				}

				t.Logf("%d calls allowed: %d POSTs and %d GETs at Stripe", allowed, confirms, others)
				if got := confirms + others; got > mostRequests {
					t.Errorf("one address caused %d requests at Stripe in a minute, want %d at most", got, mostRequests)
				}
				if others > mostReadings {
					t.Errorf("%d readings in a minute, want %d at most", others, mostReadings)
				}
			})
		}
	}
}

// attack uses up what its address is allowed in a minute, however long that
// takes, and returns how many calls that was.
func attack(t *testing.T, b *e2etest.Buyer, order, card string, perOrder int) (allowed int) {
	t.Helper()
	const from = "X-Forwarded-For: 203.0.113.7"
	defer func() {
		if allowed < perMinute/3 {
			t.Errorf("%d calls were allowed", allowed)
		}
	}()

	for allowed < perMinute {
		r := b.Call("POST", "/orders", order, from)
		if r.Status != http.StatusCreated {
			return allowed
		}

		allowed++
		id := b.Object(r)["id"].(string)

		for range min(perOrder, perMinute-allowed) {
			r := b.Call("POST", "/create-confirm-intent",
				`{"confirmationTokenId":"`+b.TokenFor(id, card)+`","orderId":"`+id+`"}`, from)
			if r.Status == http.StatusTooManyRequests {
				if strings.Contains(r.Body, "rate_limited") {
					return allowed
				}

				allowed++
				break
			}

			allowed++
			if r.Status != http.StatusOK {
				break
			}
		}
	}

	return allowed
}
