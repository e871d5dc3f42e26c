package app_test

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

// buyer is somebody who speaks HTTP to the shop, with cookies of their own.
type buyer struct {
	t      *testing.T
	shop   *shop
	client *http.Client
}

func (s *shop) buyer(t *testing.T) *buyer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &buyer{t: t, shop: s, client: &http.Client{
		Jar: jar, Transport: transport, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// origin is the shop's own name, or its address when only a proxy could answer to the name.
func (b *buyer) origin() string {
	if strings.HasPrefix(b.shop.url, "http://localhost") {
		return b.shop.url
	}
	return "http://" + b.shop.app.Addr().String()
}

// call sends a request. A body is JSON unless headers, "Name: value" each, say otherwise;
// "Name:" alone removes one.
func (b *buyer) call(method, path, body string, headers ...string) reply {
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

func (b *buyer) send(r *http.Request) reply {
	b.t.Helper()
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		b.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(text)}
}

// object is the answer's JSON object.
func (b *buyer) object(r reply) map[string]any {
	b.t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(r.body), &m); err != nil {
		b.t.Fatalf("%d %q is no JSON object: %v", r.status, r.body, err)
	}
	return m
}

// order places an order of one piece and gives its id.
func (b *buyer) order(sku string) string {
	b.t.Helper()
	r := b.call("POST", "/orders", `{"items":[{"sku":"`+sku+`","quantity":1}]}`)
	if r.status != http.StatusCreated {
		b.t.Fatalf("POST /orders: %d %s", r.status, r.body)
	}
	return b.object(r)["id"].(string)
}

// token makes a ConfirmationToken of a card, as Stripe.js does in the browser.
func (b *buyer) token(card string) string {
	b.t.Helper()
	form := url.Values{
		"key": {config.SandboxPublishableKey}, "use_stripe_sdk": {"true"},
		"payment_method_data[type]":                              {"card"},
		"payment_method_data[card][number]":                      {card},
		"payment_method_data[card][exp_month]":                   {"12"},
		"payment_method_data[card][exp_year]":                    {"2034"},
		"payment_method_data[card][cvc]":                         {"123"},
		"payment_method_data[billing_details][name]":             {canaryName},
		"payment_method_data[billing_details][email]":            {canaryEmail},
		"payment_method_data[billing_details][address][country]": {"US"},
	}
	resp, err := b.client.PostForm(b.shop.cfg.StripeAPIBase+"/v1/confirmation_tokens", form)
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

// confirm pays an order with a card.
func (b *buyer) confirm(id, card string) reply {
	b.t.Helper()
	return b.call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+b.token(card)+`","orderId":"`+id+`"}`)
}

// status is what the server tells the buyer of an order.
func (b *buyer) status(id string) string {
	b.t.Helper()
	r := b.call("GET", "/orders/"+id, "")
	if r.status != http.StatusOK {
		return r.body
	}
	m := b.object(r)
	return m["status"].(string) + " " + m["payment_status"].(string)
}

// cookies are those that the buyer would send.
func (b *buyer) cookies() map[string]string {
	b.t.Helper()
	at, err := url.Parse(b.origin())
	if err != nil {
		b.t.Fatal(err)
	}
	all := map[string]string{}
	for _, c := range b.client.Jar.Cookies(at) {
		all[c.Name] = c.Value
	}
	return all
}
