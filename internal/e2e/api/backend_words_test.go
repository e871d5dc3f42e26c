package api_test

import (
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
)

// What the API says is for a developer of the shop's backend.
func TestTheAPISpeaksToDevelopers(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeRead)

	for _, c := range []struct {
		method, path string
		status       int
		code, says   string
	}{
		{"GET", "/v1/order", 404, "not_found", "/v1/openapi.json"},
		{"GET", "/v1/orders/ord_1/lines", 404, "not_found", "/v1/openapi.json"},
		{"GET", "/v1/", 404, "not_found", "/v1/openapi.json"},
		{"PUT", "/v1/orders", 405, "method_not_allowed", "GET, HEAD, POST"},
		{"GET", "/v1/orders/ord_none", 404, "order_not_found", "no order with this ID"},
		{"GET", "/v1/orders/ord_none/timeline", 404, "order_not_found", "no order with this ID"},
		{"POST", "/v1/orders/ord_none/refund", 403, "scope_insufficient", "the scope refund, and this key has the scope read"},
	} {
		// A browser's headers change nothing: there are no pages here.
		m := b.WantProblem(c.path, b.Call(c.method, c.path, "", "Accept: text/html"), c.status, c.code, "")
		if detail, _ := m["detail"].(string); !strings.Contains(detail, c.says) || strings.Contains(detail, "yours") {
			t.Errorf("%s %s says %q, want %q", c.method, c.path, detail, c.says)
		}
	}

	writer := s.Backend(t, api.ScopeWrite)
	r := writer.Once("key", "/v1/orders/ord_none/cancel", "")
	if m := writer.WantProblem("/v1/orders", r, http.StatusNotFound, "order_not_found", ""); strings.Contains(m["detail"].(string), "yours") {
		t.Errorf("a repeatable call says %v", m["detail"])
	}
	for body, field := range map[string]string{
		`{"items":[{"sku":"mug","colour":"red"}]}`:                                "items[0].colour",
		`{"items":[{"sku":"mug"}],"customer":{"phone":"1"}}`:                      "customer.phone",
		`{"items":[{"sku":"mug"}],"shipping":{"name":"A","amount":1,"eta":1}}`:    "shipping.eta",
		`{"items":[{"sku":"mug"},{"sku":"mug"}],"taxes":[{"name":"A","rate":1}]}`: "taxes[0].rate",
	} {
		writer.WantProblem("/v1/orders", writer.Call("POST", "/v1/orders", body), http.StatusBadRequest, "unknown_field", field)
	}
}

func TestOrdersByPaymentStatus(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeRefund)
	paid, refunded, open := s.Paid(t), s.Paid(t), s.Buyer(t).Order("mug")
	b.Want(http.StatusOK, "POST", "/v1/orders/"+refunded+"/refund", `{"amount":100}`)

	for query, want := range map[string][]string{
		"payment_status=paid":                            {paid},
		"payment_status=partially_refunded":              {refunded},
		"payment_status=partially_refunded,paid":         {refunded, paid},
		"payment_status=unpaid":                          {open},
		"payment_status=unpaid&status=paid":              {},
		"status=paid&payment_status=unpaid,paid&limit=1": {paid},
	} {
		var got []string
		for _, o := range b.Want(http.StatusOK, "GET", "/v1/orders?"+query, "")["data"].([]any) {
			got = append(got, o.(map[string]any)["id"].(string))
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	r := b.Call("GET", "/v1/orders?payment_status=settled", "")
	b.WantProblem("/v1/orders", r, http.StatusUnprocessableEntity, "status_unknown", "payment_status")
}

// The picture of a catalog's product has an address that the shop can use, and
// the timeline begins with the order as it was then.
func TestPicturesAndTheFirstEntry(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(`{"currency":"usd","products":[{"sku":"mug","name":"Mug","price":"18.00","image":"mug.svg"}]}`))
	b := s.Backend(t, api.ScopeRead)
	id := s.Paid(t)

	item := b.Want(http.StatusOK, "GET", "/v1/orders/"+id, "")["items"].([]any)[0].(map[string]any)
	image, _ := item["image"].(string)
	path, ours := strings.CutPrefix(image, s.URL)
	if r := b.Buyer.Call("GET", path, ""); !ours || r.Status != http.StatusOK || !strings.Contains(r.Body, "<svg") {
		t.Errorf("the image %q answers %d", image, r.Status)
	}

	first := b.Want(http.StatusOK, "GET", "/v1/orders/"+id+"/timeline", "")["data"].([]any)[0].(map[string]any)
	if first["kind"] != "order" || first["status"] != "open" {
		t.Errorf("the timeline begins with %v", first)
	}
}
