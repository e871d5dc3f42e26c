package app_test

import (
	"net/http"
	"testing"

	"checkoutd/internal/config"
)

// A merchant deletes the customer of a returning buyer, who must still see saved methods
// and be able to pay.
func TestBuyerWhoseCustomerWasDeletedCanPay(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	b := s.buyer(t)
	session := func(id string) string {
		t.Helper()
		r := b.call("POST", "/create-customer-session", `{"orderId":"`+id+`"}`)
		secret, _ := b.object(r)["customer_session_client_secret"].(string)
		if secret == "" {
			t.Fatalf("no session: %d %s", r.status, r.body)
		}
		st, err := s.app.Ledger().Read(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return st.Order.CustomerID
	}
	before := b.order("mug")
	dead := session(before)
	r, err := http.NewRequest(http.MethodDelete, s.cfg.StripeAPIBase+"/v1/customers/"+dead, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(config.SandboxSecretKey, "")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("deleting the customer: %d, %v", resp.StatusCode, err)
	}
	after := b.order("tea")
	fresh := session(after)
	if again := session(before); fresh == dead || again != fresh {
		t.Errorf("customers %q and %q after %q was deleted", fresh, again, dead)
	}
	for _, id := range []string{before, after} {
		if r := b.confirm(id, cardPays); r.status != http.StatusOK {
			t.Errorf("paying: %d %s", r.status, r.body)
		}
	}
}
