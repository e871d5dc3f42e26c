package e2etest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/config"
	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks"
)

// ClubCatalog sells subscriptions.
const ClubCatalog = `{"currency": "usd", "products": [
	{"sku": "mug", "name": "Enamel mug", "price": "18.00", "digital": true},
	{"sku": "club", "name": "Tea club", "price": "12.00", "digital": true, "recurring": {"interval": "month"}},
	{"sku": "paper", "name": "Tea paper", "price": "3.00", "digital": true, "recurring": {"interval": "month"}}]}`

// ClubPrice is the price of the club in ClubCatalog, in minor units. The cards
// are Stripe's test cards (https://docs.stripe.com/testing).
const (
	ClubPrice      = 1200
	CardChallenges = "4000002500003155" // asks for 3D Secure unless it was set up
	cardSavesOnly  = "4000000000000341" // can be saved, and every charge of it is declined
)

// Selling replaces the shop's catalog.
func Selling(catalog string) Option {
	return func(s *Shop) {
		if err := os.WriteFile(s.Env["CATALOG_FILE"], []byte(catalog), 0o600); err != nil {
			s.T.Fatal(err)
		}
	}
}

// Stripe calls the API of the offline Stripe as the merchant would.
func (s *Shop) Stripe(method, path string, pairs ...string) map[string]any {
	s.T.Helper()
	return s.StripeIn("", method, path, pairs...)
}

// StripeIn is like Stripe for a connected account, "" for the platform's own.
func (s *Shop) StripeIn(account, method, path string, pairs ...string) map[string]any {
	s.T.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}

	target, body := s.Config.StripeAPIBase+path, io.Reader(strings.NewReader(form.Encode()))
	if method == http.MethodGet && len(pairs) > 0 {
		target, body = target+"?"+form.Encode(), http.NoBody
	}

	r, err := http.NewRequest(method, target, body)
	if err != nil {
		s.T.Fatal(err)
	}

	r.SetBasicAuth(config.SandboxSecretKey, "")
	if account != "" {
		r.Header.Set("Stripe-Account", account)
	}

	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")

	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.T.Fatal(err)
	}

	var out map[string]any
	err = json.NewDecoder(resp.Body).Decode(&out)
	if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
		s.T.Fatalf("%s %s: %d, %v %v", method, path, resp.StatusCode, err, out)
	}

	return out
}

// List returns the data of a list at Stripe.
func (s *Shop) List(path string, pairs ...string) (list []map[string]any) {
	s.T.Helper()
	for _, v := range s.Stripe(http.MethodGet, path, pairs...)["data"].([]any) {
		list = append(list, v.(map[string]any))
	}
	return list
}

// Authenticate passes or fails the 3D Secure of an intent, as the page of the
// buyer's bank does.
func (b *Buyer) Authenticate(secret, outcome string) {
	b.t.Helper()
	id, _, _ := strings.Cut(secret, "_secret_")
	r := b.PostForm(b.shop.Config.StripeAPIBase+"/3ds/"+id, url.Values{"client_secret": {secret}, "outcome": {outcome}})
	if r.Status != http.StatusOK {
		b.t.Fatalf("3D Secure: %d %s", r.Status, r.Body)
	}
}

// State returns what the shop knows of an order and its payments.
func (s *Shop) State(id string) *payments.State {
	s.T.Helper()
	st, err := s.Store().Read(context.Background(), id)
	if err != nil {
		s.T.Fatal(err)
	}
	return st
}

// WantStatus waits until the buyer sees a status and a payment status.
func (b *Buyer) WantStatus(id, want string) {
	b.t.Helper()
	got := ""
	defer func() {
		if got != want {
			b.t.Errorf("order %s is %q, want %q: %+v", id, got, want, b.shop.State(id).Order.ReviewReason)
		}
	}()
	b.shop.Eventually("the order is "+want, func() bool { got = b.Status(id); return got == want })
}

// quiet waits until the inbox has no pending event, and returns all events,
// newest first.
func (s *Shop) quiet() []webhooks.Event {
	s.T.Helper()
	in := s.Inbox()
	var all []webhooks.Event
	s.Eventually("every event is worked", func() bool {
		var err error
		if all, err = in.Events(context.Background(), webhooks.Filter{Limit: 1000}); err != nil {
			s.T.Fatal(err)
		}
		return len(all) >= len(s.App.Sandbox().Events()) && !slices.ContainsFunc(all, func(e webhooks.Event) bool {
			return e.State == webhooks.Received || e.State == webhooks.Working
		})
	})

	return all
}

// WantQuiet waits until every event has been processed, and checks that each
// found its order or was ignored.
func (s *Shop) WantQuiet() {
	s.T.Helper()
	for _, e := range s.quiet() {
		if e.State != webhooks.Done && e.State != webhooks.Ignored {
			s.T.Errorf("%s is %s: %s", e.Type, e.State, e.Note)
		}
	}
}

// ExpireNow makes an order expire, behind the server's back.
func (s *Shop) ExpireNow(id string) {
	s.T.Helper()
	err := s.Store().Update(context.Background(), id, nil, func(st *payments.State) error {
		st.Order.ExpiresAt = time.Now().Add(-time.Second)
		return nil
	})
	if err != nil {
		s.T.Fatal(err)
	}
}

// Reprice changes the price of an order in the store, as a promotion or a
// person would.
func (s *Shop) Reprice(id string, amount int64) {
	s.T.Helper()
	err := s.Store().Update(context.Background(), id, nil, func(st *payments.State) error {
		st.Order.Amount, st.Order.Items[0].UnitAmount = amount, amount
		st.Order.Version++
		return nil
	})
	if err != nil {
		s.T.Fatal(err)
	}
}
