package api_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
)

func TestTheDocumentHasEveryRouteOfTheAPI(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	var routes []string
	for _, route := range s.Routes() {
		if strings.Contains(route, " /v1/") {
			routes = append(routes, route)
		}
	}

	documented := e2etest.DocumentedRoutes(t)
	slices.Sort(routes)
	slices.Sort(documented)
	if !slices.Equal(routes, documented) {
		t.Errorf("the app has the routes\n%s\nthe document\n%s", strings.Join(routes, "\n"), strings.Join(documented, "\n"))
	}

	r := s.Buyer(t).Call("GET", "/v1/openapi.json", "")
	if r.Status != http.StatusOK || r.Header.Get("Content-Type") != "application/json" || r.Body != string(api.Document()) {
		t.Errorf("got %d %s, want the document", r.Status, r.Header.Get("Content-Type"))
	}
}

func TestKeysOpenTheAPI(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeRead)
	id := s.Paid(t)

	_, foreign, err := api.NewKey("other", api.ScopeRefund, false, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, live, err := api.NewKey("live", api.ScopeRefund, true, time.Now())
	if err != nil {
		t.Fatal(err)
	}

	basic := func(user, password string) string {
		return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	anonymous := s.Buyer(t)
	path := "/v1/orders/" + id

	for name, header := range map[string]string{
		"bearer":            "Authorization: Bearer " + b.Secret,
		"bearer, any case":  "Authorization: bEARER " + b.Secret,
		"basic":             basic(b.Secret, ""),
		"a password counts": basic(b.Secret, "ignored"),
	} {
		if r := anonymous.Call("GET", path, "", header); r.Status != http.StatusOK {
			t.Errorf("%s: %d %s, want 200", name, r.Status, r.Body)
		}
	}

	// All refusals are the same, whether the order exists or not.
	var refusals []string
	for name, header := range map[string]string{
		"none": "X-None: 1", "empty": "Authorization: Bearer ", "unknown": "Authorization: Bearer " + foreign,
		"another mode": "Authorization: Bearer " + live, "cut off": "Authorization: Bearer " + b.Secret[:40],
		"in the password": basic("", b.Secret), "another scheme": "Authorization: Token " + b.Secret,
	} {
		for _, path := range []string{path, "/v1/orders/ord_none", "/v1/orders", path + "/timeline"} {
			r := anonymous.Call("GET", path, "", header)
			m := anonymous.WantProblem(path, r, http.StatusUnauthorized, "api_key_invalid", "")
			if r.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: no WWW-Authenticate", name)
			}
			refusals = append(refusals, m["detail"].(string))
		}
	}
	if len(slices.Compact(refusals)) != 1 {
		t.Errorf("the refusals differ: %q", refusals)
	}

	// Nor does the wrong scope tell anything.
	for _, id := range []string{id, "ord_none"} {
		for _, call := range []string{"capture", "cancel", "refund"} {
			path := "/v1/orders/" + id + "/" + call
			r := b.Call("POST", path, "{}")
			if r.Status != http.StatusForbidden || b.Object(r)["code"] != "scope_insufficient" {
				t.Errorf("%s: %d %s, want 403", path, r.Status, r.Body)
			}
		}
	}
	writer := s.Backend(t, api.ScopeWrite)
	if r := writer.Call("POST", path+"/refund", "{}"); r.Status != http.StatusForbidden {
		t.Errorf("a refund with the scope write: %d, want 403", r.Status)
	}
	if r := writer.Call("POST", path+"/capture", "{}"); r.Status != http.StatusConflict {
		t.Errorf("a capture with the scope write: %d, want 409, for the order is paid", r.Status)
	}

	if err := s.Store().RevokeAPIKey(t.Context(), b.Key.ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	b.WantProblem(path, b.Call("GET", path, ""), http.StatusUnauthorized, "api_key_invalid", "")

	keys, err := s.Store().APIKeys(t.Context())
	if err != nil || keys[0].LastUsedAt.IsZero() {
		t.Errorf("the last use is not kept: %+v, %v", keys, err)
	}
}

func TestAKeyHasALimit(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("API_RATE_LIMIT", "3"))
	b, other := s.Backend(t, api.ScopeRead), s.Backend(t, api.ScopeRead)
	for range 3 {
		b.Want(http.StatusOK, "GET", "/v1/orders", "")
	}

	r := b.Call("GET", "/v1/orders", "")
	b.WantProblem("/v1/orders", r, http.StatusTooManyRequests, "rate_limited", "")
	if r.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	other.Want(http.StatusOK, "GET", "/v1/orders", "")
}

func TestAnOrderInTheAPI(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeRead)
	id := s.Paid(t)

	got := b.Want(http.StatusOK, "GET", "/v1/orders/"+id, "")
	for name, want := range map[string]any{
		"id": id, "status": "paid", "payment_status": "paid", "amount": 1800.0, "amount_captured": 1800.0,
		"amount_refunded": 0.0, "currency": "usd", "url": s.URL + "/checkout/" + id, "reference": nil,
	} {
		if got[name] != want {
			t.Errorf("%s: got %v, want %v", name, got[name], want)
		}
	}

	r := b.Call("GET", "/v1/orders/ord_none", "")
	b.WantProblem("/v1/orders/ord_none", r, http.StatusNotFound, "order_not_found", "")
}

// page returns the IDs of a page, and whether there are more.
func page(t *testing.T, b *e2etest.Backend, query string) (ids []string, more bool) {
	t.Helper()
	r := b.Call("GET", "/v1/orders"+query, "")
	var list api.Page[api.OrderObject]
	if err := json.Unmarshal([]byte(r.Body), &list); err != nil || r.Status != http.StatusOK {
		t.Fatalf("GET /v1/orders%s: %d %s", query, r.Status, r.Body)
	}
	for _, o := range list.Data {
		ids = append(ids, o.ID)
	}
	return ids, list.HasMore
}

func TestOrdersAreListedInPages(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b, buyer := s.Backend(t, api.ScopeRead), s.Buyer(t)
	if ids, more := page(t, b, ""); len(ids) != 0 || more {
		t.Errorf("an empty shop lists %v, %t", ids, more)
	}

	var all []string // newest first
	for range 12 {
		all = slices.Insert(all, 0, buyer.Order("mug"))
	}
	paid := s.Paid(t)
	all = slices.Insert(all, 0, paid)

	if ids, more := page(t, b, ""); !slices.Equal(ids, all[:10]) || !more {
		t.Errorf("the first page is %v, %t; want the newest ten and more", ids, more)
	}

	var walked []string
	for query := "?limit=5"; ; {
		ids, more := page(t, b, query)
		walked = append(walked, ids...)
		if !more {
			break
		}
		query = "?limit=5&starting_after=" + ids[len(ids)-1]
	}
	if !slices.Equal(walked, all) {
		t.Errorf("the pages are %v, want %v", walked, all)
	}

	for query, want := range map[string][]string{
		"?status=paid":                          {paid},
		"?status=paid,open&limit=2":             all[:2],
		"?status=review":                        nil,
		"?limit=100&created_to=2020-01-01":      nil,
		"?limit=100&created_from=2020-01-01":    all,
		"?reference=A-1":                        nil,
		"?customer=cus_none":                    nil,
		"?limit=13&starting_after=" + all[11]:   all[12:],
		"?status=open&starting_after=" + all[2]: all[3:13],
	} {
		if ids, _ := page(t, b, query); !slices.Equal(ids, want) {
			t.Errorf("%s lists %v, want %v", query, ids, want)
		}
	}

	for query, want := range map[string]string{
		"?limit=0": "limit", "?limit=101": "limit", "?limit=x": "limit", "?status=sold": "status",
		"?created_from=yesterday": "created_from", "?starting_after=ord_none": "starting_after",
		"?ref=A-1": "ref", "?reference=": "reference", "?limit=1&limit=2": "limit",
	} {
		r := b.Call("GET", "/v1/orders"+query, "")
		if m := b.Object(r); r.Status != http.StatusUnprocessableEntity || m["field"] != want {
			t.Errorf("%s: %d %s, want 422 about %s", query, r.Status, r.Body, want)
		}
	}
}

func TestOperationsOfTheAPI(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("CAPTURE_METHOD", "manual"))
	b := s.Backend(t, api.ScopeRefund)
	buyer := s.Buyer(t)
	held := func() string {
		id := buyer.Order("mug")
		if r := buyer.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
			t.Fatalf("not authorized: %d %s", r.Status, r.Body)
		}
		return "/v1/orders/" + id
	}

	path := held()
	for body, field := range map[string]string{
		`{"amount":0}`: "amount", `{"amount":-1}`: "amount", `{"amount":1801}`: "amount", `{"amount":null}`: "amount",
		`{"amount":9223372036854775808}`: "amount",
	} {
		r := b.Call("POST", path+"/capture", body)
		if r.Status != http.StatusUnprocessableEntity || b.Object(r)["field"] != field {
			t.Errorf("capture %s: %d %s, want 422 about %s", body, r.Status, r.Body, field)
		}
	}
	for _, body := range []string{`{"amount":"5"}`, `{"sum":5}`, `[]`, `{`, `{"amount":1.5}`} {
		if r := b.Call("POST", path+"/capture", body); r.Status != http.StatusBadRequest && r.Status != http.StatusUnprocessableEntity {
			t.Errorf("capture %s: %d %s, want a refusal", body, r.Status, r.Body)
		}
	}

	got := b.Want(http.StatusOK, "POST", path+"/capture", `{"amount":1000}`)
	if got["status"] != "paid" || got["amount_captured"] != 1000.0 || fmt.Sprint(got["operation"].(map[string]any)["state"]) != "done" {
		t.Errorf("captured: %v", got)
	}

	got = b.Want(http.StatusOK, "POST", path+"/refund", `{"amount":300,"reason":"requested_by_customer"}`)
	op := got["operation"].(map[string]any)
	if got["payment_status"] != "partially_refunded" || got["amount_refunded"] != 300.0 || op["reason"] != "requested_by_customer" ||
		op["refund"].(map[string]any)["status"] != "succeeded" {
		t.Errorf("refunded: %v", got)
	}

	r := b.Call("POST", path+"/refund", `{"reason":"because"}`)
	b.WantProblem(path, r, http.StatusUnprocessableEntity, "reason_unknown", "reason")
	r = b.Call("POST", path+"/refund", `{"amount":"5"}`)
	b.WantProblem(path, r, http.StatusBadRequest, "wrong_type", "amount")

	got = b.Want(http.StatusOK, "POST", path+"/refund", "") // what is left
	if got["payment_status"] != "refunded" || got["amount_refunded"] != 1000.0 {
		t.Errorf("refunded: %v", got)
	}
	if r := b.Call("POST", path+"/refund", ""); r.Status != http.StatusConflict || b.Object(r)["code"] != "order_refunded" {
		t.Errorf("once more: %d %s, want 409", r.Status, r.Body)
	}

	path = held()
	if r := b.Call("POST", path+"/cancel", `{"reason":"fraudulent"}`); r.Status != http.StatusBadRequest {
		t.Errorf("cancel with a field: %d %s, want 400", r.Status, r.Body)
	}
	if got := b.Want(http.StatusOK, "POST", path+"/cancel", `{}`); got["status"] != "canceled" {
		t.Errorf("canceled: %v", got)
	}
	if r := b.Call("POST", path+"/capture", ""); r.Status != http.StatusConflict {
		t.Errorf("captured after that: %d %s, want 409", r.Status, r.Body)
	}
	if r := b.Call("POST", "/v1/orders/ord_none/cancel", ""); r.Status != http.StatusNotFound {
		t.Errorf("an unknown order: %d %s, want 404", r.Status, r.Body)
	}
}

func TestALongOrderIsRead(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeWrite)
	line := `{"name":"` + strings.Repeat("n", 250) + `","unit_amount":5,"description":"` + strings.Repeat("d", 500) + `"},`
	order := `{"items":[` + strings.TrimSuffix(strings.Repeat(line, 100), ",") + `]}`

	id := b.Want(http.StatusCreated, "POST", "/v1/orders", order)["id"].(string)
	if got := b.Want(http.StatusOK, "PATCH", "/v1/orders/"+id, order); got["amount"] != 500.0 {
		t.Errorf("got %v", got)
	}

	tooLong := `{"description":"` + strings.Repeat("d", api.MaxBody) + `"}`
	for _, c := range []struct{ method, path string }{
		{"POST", "/v1/orders"}, {"PATCH", "/v1/orders/" + id}, {"POST", "/v1/orders/" + id + "/capture"},
	} {
		if r := b.Call(c.method, c.path, tooLong); r.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s %s: %d, want 413", c.method, c.path, r.Status)
		}
	}
}
