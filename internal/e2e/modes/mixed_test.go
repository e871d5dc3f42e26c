package modes_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/payments"
	"checkoutd/internal/store/storetest"
)

// Goods that ship and a subscription are paid for together. The buyer changes
// the goods after a declined payment, which ends the subscription that was
// begun with the former ones, and the renewal is for what recurs alone.
func TestGoodsBesideASubscription(t *testing.T) {
	t.Parallel()
	for engine, url := range map[string]func(testing.TB) string{"sqlite": nil, "postgres": storetest.PostgresURL} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			set := []e2etest.Option{e2etest.WithChangeCatalog}
			if url != nil {
				set = append(set, e2etest.Set("DATABASE_URL", url(t)))
			}

			s := e2etest.OpenShop(t, set...)
			b := s.Buyer(t)
			id := b.Order("mug", "club")
			wantAnswer(t, b.Confirm(id, e2etest.CardPays), http.StatusUnprocessableEntity, "shipping_missing")

			v := b.Change(id, `{"shipping":{"name":"Jenny","address":{"line1":"1 Road","country":"FR"}}}`)
			b.WantBill(v, "3000 - no code + post 490 = 3490 usd")
			wantAnswer(t, b.Confirm(id, e2etest.CardDeclined), http.StatusPaymentRequired, "card_declined")

			v = b.Change(id, `{"items":[{"sku":"club","quantity":1},{"sku":"mug","quantity":2}]}`)
			b.WantBill(v, "4800 - no code + post 490 = 5290 usd")
			wantAnswer(t, b.Confirm(id, e2etest.CardDeclined), http.StatusPaymentRequired, "card_declined")
			wantAnswer(t, b.Confirm(id, e2etest.CardPays), http.StatusOK, "succeeded")

			if v["recurring_amount"] != float64(e2etest.ClubPrice) {
				t.Errorf("later payments are of %v", v["recurring_amount"])
			}

			sub := b.WantSubscribed(id)
			s.WantQuiet()
			s.WantCharged(5290)
			wantVoided(t, s, sub)
			wantReceipt(t, b.Call("GET", "/complete?order="+id, "").Body)

			end := s.State(id).Subscription(sub).PeriodEnd
			s.App.Sandbox().Advance(month)
			s.Eventually("the next period has begun", func() bool {
				return s.State(id).Subscription(sub).PeriodEnd.After(end)
			})
			s.App.Sandbox().Advance(2 * time.Hour) // an invoice is a draft for an hour
			s.Eventually("the renewal is paid", func() bool { return len(s.State(id).Intents) == 3 })
			s.WantQuiet()
			s.WantCharged(5290, e2etest.ClubPrice)
			b.WantStatus(id, "paid paid")

			list := s.State(id).Intents
			first := slices.IndexFunc(list, func(in payments.Intent) bool {
				return in.Status == payments.StatusSucceeded && !in.Renewal
			})
			s.Stripe("POST", "/v1/refunds", "payment_intent", list[first].ID)
			b.WantStatus(id, "paid refunded")
		})
	}
}

func wantAnswer(t *testing.T, r e2etest.Reply, status int, word string) {
	t.Helper()
	if r.Status != status || !strings.Contains(r.Body, word) {
		t.Errorf("answered %d %s, want %d with %s", r.Status, r.Body, status, word)
	}
}

// wordsOf returns a page without its tags: an amount in a sentence has some.
func wordsOf(page string) string { return tag.ReplaceAllString(page, "") }

var tag = regexp.MustCompile(`<[^>]*>`)

// wantReceipt checks that a receipt says what was paid, and what is paid later.
func wantReceipt(t *testing.T, page string) {
	t.Helper()
	for _, want := range []string{
		`data-amount="5290"`, `data-amount="490"`, "$12.00</span> every month", "1 Road",
		"After that you pay $12.00 every month until you cancel.",
	} {
		if !strings.Contains(page, want) && !strings.Contains(wordsOf(page), want) {
			t.Errorf("the receipt does not say %q", want)
		}
	}
}

// wantVoided checks that only the first invoice of a subscription is left of
// the two that were begun, with the lines of the order.
func wantVoided(t *testing.T, s *e2etest.Shop, sub string) {
	t.Helper()
	all := s.List("/v1/invoices")
	if len(all) != 2 {
		t.Errorf("%d invoices, want one for each bill that was declined or paid", len(all))
	}

	for _, inv := range all {
		if inv["subscription"] != sub {
			if inv["status"] != "void" {
				t.Errorf("invoice %v of another subscription is %v", inv["id"], inv["status"])
			}

			continue
		}

		var lines []string
		for _, line := range inv["lines"].(map[string]any)["data"].([]any) {
			l := line.(map[string]any)
			lines = append(lines, fmt.Sprintf("%v %v", l["type"], l["amount"]))
		}

		want := []string{"invoiceitem 3600", "invoiceitem 490", "subscription 1200"}

		to, _ := inv["customer_shipping"].(map[string]any)
		if !slices.Equal(lines, want) || to["name"] != "Jenny" || inv["amount_paid"] != float64(5290) {
			t.Errorf("the first invoice has %v for %v, paid %v", lines, to, inv["amount_paid"])
		}
	}
}
