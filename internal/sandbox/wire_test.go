package sandbox_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/sandbox"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for key, status := range map[string]int{
		"sk_test_1234":      200,
		"rk_test_1234":      200,
		"sk_test_abc":       401,
		"sk_live_123456789": 401,
		"rk_live_123456789": 401,
		"pk_live_123456789": 401,
		"pk_test_123456789": 401,
		"nonsense":          401,
		"":                  401,
	} {
		r := b.do("GET", "/v1/customers", "", withKey(key))
		want(t, key, r.status, status)

		if status == 401 {
			want(t, key, r.str("error.type"), "invalid_request_error")
		}
	}

	want(t, "publishable", b.do("GET", "/v1/customers", "", withKey("pk_test_123456789")).str("error.code"), "secret_key_required")
	want(t, "basic", b.do("GET", "/v1/customers", "", func(r *http.Request) { r.SetBasicAuth(secretKey, "") }).status, 200)
}

func TestUnknownRoute(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	r := b.get("/v1/nonsense")
	want(t, "status", r.status, 404)
	want(t, "message", strings.HasPrefix(r.str("error.message"), "Unrecognized request URL (GET: /v1/nonsense)."), true)
	want(t, "known but left out", b.post("/v1/credit_notes").status, 501)
}

func TestListenLoopbackRefusesOtherAddresses(t *testing.T) {
	t.Parallel()
	for addr, fine := range map[string]bool{
		"127.0.0.1:0":   true,
		"localhost:0":   true,
		"0.0.0.0:0":     false,
		":0":            false,
		"192.0.2.1:0":   false,
		"example.com:0": false,
	} {
		l, err := sandbox.ListenLoopback(addr)
		want(t, addr, err == nil, fine)

		if l != nil {
			_ = l.Close()
		}
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	r := b.do("OPTIONS", "/v1/confirmation_tokens", "", header("Origin", "http://shop.test"))
	want(t, "status", r.status, 204)
	want(t, "origin", r.header.Get("Access-Control-Allow-Origin"), "*")
	manage := b.do("OPTIONS", "/_sandbox/ledger", "", header("Origin", "http://shop.test"))
	want(t, "management API", manage.header.Get("Access-Control-Allow-Origin"), "")
}

func TestPagination(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	var ids []string
	for i := range 5 {
		ids = append(ids, b.ok("/v1/customers", fmt.Sprintf("name=c%d", i)).str("id"))
	}

	first := b.get("/v1/customers?limit=2")
	want(t, "newest first", first.str("data.0.id"), ids[4])
	want(t, "has_more", first.at("has_more"), any(true))
	next := b.get("/v1/customers?limit=10&starting_after=" + ids[3])
	want(t, "after", next.str("data.0.id"), ids[2])
	want(t, "size", next.size("data"), 3)
	want(t, "has_more", next.at("has_more"), any(false))
	back := b.get("/v1/customers?limit=2&ending_before=" + ids[1])
	want(t, "before", back.str("data.0.id")+back.str("data.1.id"), ids[3]+ids[2])
	want(t, "has_more", back.at("has_more"), any(true))
	want(t, "limit", b.get("/v1/customers?limit=101").status, 400)
	want(t, "unknown cursor", b.get("/v1/customers?starting_after=cus_none").str("error.param"), "starting_after")
	b.do("DELETE", "/v1/customers/"+ids[2], "")
	want(t, "after a deletion", b.get("/v1/customers?limit=10&starting_after="+ids[3]).size("data"), 2)
	want(t, "deleted", b.get("/v1/customers/"+ids[2]).at("deleted"), any(true))
}

func TestExpand(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers", "name=x").str("id")
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true", "payment_method=pm_card_visa", "customer="+cus,
		"expand[]=customer", "expand[]=latest_charge.balance_transaction", "payment_method_types[]=card")
	want(t, "customer", pi.str("customer.name"), "x")
	want(t, "nested", pi.num("latest_charge.balance_transaction.fee"), 88)
	list := b.get("/v1/payment_intents?expand[]=data.payment_method")
	want(t, "in a list", list.str("data.0.payment_method.card.brand"), "visa")
	want(t, "not expandable", b.get("/v1/payment_intents/"+pi.str("id")+"?expand[]=status").status, 400)
	want(t, "nor is a number", b.get("/v1/payment_intents/"+pi.str("id")+"?expand[]=amount").str("error.param"), "expand")
	want(t, "nor is a hash", b.get("/v1/payment_intents/"+pi.str("id")+"?expand[]=metadata").str("error.param"), "expand")
	charge := b.get("/v1/charges/" + pi.str("latest_charge.id") + "?expand[]=refunds")
	want(t, "included list", charge.str("refunds.object"), "list")
}

func TestMetadataMerges(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers", "metadata[a]=1", "metadata[b]=2").str("id")
	r := b.ok("/v1/customers/"+cus, "metadata[b]=", "metadata[c]=3")
	want(t, "merged", fmt.Sprint(r.at("metadata")), "map[a:1 c:3]")
	r = b.ok("/v1/customers/"+cus, "metadata=")
	want(t, "cleared", fmt.Sprint(r.at("metadata")), "map[]")
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	key := func(k string) option { return header("Idempotency-Key", k) }
	body := form("amount=2000", "currency=usd", "confirm=true", "payment_method=pm_card_visa", "payment_method_types[]=card")

	t.Run("same key and parameters replay the answer", func(t *testing.T) {
		t.Parallel()
		b := newBox(t)
		first := b.do("POST", "/v1/payment_intents", body, key("k1"))
		second := b.do("POST", "/v1/payment_intents", body, key("k1"))
		want(t, "body", string(second.raw), string(first.raw))
		want(t, "replayed", second.header.Get("Idempotent-Replayed"), "true")
		want(t, "first replayed", first.header.Get("Idempotent-Replayed"), "")
		want(t, "original", second.header.Get("Original-Request"), first.header.Get("Request-Id"))
		want(t, "charges", len(b.s.Ledger().Charges), 1)
	})

	t.Run("a decline is replayed", func(t *testing.T) {
		t.Parallel()
		b := newBox(t)
		declined := strings.Replace(body, "pm_card_visa", "pm_card_chargeDeclined", 1)
		for range 2 {
			want(t, "status", b.do("POST", "/v1/payment_intents", declined, key("k1")).status, 402)
		}

		want(t, "charges", len(b.s.Ledger().Charges), 1)
	})

	t.Run("other parameters are refused", func(t *testing.T) {
		t.Parallel()
		b := newBox(t)
		b.do("POST", "/v1/payment_intents", body, key("k1"))
		r := b.do("POST", "/v1/payment_intents", strings.Replace(body, "2000", "2001", 1), key("k1"))
		want(t, "status", r.status, 400)
		want(t, "type", r.str("error.type"), "idempotency_error")
		other := b.do("POST", "/v1/customers", "", key("k1"))
		want(t, "other endpoint", other.str("error.type"), "idempotency_error")
	})

	t.Run("a malformed request is not remembered", func(t *testing.T) {
		t.Parallel()
		b := newBox(t)
		want(t, "status", b.do("POST", "/v1/payment_intents", "currency=usd", key("k1")).status, 400)
		want(t, "status", b.do("POST", "/v1/payment_intents", body, key("k1")).status, 200)
	})

	t.Run("a refused expansion does not charge twice", func(t *testing.T) {
		t.Parallel()
		b := newBox(t)
		for range 2 {
			want(t, "status", b.do("POST", "/v1/payment_intents", body+"&expand[]=nonsense", key("k1")).status, 400)
		}

		want(t, "charges", len(b.s.Ledger().Charges), 1)
	})

	t.Run("two at once", func(t *testing.T) {
		t.Parallel()
		b := newBox(t)
		if _, err := b.s.AddFault(sandbox.Fault{
			Route:   "POST /v1/payment_intents",
			Kind:    sandbox.FaultDelay,
			DelayMS: 2000,
		}); err != nil {
			t.Fatal(err)
		}

		var group sync.WaitGroup
		group.Add(1)
		go func() {
			defer group.Done()

			want(t, "first", b.do("POST", "/v1/payment_intents", body, key("k1")).status, 200)
		}()

		eventually(t, "the first holds the key", func() bool { return len(b.s.Faults()) == 0 })
		r := b.do("POST", "/v1/payment_intents", body, key("k1"))
		want(t, "status", r.status, 409)
		want(t, "code", r.str("error.code"), "idempotency_key_in_use")
		group.Wait()
		want(t, "charges", len(b.s.Ledger().Charges), 1)
	})

	t.Run("a key is forgotten after 24 hours", func(t *testing.T) {
		t.Parallel()
		var day clock
		b := newBox(t, day.use)
		b.do("POST", "/v1/payment_intents", body, key("k1"))
		day.forward(24*time.Hour + time.Second)
		want(t, "replayed", b.do("POST", "/v1/payment_intents", body, key("k1")).header.Get("Idempotent-Replayed"), "")
		want(t, "charges", len(b.s.Ledger().Charges), 2)
	})
}

func TestSearch(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for _, amount := range []string{"100", "200", "300"} {
		b.ok("/v1/payment_intents", "amount="+amount, "currency=usd", "metadata[order]=o"+amount)
	}

	find := func(query string) reply {
		return b.get("/v1/payment_intents/search?limit=2&query=" + url.QueryEscape(query))
	}
	for query, n := range map[string]int{
		`metadata['order']:'o200'`:                             1,
		`metadata["order"]:"none"`:                             0,
		`amount>=200`:                                          2,
		`amount>100 AND amount<300`:                            1,
		`metadata["order"]:"o100" OR metadata["order"]:"o300"`: 2,
		`-metadata["order"]:"o100"`:                            2,
		`customer:null amount:100`:                             1,
	} {
		want(t, query, find(query).size("data"), n)
	}

	all := find(`currency:"usd"`)
	want(t, "has_more", all.at("has_more"), any(true))
	rest := b.get("/v1/payment_intents/search?limit=2&page=" + all.str("next_page") + "&query=" + url.QueryEscape(`currency:"usd"`))
	want(t, "second page", rest.str("data.0.metadata.order"), "o100")

	for _, query := range []string{"", "nonsense", `a:"b" AND`, `a:"b" AND c:"d" OR e:"f"`} {
		want(t, query, find(query).status, 400)
	}
}
