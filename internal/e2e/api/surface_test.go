package api_test

import (
	"fmt"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	const (
		confirm = "/create-confirm-intent"
		session = "/create-customer-session"
	)

	item := func(sku, quantity string) string {
		return `{"items":[{"sku":"` + sku + `","quantity":` + quantity + `}]}`
	}
	var lines []string
	for range 51 {
		lines = append(lines, `{"sku":"mug","quantity":1}`)
	}

	long := strings.Repeat(" ", 20<<10)

	// {order} and {token} stand for the buyer's open order and a good token.
	cases := []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		code, field              string
	}{
		{"an order of an unknown sku", "POST", "/orders", item("car", "1"), nil, 422, "sku_unknown", "items[0].sku"},
		{"an order of none", "POST", "/orders", item("mug", "0"), nil, 422, "quantity_out_of_range", "items[0].quantity"},
		{"an order of less than none", "POST", "/orders", item("mug", "-1"), nil, 422, "quantity_out_of_range", "items[0].quantity"},
		{"an order of 100", "POST", "/orders", item("mug", "100"), nil, 422, "quantity_out_of_range", "items[0].quantity"},
		{"an order of one and a half", "POST", "/orders", item("mug", "1.5"), nil, 422, "number_out_of_range", "items[0].quantity"},
		{"an order of more than a number holds", "POST", "/orders", item("mug", "1e99"), nil, 422, "number_out_of_range", "items[0].quantity"},
		{"an order of a word", "POST", "/orders", item("mug", `"two"`), nil, 400, "wrong_type", "items[0].quantity"},
		{"the same sku twice, 100 in all", "POST", "/orders", `{"items":[{"sku":"mug","quantity":99},{"sku":"mug","quantity":1}]}`, nil, 422, "quantity_out_of_range", "items[1].quantity"},
		{"two currencies", "POST", "/orders", `{"items":[{"sku":"mug","quantity":1},{"sku":"tea","quantity":1}]}`, nil, 422, "currency_mixed", "items[1].sku"},
		{"an empty list", "POST", "/orders", `{"items":[]}`, nil, 422, "items_empty", "items"},
		{"no list", "POST", "/orders", `{}`, nil, 422, "items_empty", "items"},
		{"51 lines", "POST", "/orders", `{"items":[` + strings.Join(lines, ",") + `]}`, nil, 422, "items_too_many", "items"},
		{"a total below Stripe's minimum", "POST", "/orders", item("dust", "1"), nil, 422, "amount_out_of_range", ""},
		{"a price of the browser's", "POST", "/orders", `{"items":[{"sku":"mug","quantity":1,"unit_amount":1}]}`, nil, 400, "unknown_field", "items[0].unit_amount"},
		{"an unknown field", "POST", "/orders", `{"items":[],"total":1}`, nil, 400, "unknown_field", "total"},
		{"a field twice", "POST", "/orders", `{"items":[],"items":[]}`, nil, 400, "duplicate_field", "items"},
		{"half a body", "POST", "/orders", `{"items":[`, nil, 400, "invalid_json", ""},
		{"two bodies", "POST", "/orders", `{"items":[]}{}`, nil, 400, "invalid_json", ""},
		{"no body", "POST", "/orders", "", []string{"Content-Type: application/json"}, 400, "body_missing", ""},
		{"a form", "POST", "/orders", "items=mug", []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "unsupported_content_type", ""},
		{"no content type", "POST", "/orders", item("mug", "1"), []string{"Content-Type:"}, 415, "unsupported_content_type", ""},
		{"a body over the call's limit", "POST", "/orders", long + item("mug", "1"), nil, 413, "body_too_large", ""},
		{"a body over every limit", "POST", "/orders", strings.Repeat(" ", 1<<20+1), nil, 413, "body_too_large", ""},
		{"the list of orders", "GET", "/orders", "", nil, 405, "method_not_allowed", ""},
		{"deleting an order", "DELETE", "/orders/{order}", "", nil, 405, "method_not_allowed", ""},
		{"an order that is not there", "GET", "/orders/ord_none", "", nil, 404, "order_not_found", ""},
		{"an address with a NUL", "GET", "/orders/a%00b", "", nil, 400, "bad_address", ""},
		{"an unknown address", "GET", "/admin", "", nil, 404, "not_found", ""},

		{"a token that is missing", "POST", confirm, `{}`, nil, 422, "token_missing", "confirmationTokenId"},
		{"a token that is none", "POST", confirm, `{"confirmationTokenId":"pm_1"}`, nil, 422, "token_malformed", "confirmationTokenId"},
		{"a token that Stripe does not know", "POST", confirm, `{"confirmationTokenId":"ctoken_none"}`, nil, 422, "token_expired", ""},
		{"a total that the page did not show", "POST", confirm, `{"confirmationTokenId":"{token}","expectedAmount":1}`, nil, 409, "amount_changed", ""},
		{"an amount of the browser's", "POST", confirm, `{"confirmationTokenId":"{token}","amount":1}`, nil, 400, "unknown_field", "amount"},
		{"a currency of the browser's", "POST", confirm, `{"confirmationTokenId":"{token}","currency":"jpy"}`, nil, 400, "unknown_field", "currency"},
		{"confirming an order that is not there", "POST", confirm, `{"confirmationTokenId":"{token}","orderId":"ord_none"}`, nil, 404, "order_not_found", ""},
		{"confirming by half a body", "POST", confirm, `{"confirmationTokenId`, nil, 400, "invalid_json", ""},
		{"confirming without a body", "POST", confirm, "", nil, 415, "unsupported_content_type", ""},
		{"confirming by a form", "POST", confirm, "confirmationTokenId={token}", []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "unsupported_content_type", ""},
		{"confirming by 5 KB", "POST", confirm, long, nil, 413, "body_too_large", ""},
		{"confirming by GET", "GET", confirm, "", nil, 405, "method_not_allowed", ""},
		{"confirming from another site", "POST", confirm, `{"confirmationTokenId":"{token}"}`, []string{"Origin: https://evil.example"}, 403, "cross_origin", ""},
		{"confirming from a frame without an origin", "POST", confirm, `{"confirmationTokenId":"{token}"}`, []string{"Origin: null"}, 403, "cross_origin", ""},
		{"confirming from a neighbour", "POST", confirm, `{"confirmationTokenId":"{token}"}`, []string{"Sec-Fetch-Site: same-site"}, 403, "cross_origin", ""},
		{"confirming from a site that the browser says is another", "POST", confirm, `{"confirmationTokenId":"{token}"}`, []string{"Sec-Fetch-Site: cross-site"}, 403, "cross_origin", ""},
		{"confirming at an address with a control character", "POST", confirm + "?a=%01", `{}`, nil, 400, "bad_address", ""},
		{"confirming under a longer address", "POST", confirm + "/more", `{}`, nil, 404, "not_found", ""},

		{"a session by an unknown field", "POST", session, `{"customer":"cus_1"}`, nil, 400, "unknown_field", "customer"},
		{"a session by half a body", "POST", session, `{`, nil, 400, "invalid_json", ""},
		{"a session by a text", "POST", session, `{}`, []string{"Content-Type: text/plain"}, 415, "unsupported_content_type", ""},
		{"a session by 2 KB", "POST", session, strings.Repeat("x", 2<<10), nil, 413, "body_too_large", ""},
		{"a session by GET", "GET", session, "", nil, 405, "method_not_allowed", ""},
		{"a session from another site", "POST", session, "", []string{"Origin: https://evil.example"}, 403, "cross_origin", ""},
		{"a session of an order that is not there", "POST", session, `{"orderId":"ord_none"}`, nil, 404, "order_not_found", ""},

		{"the options of an order that is not there", "GET", "/config?order=ord_none", "", nil, 404, "order_not_found", ""},
		{"a webhook by GET", "GET", "/webhooks/stripe", "", nil, 405, "method_not_allowed", ""},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s is refused with %d", c.name, c.status), func(t *testing.T) {
			t.Parallel()
			b := s.Buyer(t)
			id := b.Order("mug")
			fill := strings.NewReplacer("{order}", id, "{token}", "ctoken_unused").Replace
			if strings.Contains(c.body, "{token}") {
				fill = strings.NewReplacer("{token}", b.Token(e2etest.CardPays)).Replace
			}

			path := fill(strings.ReplaceAll(c.path, "{order}", id))
			r := b.Call(c.method, path, fill(c.body), c.headers...)
			bare, _, _ := strings.Cut(path, "?")
			b.WantProblem(bare, r, c.status, c.code, c.field)
			want := "open unpaid"
			if c.code == "token_expired" {
				want = "open failed"
			}

			if got := b.Status(id); got != want {
				t.Errorf("the order is %q afterwards, want %q", got, want)
			}
		})
	}

	t.Cleanup(func() { s.WantLedger(0) })
}

func TestPaymentAnswers(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)

	t.Run("a good card: client_secret and status, and nothing else", func(t *testing.T) {
		t.Parallel()
		b := s.Buyer(t)
		id := b.Order("mug")
		m := b.Object(b.Confirm(id, e2etest.CardPays))
		if secret, _ := m["client_secret"].(string); len(m) != 2 || !strings.HasPrefix(secret, "pi_") || m["status"] != "succeeded" {
			t.Errorf("got %v", m)
		}

		b.WantProblem("/create-confirm-intent", b.Confirm(id, e2etest.CardPays), 409, "order_not_open", "")
	})

	t.Run("without orderId it is the newest order of the cookie", func(t *testing.T) {
		t.Parallel()
		b := s.Buyer(t)
		older := b.Order("mug")
		b.Confirm(older, e2etest.CardPays)
		newer := b.Order("mug")
		b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+b.Token(e2etest.CardPays)+`"}`)

		if got := b.Status(older) + ", " + b.Status(newer); got != "paid paid, paid paid" {
			t.Errorf("the orders are %s", got)
		}
	})

	for card, want := range map[string]struct{ code, decline string }{
		e2etest.CardDeclined: {"card_declined", "generic_decline"},
		e2etest.CardNoFunds:  {"card_declined", "insufficient_funds"},
		"4000000000000069":   {"expired_card", "expired_card"},
		"4000000000000127":   {"incorrect_cvc", "incorrect_cvc"},
	} {
		t.Run("card "+card+" is a 402 with Stripe's words", func(t *testing.T) {
			t.Parallel()
			b := s.Buyer(t)
			id := b.Order("mug")
			m := b.WantProblem("/create-confirm-intent", b.Confirm(id, card), 402, "payment_declined", "")
			e := m["error"].(map[string]any)
			decline, _ := e["decline_code"].(string)
			if e["type"] != "card_error" || e["code"] != want.code || decline != want.decline {
				t.Errorf("the error is %v", e)
			}
			if got := b.Status(id); got != "open failed" {
				t.Errorf("the order is %q", got)
			}
		})
	}

	t.Run("a second card while the bank is asked takes the place of the first", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t)
		b := s.Buyer(t)
		id := b.Order("mug")
		if m := b.Object(b.Confirm(id, e2etest.CardAsks)); m["status"] != "requires_action" {
			t.Fatalf("got %v", m)
		}

		b.Confirm(id, e2etest.CardPays)
		if got := b.Status(id); got != "paid paid" {
			t.Errorf("the order is %q", got)
		}

		s.WantLedger(1, e2etest.MugPrice)
	})

	t.Run("another total: the new one, and its currency", func(t *testing.T) {
		t.Parallel()
		b := s.Buyer(t)
		id := b.Order("mug")
		r := b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+b.Token(e2etest.CardPays)+`","orderId":"`+id+`","expectedAmount":1}`)
		if m := b.WantProblem("/create-confirm-intent", r, 409, "amount_changed", ""); m["amount"] != float64(e2etest.MugPrice) || m["currency"] != "usd" {
			t.Errorf("got %v", m)
		}
	})
}

func TestStripeFails(t *testing.T) {
	t.Parallel()
	t.Run("a busy Stripe is a 503, and another try pays", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t)
		b := s.Buyer(t)
		id := b.Order("mug")
		s.Fault("POST /v1/payment_intents", sandbox.FaultStatus429, 3)
		b.WantProblem("/create-confirm-intent", b.Confirm(id, e2etest.CardPays), 503, "payment_provider_busy", "")
		s.App.Sandbox().ClearFaults()
		b.Confirm(id, e2etest.CardPays)

		if got := b.Status(id); got != "paid paid" {
			t.Errorf("the order is %q", got)
		}

		s.WantLedger(1, e2etest.MugPrice)
	})

	t.Run("an outcome that nobody knows is a 409, and the same token finds it out", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t)
		b := s.Buyer(t)
		id := b.Order("mug")
		s.Fault("POST /v1/payment_intents", sandbox.FaultChargeThenCut, -1)
		s.Fault("WEBHOOK *", sandbox.FaultDrop, -1)
		body := `{"confirmationTokenId":"` + b.Token(e2etest.CardPays) + `"}`
		b.WantProblem("/create-confirm-intent", b.Call("POST", "/create-confirm-intent", body), 409, "payment_unknown", "")
		b.WantProblem("/create-confirm-intent", b.Confirm(id, e2etest.CardPays), 409, "payment_in_progress", "")
		s.App.Sandbox().ClearFaults()
		s.Eventually("the resolver finds it out", func() bool { return b.Status(id) == "paid paid" })

		if m := b.Object(b.Call("POST", "/create-confirm-intent", body)); m["status"] != "succeeded" {
			t.Errorf("the same token is answered with %v", m)
		}

		s.WantLedger(1, e2etest.MugPrice)
	})

	t.Run("without a CustomerSession the answer is null", func(t *testing.T) {
		t.Parallel()
		s := e2etest.OpenShop(t)
		b := s.Buyer(t)
		b.Order("mug")
		s.Fault("POST /v1/customers", sandbox.FaultStatus500, -1)

		r := b.Call("POST", "/create-customer-session", "")
		if r.Status != 200 || strings.TrimSpace(r.Body) != `{"customer_session_client_secret":null}` {
			t.Errorf("got %d %s", r.Status, r.Body)
		}
	})
}
