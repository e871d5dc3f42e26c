package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
)

const backendOrder = `{"reference":"A-1042","currency":"usd",
	"items":[{"sku":"W-7","name":"Walnut board","unit_amount":4500,"quantity":2,"image":"https://cdn.example/board.jpg","description":"Oiled","tax_amount":100},{"sku":"ebook"}],
	"shipping":{"name":"Bike","amount":500,"min_days":1,"max_days":2},
	"discounts":[{"name":"Loyal","amount":1000}],
	"taxes":[{"name":"City tax","amount":50},{"name":"VAT","amount":900,"inclusive":true}],
	"customer":{"reference":"c-7","email":"` + e2etest.CanaryEmail + `","name":"` + e2etest.CanaryName + `"},
	"metadata":{"cart":"77"},"description":"Boards and a book","statement_descriptor_suffix":"BOARDS",
	"success_url":"https://shop.example/thanks","cancel_url":"https://shop.example/cart","locale":"fr"}`

// open opens an order with the address that the shop gives to its buyer.
func open(b *e2etest.Buyer, url string) e2etest.Reply {
	_, path, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	return b.Call("GET", "/"+path, "", "Accept: text/html")
}

func TestTheBackendsOrderIsPaid(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	shop := s.Backend(t, api.ScopeWrite)
	o := shop.Want(http.StatusCreated, "POST", "/v1/orders", backendOrder)
	id, url := o["id"].(string), o["url"].(string)
	const total = 2*4500 + 800 - 1000 + 500 + 100 + 50
	if o["amount"] != float64(total) || o["status"] != "open" || o["reference"] != "A-1042" ||
		!strings.HasPrefix(o["client_token"].(string), id+".") || !strings.Contains(url, "/checkout/"+id+"?token=") {
		t.Fatalf("got %v", o)
	}

	// Whoever has the address may pay, and nobody else.
	b := s.Buyer(t)
	for _, wrong := range []string{"/checkout/" + id, "/checkout/" + id + "?token=wrong", "/checkout/ord_none?token=wrong"} {
		if r := b.Call("GET", wrong, "", "Accept: text/html"); r.Status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", wrong, r.Status)
		}
	}
	r := open(b, url)
	if r.Status != http.StatusSeeOther || r.Header.Get("Location") != "/checkout/"+id || r.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Fatalf("the address answers %d with %v", r.Status, r.Header)
	}
	page := b.Call("GET", "/checkout/"+id, "", "Accept: text/html", "Accept-Language: en")
	for _, want := range []string{`lang="fr"`, "Walnut board", "Oiled", "Loyal", "City tax", "VAT", "Bike", "Boards and a book", `href="https://shop.example/cart"`} {
		if page.Status != http.StatusOK || !strings.Contains(page.Body, want) {
			t.Errorf("the page (%d) does not show %s", page.Status, want)
		}
	}
	if strings.Contains(page.Body, "token=") || !strings.Contains(page.Header.Get("Content-Security-Policy"), "https://cdn.example") {
		t.Errorf("the page holds the token, or cannot show its picture: %s", page.Header.Get("Content-Security-Policy"))
	}

	b.WantProblem("/orders/"+id, b.Call("PATCH", "/orders/"+id, `{"items":[{"sku":"ebook","quantity":1}]}`), 409, "order_fixed", "")
	b.Change(id, `{"shipping":`+inFrance+`}`)
	if m := b.Object(b.Confirm(id, e2etest.CardPays)); m["status"] != "succeeded" {
		t.Fatalf("got %v", m)
	}
	s.WantLedger(1, total)

	intent := s.Stripe(http.MethodGet, "/v1/payment_intents/"+s.App.Sandbox().Ledger().Intents[0].ID)
	metadata := intent["metadata"].(map[string]any)
	if intent["description"] != "Boards and a book" || intent["statement_descriptor_suffix"] != "BOARDS" ||
		metadata["cart"] != "77" || metadata["checkoutd_order"] != id {
		t.Errorf("Stripe has %v, %v, %v", intent["description"], intent["statement_descriptor_suffix"], metadata)
	}

	paid := shop.Want(http.StatusOK, "GET", "/v1/orders/"+id, "")
	if paid["status"] != "paid" || paid["amount_captured"] != float64(total) || paid["client_token"] != nil || strings.Contains(paid["url"].(string), "token") {
		t.Errorf("got %v", paid)
	}
	back := b.Call("GET", "/complete?order="+id, "", "Accept: text/html")
	if back.Status != http.StatusSeeOther || !strings.HasPrefix(back.Header.Get("Location"), "https://shop.example/thanks") {
		t.Errorf("the buyer is sent to %q (%d)", back.Header.Get("Location"), back.Status)
	}
	shop.WantProblem("/v1/orders/"+id, shop.Call("PATCH", "/v1/orders/"+id, `{"description":"late"}`), 409, "order_not_open", "")

	if log := s.Logs.String(); strings.Contains(log, e2etest.CanaryEmail) || strings.Contains(log, url[strings.Index(url, "token="):]) || strings.Contains(log, "Walnut") {
		t.Error("the log holds the buyer's address, the token or the items")
	}
}

func TestTheBackendCreatesAnOrderOnce(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	shop := s.Backend(t, api.ScopeWrite)
	const body = `{"reference":"A-1","currency":"usd","items":[{"name":"Mug","unit_amount":900}]}`

	first := shop.Once("a", "/v1/orders", body)
	again := shop.Once("a", "/v1/orders", body)
	if first.Status != http.StatusCreated || again.Body != first.Body || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Fatalf("got %d %s, then %d %s", first.Status, first.Body, again.Status, again.Body)
	}
	id := shop.Object(first)["id"]

	for _, r := range []e2etest.Reply{shop.Once("b", "/v1/orders", body), shop.Call("POST", "/v1/orders", body)} {
		if m := shop.WantProblem("/v1/orders", r, http.StatusConflict, "reference_taken", ""); m["order"] != id {
			t.Errorf("got %v, want the order %v", m, id)
		}
	}

	var racing sync.WaitGroup
	var mu sync.Mutex
	ids := map[any]bool{}
	for range 6 {
		racing.Go(func() {
			r := shop.Call("POST", "/v1/orders", strings.Replace(body, "A-1", "A-2", 1))
			m := shop.Object(r)
			mu.Lock()
			defer mu.Unlock()
			if r.Status == http.StatusCreated {
				ids[m["id"]] = true
			} else {
				ids[m["order"]] = true
			}
		})
	}
	racing.Wait()
	if len(ids) != 1 || ids[nil] {
		t.Errorf("one reference has the orders %v", ids)
	}
}

// The shop changes an order after a card was declined: the next payment shows
// the new terms, and the former intent can take nothing.
func TestTheBackendChangesItsOrder(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	shop := s.Backend(t, api.ScopeWrite)
	o := shop.Want(http.StatusCreated, "POST", "/v1/orders", `{"currency":"usd","items":[{"name":"Mug","unit_amount":900}],"description":"One mug"}`)
	id := o["id"].(string)
	b := s.Buyer(t)
	open(b, o["url"].(string))
	b.WantProblem("/create-confirm-intent", b.Confirm(id, e2etest.CardDeclined), 402, "payment_declined", "")

	changed := shop.Want(http.StatusOK, "PATCH", "/v1/orders/"+id, `{"items":[{"name":"Mug","unit_amount":900,"quantity":2}],"description":"Two mugs","metadata":{"v":"2"}}`)
	if changed["amount"] != 1800.0 || changed["description"] != "Two mugs" {
		t.Errorf("got %v", changed)
	}
	old := b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+b.Token(e2etest.CardPays)+`","expectedAmount":900}`)
	b.WantProblem("/create-confirm-intent", old, 409, "amount_changed", "")
	if m := b.Object(b.Confirm(id, e2etest.CardPays)); m["status"] != "succeeded" {
		t.Fatalf("got %v", m)
	}

	s.WantCharged(1800)
	intents := s.App.Sandbox().Ledger().Intents
	last := s.Stripe(http.MethodGet, "/v1/payment_intents/"+s.State(id).Attempts[1].IntentID)
	if len(intents) != 2 || last["description"] != "Two mugs" || last["metadata"].(map[string]any)["v"] != "2" {
		t.Errorf("%d intents, the last is %v", len(intents), last["description"])
	}
}

func TestTheBackendsFreeOrderIsPlaced(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	shop := s.Backend(t, api.ScopeWrite)
	o := shop.Want(http.StatusCreated, "POST", "/v1/orders", `{"currency":"usd","items":[{"name":"Sample","unit_amount":0}]}`)
	b := s.Buyer(t)
	open(b, o["url"].(string))
	if m := b.Object(b.Call("POST", "/create-confirm-intent", place)); m["status"] != "succeeded" {
		t.Errorf("got %v", m)
	}
	if got := shop.Want(http.StatusOK, "GET", "/v1/orders/"+o["id"].(string), ""); got["status"] != "paid" || got["paid_at"] == nil {
		t.Errorf("got %v", got)
	}
	s.WantLedger(0)
}

func TestTheBackendIsToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	shop := s.Backend(t, api.ScopeWrite)
	for body, want := range map[string]struct {
		status      int
		code, field string
	}{
		`{}`:                         {422, "items_empty", "items"},
		`{"itmes":[]}`:               {400, "unknown_field", "itmes"},
		`{"items":[{"price":5}]}`:    {400, "unknown_field", "items[0].price"},
		`{"items":[{"sku":"nope"}]}`: {422, "sku_unknown", "items[0].sku"},
		`{"currency":"usd","items":[{"name":"Mug","unit_amount":9.5}]}`:                       {422, "number_out_of_range", "items[0].unit_amount"},
		`{"currency":"usd","items":[{"name":"Mug","unit_amount":900}],"metadata":{"a":1}}`:    {400, "wrong_type", "metadata.a"},
		`{"currency":"usd","items":[{"name":"Mug","unit_amount":900}],"shipping":{"cost":1}}`: {400, "unknown_field", "shipping.cost"},
	} {
		r := shop.Call("POST", "/v1/orders", body)
		if m := shop.Object(r); r.Status != want.status || m["code"] != want.code || m["field"] != want.field {
			t.Errorf("%s: %d %s, want %d %s in %s", body, r.Status, r.Body, want.status, want.code, want.field)
		}
	}
	if list := shop.Want(http.StatusOK, "GET", "/v1/orders", ""); len(list["data"].([]any)) != 0 {
		t.Errorf("it left %v", list)
	}
}

// The shop vouches for its customer: two devices see one customer at Stripe.
func TestTheBackendsCustomerIsOneEverywhere(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	shop := s.Backend(t, api.ScopeWrite)
	customers := map[string]bool{}
	for range 2 {
		o := shop.Want(http.StatusCreated, "POST", "/v1/orders", `{"currency":"usd","items":[{"name":"Mug","unit_amount":900}],"customer":{"reference":"c-7"}}`)
		b := s.Buyer(t)
		open(b, o["url"].(string))
		b.Call("POST", "/create-customer-session", "")
		b.Confirm(o["id"].(string), e2etest.CardPays)
		customers[s.State(o["id"].(string)).Order.CustomerID] = true
	}
	if len(customers) != 1 || customers[""] {
		t.Errorf("the customers are %v", customers)
	}
}

// What the shop says of a subscription and of a hold reaches Stripe, too.
func TestTheBackendsOtherModes(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	shop := s.Backend(t, api.ScopeWrite)

	o := shop.Want(http.StatusCreated, "POST", "/v1/orders", `{"items":[{"sku":"club"}],"metadata":{"plan":"7"},"description":"Tea"}`)
	b := s.Buyer(t)
	open(b, o["url"].(string))
	b.Confirm(o["id"].(string), e2etest.CardPays)
	if got := shop.Want(http.StatusOK, "GET", "/v1/orders/"+o["id"].(string), ""); got["status"] != "paid" || got["mode"] != "subscription" {
		t.Errorf("got %v", got)
	}
	sub := s.Stripe(http.MethodGet, "/v1/subscriptions/"+s.State(o["id"].(string)).Subscriptions[0].ID)
	if sub["description"] != "Tea" || sub["metadata"].(map[string]any)["plan"] != "7" {
		t.Errorf("the subscription has %v, %v", sub["description"], sub["metadata"])
	}

	o = shop.Want(http.StatusCreated, "POST", "/v1/orders", `{"currency":"usd","items":[{"name":"Mug","unit_amount":900}],"capture_method":"manual","payment_method_types":["card"]}`)
	b = s.Buyer(t)
	open(b, o["url"].(string))
	b.Confirm(o["id"].(string), e2etest.CardPays)
	if got := shop.Want(http.StatusOK, "POST", "/v1/orders/"+o["id"].(string)+"/capture", ""); got["status"] != "paid" || got["capture_method"] != "manual" {
		t.Errorf("got %v", got)
	}
}
