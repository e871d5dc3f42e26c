package app_test

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

// clubCatalog has things that are paid for again and again.
const clubCatalog = `{"currency": "usd", "products": [
	{"sku": "mug", "name": "Enamel mug", "price": "18.00", "digital": true},
	{"sku": "club", "name": "Tea club", "price": "12.00", "digital": true, "recurring": {"interval": "month"}},
	{"sku": "paper", "name": "Tea paper", "price": "3.00", "digital": true, "recurring": {"interval": "month"}}]}`

const (
	clubPrice      = 1200
	cardChallenges = "4000002500003155" // asks for 3D Secure unless it was set up
	cardSavesOnly  = "4000000000000341" // can be saved, and every charge of it is declined
)

// selling gives the shop another catalog.
func selling(catalog string) option {
	return func(s *shop) {
		if err := os.WriteFile(s.env["CATALOG_FILE"], []byte(catalog), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// asking sets a variable of the environment.
func asking(name, value string) option { return func(s *shop) { s.env[name] = value } }

// stripe calls the offline Stripe's API as the merchant would.
func (s *shop) stripe(method, path string, pairs ...string) map[string]any {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	target, body := s.cfg.StripeAPIBase+path, io.Reader(strings.NewReader(form.Encode()))
	if method == http.MethodGet && len(pairs) > 0 {
		target, body = target+"?"+form.Encode(), http.NoBody
	}
	r, err := http.NewRequest(method, target, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.SetBasicAuth(config.SandboxSecretKey, "")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	var out map[string]any
	err = json.NewDecoder(resp.Body).Decode(&out)
	if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %d, %v %v", method, path, resp.StatusCode, err, out)
	}
	return out
}

// list is the data of a list at Stripe.
func (s *shop) list(path string, pairs ...string) (list []map[string]any) {
	s.t.Helper()
	for _, v := range s.stripe(http.MethodGet, path, pairs...)["data"].([]any) {
		list = append(list, v.(map[string]any))
	}
	return list
}

// authenticate passes or fails the 3D Secure of an intent, as the buyer's bank does.
func (b *buyer) authenticate(secret, outcome string) {
	b.t.Helper()
	id, _, _ := strings.Cut(secret, "_secret_")
	resp, err := b.client.PostForm(b.shop.cfg.StripeAPIBase+"/3ds/"+id, url.Values{"client_secret": {secret}, "outcome": {outcome}})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatalf("3D Secure: %d, %v", resp.StatusCode, err)
	}
}

// ledger is what the shop knows of an order.
func (s *shop) ledger(id string) *payments.State {
	s.t.Helper()
	st, err := s.app.Ledger().Read(context.Background(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return st
}

// wantStatus waits until the buyer is told so.
func (b *buyer) wantStatus(id, want string) {
	b.t.Helper()
	got := ""
	defer func() {
		if got != want {
			b.t.Errorf("order %s is %q, want %q: %+v", id, got, want, b.shop.ledger(id).Order.ReviewReason)
		}
	}()
	b.shop.eventually("the order is "+want, func() bool { got = b.status(id); return got == want })
}

// quiet waits until the inbox has nothing left to do, and returns its events, newest first.
func (s *shop) quiet() []webhooks.Event {
	s.t.Helper()
	in := s.inbox()
	var all []webhooks.Event
	s.eventually("every event is worked", func() bool {
		var err error
		if all, err = in.Events(context.Background(), webhooks.Filter{Limit: 1000}); err != nil {
			s.t.Fatal(err)
		}
		return len(all) >= len(s.app.Sandbox().Events()) && !slices.ContainsFunc(all, func(e webhooks.Event) bool {
			return e.State == webhooks.Received || e.State == webhooks.Working
		})
	})
	return all
}

// wantQuiet waits until every event is worked and checks that each one found its order or
// changes nothing.
func (s *shop) wantQuiet() {
	s.t.Helper()
	for _, e := range s.quiet() {
		if e.State != webhooks.Done && e.State != webhooks.Ignored {
			s.t.Errorf("%s is %s: %s", e.Type, e.State, e.Note)
		}
	}
}

// expireNow ends the time of an order behind the server's back.
func (s *shop) expireNow(id string) {
	s.t.Helper()
	err := s.app.Ledger().Update(context.Background(), id, nil, func(st *payments.State) error {
		st.Order.ExpiresAt = time.Now().Add(-time.Second)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
