package api_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/store/storetest"
)

// canaries are what the database must not hold of a customer after the erasure.
// The reference of the shop is an e-mail address, too.
var canaries = []string{"Canary", "canary", "+15550101", "77 Feather Lane", "Nestville"}

// places returns where a value holds one of the words: in JSON, at which of its
// members.
func places(path, text string, words []string) (found []string) {
	var members map[string]json.RawMessage
	var items []json.RawMessage
	switch {
	case json.Unmarshal([]byte(text), &members) == nil:
		for name, value := range members {
			at := strings.TrimPrefix(path+"."+name, ".")
			found = append(found, places(at, string(value), words)...)
			if hasAny(name, words) {
				found = append(found, fmt.Sprintf(" %s: %s", at, name))
			}
		}
	case json.Unmarshal([]byte(text), &items) == nil:
		for _, item := range items {
			found = append(found, places(path, string(item), words)...)
		}
	case hasAny(text, words):
		found = append(found, fmt.Sprintf(" %s: %.300s", path, text))
	}
	return found
}

// hasAny reports whether a text has one of the words.
func hasAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// held returns where the database holds one of the words, each place as
// "table.column path: text".
func held(t *testing.T, databaseURL string, words ...string) (found []string) {
	t.Helper()
	driver, dsn, list := "pgx", databaseURL, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		driver, dsn, list = "sqlite", "file:"+path+"?_busy_timeout=10000", `SELECT name FROM sqlite_master WHERE type = 'table'`
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	rows := func(text string, visit func(names []string, values []any)) {
		t.Helper()
		r, err := db.QueryContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		names, _ := r.Columns()
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		for r.Next() {
			if err := r.Scan(into...); err != nil {
				t.Fatal(err)
			}
			visit(names, values)
		}
		if err := r.Err(); err != nil {
			t.Fatal(err)
		}
	}

	var tables []string
	rows(list, func(_ []string, v []any) { tables = append(tables, fmt.Sprintf("%s", v[0])) })
	for _, table := range tables {
		rows(`SELECT * FROM "`+table+`"`, func(names []string, values []any) {
			for i, v := range values {
				text := fmt.Sprint(v)
				if b, ok := v.([]byte); ok {
					text = string(b)
				}
				for _, p := range places("", text, words) {
					found = append(found, fmt.Sprintf("%s.%s%s", table, names[i], p))
				}
			}
		})
	}
	return found
}

// onBothEngines runs a test on SQLite and on PostgreSQL.
func onBothEngines(t *testing.T, test func(t *testing.T, database e2etest.Option)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, func(*e2etest.Shop) {})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, e2etest.Set("DATABASE_URL", storetest.PostgresURL(t)))
	})
}

const (
	erasedReference = "jenny%20canary%2F7@example.com" // in a path
	erasedOrder     = `{"reference":"A-%d","currency":"usd","items":[{"name":"Board","unit_amount":4500}],
		"shipping":{"name":"Bike","amount":500},
		"customer":{"reference":"jenny canary/7@example.com","email":"` + e2etest.CanaryEmail + `","name":"` + e2etest.CanaryName + `"}}`
	erasedAddress = `{"name":"Jenny Canary","phone":"+15550101","address":{"line1":"77 Feather Lane","city":"Nestville","country":"US"}}`
)

// echo is a backend that fails, and answers with the customer that it was sent.
func echo(t *testing.T) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, customer, _ := bytes.Cut(body, []byte(`"customer":`))
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write(customer)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// bought makes an order of the customer, which is declined once and then paid.
func bought(t *testing.T, s *e2etest.Shop, shop *e2etest.Backend, n int) (id string) {
	t.Helper()
	made := shop.Once(fmt.Sprint("key ", n), "/v1/orders", fmt.Sprintf(erasedOrder, n))
	if made.Status != http.StatusCreated {
		t.Fatalf("%d %s", made.Status, made.Body)
	}
	o := shop.Object(made)
	id = o["id"].(string)

	b := s.Buyer(t)
	open(b, o["url"].(string))
	for _, body := range []string{`{"shipping":` + erasedAddress + `}`, `{"billing":` + erasedAddress + `}`} {
		if r := b.Call("PATCH", "/orders/"+id, body); r.Status != http.StatusOK {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
	}
	b.Call("POST", "/create-customer-session", "")
	b.Confirm(id, e2etest.CardDeclined)
	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	return id
}

// After an erasure no table holds the customer's name, e-mail address, phone
// number or address; the ledger is as it was.
func TestAnErasedCustomerIsInNoTable(t *testing.T) {
	t.Parallel()
	onBothEngines(t, func(t *testing.T, database e2etest.Option) {
		s := e2etest.OpenShop(t, database, e2etest.Set("BILLING_ADDRESS", "full"),
			e2etest.Set("COLLECT_EMAIL", "true"), e2etest.Set("RECEIPT_EMAIL", "true"))
		shop := s.Backend(t, api.ScopeRefund)
		made := shop.Want(http.StatusCreated, "POST", "/v1/webhook_endpoints", `{"url":"`+echo(t)+`","types":["order.paid"]}`)
		hooks := "/v1/webhook_endpoints/" + made["id"].(string)
		first, second := bought(t, s, shop, 1), bought(t, s, shop, 2)
		refund := shop.Once("refund", "/v1/orders/"+first+"/refund", `{"amount":100}`)
		if refund.Status != http.StatusOK {
			t.Fatalf("%d %s", refund.Status, refund.Body)
		}
		s.WantQuiet()
		s.Eventually("the tries are kept with their answers", func() bool {
			return len(held(t, s.Config.DatabaseURL.Reveal(), canaries...)) > 0 &&
				strings.Contains(strings.Join(held(t, s.Config.DatabaseURL.Reveal(), canaries...), "\n"), "delivery_tries.excerpt")
		})

		// A try that is under way would store its answer after the erasure.
		shop.Want(http.StatusOK, "PATCH", hooks, `{"disabled":true}`)
		s.Eventually("no webhook is under way", func() bool {
			waiting, _ := shop.Want(http.StatusOK, "GET", hooks+"/deliveries?status=pending", "")["data"].([]any)
			return len(waiting) == 0
		})

		const path = "/v1/customers/" + erasedReference
		customer := shop.Want(http.StatusOK, "GET", path, "")
		if customer["orders"] != 2.0 || customer["reference"] != "jenny canary/7@example.com" || customer["id"] == nil {
			t.Errorf("before: %v", customer)
		}
		before := shop.Want(http.StatusOK, "GET", "/v1/orders/"+first, "")

		for range 2 { // again is the same
			if r := shop.Call("DELETE", path, ""); r.Status != http.StatusNoContent || r.Body != "" {
				t.Fatalf("DELETE: %d %s", r.Status, r.Body)
			}
			if found := held(t, s.Config.DatabaseURL.Reveal(), canaries...); len(found) > 0 {
				t.Errorf("the database still holds\n%s", strings.Join(found, "\n"))
			}
		}
		shop.WantProblem(path, shop.Call("GET", path, ""), http.StatusNotFound, "customer_not_found", "")
		if got := s.Stripe("GET", "/v1/customers/"+customer["id"].(string)); got["deleted"] != true {
			t.Errorf("Stripe has %v", got)
		}

		after := shop.Want(http.StatusOK, "GET", "/v1/orders/"+first, "")
		for _, name := range []string{"id", "reference", "status", "payment_status", "amount", "amount_captured", "amount_refunded", "paid_at"} {
			if after[name] != before[name] {
				t.Errorf("%s was %v and is %v", name, before[name], after[name])
			}
		}
		who := after["customer"].(map[string]any)
		if who["email"] != nil || who["name"] != nil || who["reference"] != nil || after["shipping_address"] != nil ||
			after["billing_address"] != nil || after["erased_at"] == nil {
			t.Errorf("the order shows %v", after)
		}
		r := shop.Once("key 1", "/v1/orders", fmt.Sprintf(erasedOrder, 1))
		shop.WantProblem("/v1/orders", r, http.StatusConflict, "answer_erased", "")

		// What happens to the orders afterwards brings nothing back.
		shop.Want(http.StatusOK, "POST", "/v1/orders/"+second+"/refund", `{"reason":"requested_by_customer"}`)
		s.WantQuiet()
		if found := held(t, s.Config.DatabaseURL.Reveal(), canaries...); len(found) > 0 {
			t.Errorf("a refund brought back\n%s", strings.Join(found, "\n"))
		}
		shop.Want(http.StatusOK, "GET", "/v1/orders/"+second+"/timeline", "")

		// A replay finds no payload, and changes nothing.
		before = shop.Want(http.StatusOK, "GET", "/v1/orders/"+second, "")
		var ids []string
		for _, e := range s.Events(s.Inbox()) {
			ids = append(ids, e.ID)
		}
		if n, err := s.Inbox().ReplayEvents(t.Context(), ids, time.Now()); n != len(ids) || err != nil {
			t.Errorf("replayed %d, %v", n, err)
		}
		s.WantQuiet()
		if after := shop.Want(http.StatusOK, "GET", "/v1/orders/"+second, ""); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("the order was %v and is %v", before, after)
		}

		// The customer may buy again, as somebody new.
		third := bought(t, s, shop, 3)
		again := shop.Want(http.StatusOK, "GET", "/v1/orders/"+third, "")["customer"].(map[string]any)
		if again["id"] == nil || again["id"] == customer["id"] {
			t.Errorf("the next order belongs to %v", again)
		}
	})
}

func TestAnErasureThatMustWait(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	shop, reader := s.Backend(t, api.ScopeWrite), s.Backend(t, api.ScopeRead)
	const path = "/v1/customers/" + erasedReference
	paid := bought(t, s, shop, 1)
	open := shop.Want(http.StatusCreated, "POST", "/v1/orders", fmt.Sprintf(erasedOrder, 2))["id"].(string)

	m := shop.WantProblem(path, shop.Call("DELETE", path, ""), http.StatusConflict, "customer_in_use", "")
	if fmt.Sprint(m["orders"]) != "["+open+"]" {
		t.Errorf("refused for %v, want %s", m["orders"], open)
	}
	if c := reader.Want(http.StatusOK, "GET", path, ""); fmt.Sprint(c["blocking_orders"]) != "["+open+"]" || c["erasing"] != false {
		t.Errorf("got %v", c)
	}
	reader.WantProblem(path, reader.Call("DELETE", path, ""), http.StatusForbidden, "scope_insufficient", "")
	if o := shop.Want(http.StatusOK, "GET", "/v1/orders/"+paid, ""); o["erased_at"] != nil {
		t.Errorf("a refusal has erased %v", o)
	}

	// Stripe is down: the data is gone here, and its part follows.
	shop.Want(http.StatusOK, "POST", "/v1/orders/"+open+"/cancel", "")
	customer := shop.Want(http.StatusOK, "GET", path, "")["id"].(string)
	s.Fault("DELETE /v1/customers/*", sandbox.FaultStatus500, -1)
	if m := shop.Want(http.StatusAccepted, "DELETE", path, ""); m["status"] != "pending" {
		t.Errorf("got %v", m)
	}
	if o := shop.Want(http.StatusOK, "GET", "/v1/orders/"+paid, ""); o["erased_at"] == nil {
		t.Errorf("the order keeps %v", o["customer"])
	}
	if c := shop.Want(http.StatusOK, "GET", path, ""); c["erasing"] != true {
		t.Errorf("got %v", c)
	}
	shop.Want(http.StatusAccepted, "DELETE", path, "")

	// Who buys meanwhile is somebody new, and keeps everything.
	later := bought(t, s, shop, 3)

	s.App.Sandbox().ClearFaults()
	s.Restart()
	s.Eventually("the customer is deleted at Stripe", func() bool {
		return s.Stripe("GET", "/v1/customers/"+customer)["deleted"] == true &&
			shop.Want(http.StatusOK, "GET", path, "")["erasing"] == false
	})
	o := shop.Want(http.StatusOK, "GET", "/v1/orders/"+later, "")
	who := o["customer"].(map[string]any)
	if who["id"] == customer || who["email"] != e2etest.CanaryEmail || o["erased_at"] != nil || o["shipping_address"] == nil {
		t.Errorf("the later order is %v", o)
	}
	if got := s.Stripe("GET", "/v1/customers/"+who["id"].(string)); got["deleted"] == true {
		t.Errorf("the later customer is %v", got)
	}
}
