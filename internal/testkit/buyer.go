package testkit

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Buyer speaks HTTP to a shop and keeps its cookies, as a browser does. It does
// not follow redirects. A request that gets no response fails the test.
type Buyer struct {
	tb     testing.TB
	client *http.Client
}

// Reply is a response with its whole body.
type Reply struct {
	Status int
	Header http.Header
	Body   string
}

// NewBuyer returns a buyer without cookies who waits up to timeout for a
// response.
func NewBuyer(tb testing.TB, timeout time.Duration) *Buyer {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}

	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	return &Buyer{tb: tb, client: &http.Client{
		Jar:           jar,
		Transport:     transport,
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Call sends a request. A body is JSON unless headers, "Name: value" each, say
// otherwise; "Name:" alone removes a header.
func (b *Buyer) Call(method, address, body string, headers ...string) Reply {
	b.tb.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body))
	if err != nil {
		b.tb.Fatal(err)
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

	return b.Send(r)
}

// PostForm sends a form.
func (b *Buyer) PostForm(address string, form url.Values) Reply {
	b.tb.Helper()
	return b.Call(http.MethodPost, address, form.Encode(), "Content-Type: application/x-www-form-urlencoded")
}

// Send sends a request and reads the response to its end.
func (b *Buyer) Send(r *http.Request) Reply {
	b.tb.Helper()
	resp, err := b.client.Do(r)
	if err != nil {
		b.tb.Fatal(err)
	}

	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		b.tb.Fatal(err)
	}

	return Reply{resp.StatusCode, resp.Header, string(text)}
}

// Object returns the JSON object of a reply.
func (b *Buyer) Object(r Reply) map[string]any {
	b.tb.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(r.Body), &object); err != nil {
		b.tb.Fatalf("%d %q is not a JSON object: %v", r.Status, r.Body, err)
	}
	return object
}

// Token creates a ConfirmationToken of a card at the offline Stripe, as
// Stripe.js does in the browser, and returns its ID. key is the publishable
// key; more fields of the form, and headers, may be added.
func (b *Buyer) Token(stripe, key, card string, more url.Values, headers ...string) string {
	b.tb.Helper()
	form := url.Values{
		"key":                                  {key},
		"use_stripe_sdk":                       {"true"},
		"payment_method_data[type]":            {"card"},
		"payment_method_data[card][number]":    {card},
		"payment_method_data[card][exp_month]": {"12"},
		"payment_method_data[card][exp_year]":  {"2034"},
		"payment_method_data[card][cvc]":       {"123"},
	}

	for name, values := range more {
		form[name] = values
	}

	headers = append(headers, "Content-Type: application/x-www-form-urlencoded")
	r := b.Call(http.MethodPost, stripe+"/v1/confirmation_tokens", form.Encode(), headers...)
	id, _ := b.Object(r)["id"].(string)
	if id == "" {
		b.tb.Fatalf("no ConfirmationToken: %d %s", r.Status, r.Body)
	}

	return id
}

// Cookies returns the cookies that the buyer would send to an address.
func (b *Buyer) Cookies(address string) map[string]string {
	b.tb.Helper()
	at, err := url.Parse(address)
	if err != nil {
		b.tb.Fatal(err)
	}

	all := map[string]string{}
	for _, c := range b.client.Jar.Cookies(at) {
		all[c.Name] = c.Value
	}

	return all
}
