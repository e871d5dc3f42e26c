package api_test

import (
	"net/http"
	"testing"

	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
)

// A merchant deletes the customer of a returning buyer. The buyer must still
// see saved methods and be able to pay.
func TestBuyerWhoseCustomerWasDeletedCanPay(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	session := func(id string) string {
		t.Helper()
		r := b.Call("POST", "/create-customer-session", `{"orderId":"`+id+`"}`)
		secret, _ := b.Object(r)["customer_session_client_secret"].(string)
		if secret == "" {
			t.Fatalf("no session: %d %s", r.Status, r.Body)
		}

		st, err := s.Store().Read(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}

		return st.Order.CustomerID
	}

	before := b.Order("mug")
	dead := session(before)
	r, err := http.NewRequest(http.MethodDelete, s.Config.StripeAPIBase+"/v1/customers/"+dead, nil)
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

	after := b.Order("tea")
	fresh := session(after)
	if again := session(before); fresh == dead || again != fresh {
		t.Errorf("customers %q and %q after %q was deleted", fresh, again, dead)
	}

	for _, id := range []string{before, after} {
		if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
			t.Errorf("paying: %d %s", r.Status, r.Body)
		}
	}
}
