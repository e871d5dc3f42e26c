package e2etest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"checkoutd/internal/config"
)

// Buyer is somebody who speaks HTTP to the shop, with cookies of their own.
type Buyer struct {
	t      *testing.T
	shop   *Shop
	Client *http.Client
}

func (s *Shop) Buyer(t *testing.T) *Buyer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}

	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &Buyer{
		t:    t,
		shop: s,
		Client: &http.Client{
			Jar:           jar,
			Transport:     transport,
			Timeout:       Patience,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Reply is an answer, read to its end.
type Reply struct {
	Status int
	Header http.Header
	Body   string
}

// origin is the shop's own name, or its address when only a proxy could answer
// to the name.
func (b *Buyer) origin() string {
	if strings.HasPrefix(b.shop.URL, "http://localhost") {
		return b.shop.URL
	}
	return "http://" + b.shop.App.Addr().String()
}

// Call sends a request. A body is JSON unless headers, "Name: value" each, say
// otherwise; "Name:" alone removes one.
func (b *Buyer) Call(method, path, body string, headers ...string) Reply {
	b.t.Helper()
	r, err := http.NewRequest(method, b.origin()+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}

	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}

	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Del(name)

		if value = strings.TrimSpace(value); value != "" {
			r.Header.Set(name, value)
		}
	}

	return b.send(r)
}

func (b *Buyer) send(r *http.Request) Reply {
	b.t.Helper()
	resp, err := b.Client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		b.t.Fatal(err)
	}
	return Reply{resp.StatusCode, resp.Header, string(text)}
}

// Object is the answer's JSON object.
func (b *Buyer) Object(r Reply) map[string]any {
	b.t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(r.Body), &m); err != nil {
		b.t.Fatalf("%d %q is no JSON object: %v", r.Status, r.Body, err)
	}
	return m
}

// Order places an order of one piece and gives its id.
func (b *Buyer) Order(sku string) string {
	b.t.Helper()
	r := b.Call("POST", "/orders", `{"items":[{"sku":"`+sku+`","quantity":1}]}`)
	if r.Status != http.StatusCreated {
		b.t.Fatalf("POST /orders: %d %s", r.Status, r.Body)
	}
	return b.Object(r)["id"].(string)
}

// Token makes a ConfirmationToken of a card, as Stripe.js does in the browser.
func (b *Buyer) Token(card string) string {
	b.t.Helper()
	form := url.Values{
		"key":                                                    {config.SandboxPublishableKey},
		"use_stripe_sdk":                                         {"true"},
		"payment_method_data[type]":                              {"card"},
		"payment_method_data[card][number]":                      {card},
		"payment_method_data[card][exp_month]":                   {"12"},
		"payment_method_data[card][exp_year]":                    {"2034"},
		"payment_method_data[card][cvc]":                         {"123"},
		"payment_method_data[billing_details][name]":             {CanaryName},
		"payment_method_data[billing_details][email]":            {CanaryEmail},
		"payment_method_data[billing_details][address][country]": {"US"},
	}

	resp, err := b.Client.PostForm(b.shop.Config.StripeAPIBase+"/v1/confirmation_tokens", form)
	if err != nil {
		b.t.Fatal(err)
	}

	var made struct {
		ID string `json:"id"`
	}
	err = json.NewDecoder(resp.Body).Decode(&made)
	if err := errors.Join(err, resp.Body.Close()); err != nil || made.ID == "" {
		b.t.Fatalf("no token: %d, %v", resp.StatusCode, err)
	}

	return made.ID
}

// Confirm pays an order with a card.
func (b *Buyer) Confirm(id, card string) Reply {
	b.t.Helper()
	return b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+b.Token(card)+`","orderId":"`+id+`"}`)
}

// Status is what the server tells the buyer of an order.
func (b *Buyer) Status(id string) string {
	b.t.Helper()
	r := b.Call("GET", "/orders/"+id, "")
	if r.Status != http.StatusOK {
		return r.Body
	}
	m := b.Object(r)
	return m["status"].(string) + " " + m["payment_status"].(string)
}

// Cookies are those that the buyer would send.
func (b *Buyer) Cookies() map[string]string {
	b.t.Helper()
	at, err := url.Parse(b.origin())
	if err != nil {
		b.t.Fatal(err)
	}
	all := map[string]string{}
	for _, c := range b.Client.Jar.Cookies(at) {
		all[c.Name] = c.Value
	}
	return all
}
