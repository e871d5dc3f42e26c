package e2etest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"checkoutd/internal/config"
	"checkoutd/internal/orders"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
)

// Buyer speaks HTTP to the shop.
type Buyer struct {
	*testkit.Buyer
	t    *testing.T
	shop *Shop
}

// Reply is a response with its whole body.
type Reply = testkit.Reply

// Buyer returns a new buyer of the shop, without cookies.
func (s *Shop) Buyer(t *testing.T) *Buyer {
	t.Helper()
	return &Buyer{Buyer: testkit.NewBuyer(t, testhost.Patience), t: t, shop: s}
}

// origin returns the shop's BASE_URL, or its address if only a proxy could
// answer to BASE_URL.
func (b *Buyer) origin() string {
	if strings.HasPrefix(b.shop.URL, "http://localhost") {
		return b.shop.URL
	}
	return "http://" + b.shop.App.Addr().String()
}

// Call sends a request to the shop (see testkit.Buyer). One to the API of the
// shop's backend must be as the API's document says.
func (b *Buyer) Call(method, path, body string, headers ...string) Reply {
	b.t.Helper()
	reply := b.Buyer.Call(method, b.origin()+path, body, headers...)
	if strings.HasPrefix(path, "/v1/") {
		wantDescribed(b.t, method, path, body, headers, reply)
	}
	return reply
}

// Order places an order of one piece of each product and returns its ID.
func (b *Buyer) Order(skus ...string) string {
	b.t.Helper()
	lines := `{"sku":"` + strings.Join(skus, `","quantity":1},{"sku":"`) + `","quantity":1}`
	r := b.Call("POST", "/orders", `{"items":[`+lines+`]}`)
	if r.Status != http.StatusCreated {
		b.t.Fatalf("POST /orders: %d %s", r.Status, r.Body)
	}
	return b.Object(r)["id"].(string)
}

// Token creates a ConfirmationToken of a card for an order that saves nothing.
func (b *Buyer) Token(card string) string {
	b.t.Helper()
	return b.token(card, orders.Order{Mode: orders.ModePayment})
}

// TokenFor creates a ConfirmationToken of a card for an order as its page does.
func (b *Buyer) TokenFor(id, card string) string {
	b.t.Helper()
	return b.token(card, b.shop.State(id).Order)
}

func (b *Buyer) token(card string, o orders.Order) string {
	b.t.Helper()
	return b.Buyer.Token(b.shop.Config.StripeAPIBase, config.SandboxPublishableKey, card, url.Values{
		"client_context[mode]":                                   {string(o.Mode)},
		"client_context[setup_future_usage]":                     {o.Options.SetupFutureUsage},
		"payment_method_data[billing_details][name]":             {CanaryName},
		"payment_method_data[billing_details][email]":            {CanaryEmail},
		"payment_method_data[billing_details][address][country]": {"US"},
	}, "Stripe-Account: "+o.Account)
}

// Confirm pays an order with a card.
func (b *Buyer) Confirm(id, card string) Reply {
	b.t.Helper()
	body := `{"confirmationTokenId":"` + b.TokenFor(id, card) + `","orderId":"` + id + `"}`
	return b.Call("POST", "/create-confirm-intent", body)
}

// Status returns the status and the payment status of an order, or the body of
// a refusal.
func (b *Buyer) Status(id string) string {
	b.t.Helper()
	r := b.Call("GET", "/orders/"+id, "")
	if r.Status != http.StatusOK {
		return r.Body
	}
	m := b.Object(r)
	return m["status"].(string) + " " + m["payment_status"].(string)
}

// Cookies returns the cookies that the buyer would send to the shop.
func (b *Buyer) Cookies() map[string]string {
	b.t.Helper()
	return b.Buyer.Cookies(b.origin())
}
