package stripeapi_test

import (
	"net/http"
	"testing"

	"checkoutd/internal/orders"
)

// What the buyer removed is removed from the intent, or Stripe would mail its
// receipt there.
func TestUpdateRemovesWhatTheBuyerRemoved(t *testing.T) {
	t.Parallel()
	var update map[string][]string
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/payment_intents/pi_1" {
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}

			update = r.PostForm
		}

		_, _ = w.Write([]byte(`{"id":"pi_1","object":"payment_intent","status":"succeeded"}`))
	})

	p := params
	p.IntentID, p.BringUpToDate, p.Options = "pi_1", true, orders.Options{ReceiptEmail: true}

	for _, tt := range []struct {
		contact  orders.Contact
		receipts bool
		want     map[string]string // "-" is not sent
	}{
		{orders.Contact{}, true, map[string]string{
			"receipt_email":  "",
			"shipping":       "",
			"shipping[name]": "-",
		}},
		{orders.Contact{}, false, map[string]string{"receipt_email": "-", "shipping": ""}},
		{orders.Contact{Email: "a@example.com", Shipping: &orders.Address{Name: "A",
			Address: orders.Place{Line1: "1", Country: "FR"}}}, true,
			map[string]string{
				"receipt_email":  "a@example.com",
				"shipping":       "-",
				"shipping[name]": "A",
			}},
	} {
		p.Contact, p.ReceiptEmail = tt.contact, tt.receipts
		if _, err := c.Send(t.Context(), p, "checkoutd-1"); err != nil {
			t.Fatal(err)
		}

		for name, want := range tt.want {
			got, sent := update[name]
			if sent != (want != "-") || sent && got[0] != want {
				t.Errorf("%+v: %s is %q, want %q", tt.contact, name, got, want)
			}
		}
	}
}
