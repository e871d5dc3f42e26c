package torture_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/sandbox"
)

// The keys of the tests. The offline Stripe accepts every well-formed test key.
const (
	secretKey      = "sk_test_torture12345"
	publishableKey = "pk_test_torture12345"
	webhookSecret  = "whsec_torture12345"
	nextSecret     = "whsec_afterrotation1"
	connectSecret  = "whsec_tortureconnect"
)

// offline is the offline Stripe with breakpoints in front of it.
type offline struct {
	*sandbox.Server
	breakpoints
	url string
	own string // ID of the platform's own account
}

// retryDelays returns the delays of a delivery's retries, half a minute in all.
func retryDelays() []time.Duration {
	list := []time.Duration{50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond}
	for range 60 {
		list = append(list, 500*time.Millisecond)
	}
	return list
}

// newOffline starts an offline Stripe that delivers its webhooks to endpoint,
// and those of connected accounts to connect.
func newOffline(t *testing.T, endpoint, connect string) *offline {
	t.Helper()
	server, err := sandbox.New(sandbox.Config{
		Manage:      true,
		RetryDelays: retryDelays(),
		MaxObjects:  1_000_000,
		Endpoints: []sandbox.Endpoint{
			{URL: endpoint, Secret: webhookSecret},
			{URL: connect, Secret: connectSecret, Connect: true},
		},
	})
	if err != nil {
		t.Fatal(err)
	}

	s := &offline{Server: server}
	web := httptest.NewServer(s)
	s.url = web.URL

	var own made
	s.direct(t, "", http.MethodGet, "/v1/account", nil, &own)
	s.own = own.ID

	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()

		if err := server.Close(ctx); err != nil {
			t.Errorf("close the offline Stripe: %v", err)
		}

		web.CloseClientConnections()
		web.Close()
	})

	return s
}

func (s *offline) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, r.Method+" "+r.URL.Path, s.Server)
}

// fault adds a fault to the offline Stripe.
func (s *offline) fault(t *testing.T, f sandbox.Fault) {
	t.Helper()
	if _, err := s.AddFault(f); err != nil {
		t.Fatal(err)
	}
}

// events returns the IDs of all events so far.
func (s *offline) events() []string {
	var ids []string
	for _, e := range s.Events() {
		ids = append(ids, e.ID)
	}
	return ids
}

// intentOf returns the ID of an order's intent, "" if it has none.
func (s *offline) intentOf(order string) string {
	for _, in := range s.Ledger().Intents {
		if in.Metadata["checkoutd_order"] == order {
			return in.ID
		}
	}
	return ""
}

// The cards that buyers use (https://docs.stripe.com/testing).
const (
	goodCard     = "4242424242424242"
	declinedCard = "4000000000009995" // insufficient_funds
	secureCard   = "4000002500003155" // requires 3D Secure
)

// token creates a ConfirmationToken as the page's Stripe.js does, in a
// connected account or, if that is "", in the platform's own. mode is the
// order's.
func (s *offline) token(ctx context.Context, card, mode, account string) (string, error) {
	var out struct{ ID string }
	err := s.post(ctx, "/v1/confirmation_tokens", url.Values{
		"client_context[mode]":                 {mode},
		"_stripe_account":                      {account},
		"key":                                  {publishableKey},
		"payment_method_data[type]":            {"card"},
		"payment_method_data[card][number]":    {card},
		"payment_method_data[card][exp_month]": {"12"},
		"payment_method_data[card][exp_year]":  {fmt.Sprint(time.Now().Year() + 3)},
		"payment_method_data[card][cvc]":       {"123"},
		"use_stripe_sdk":                       {"true"},
		"return_url":                           {"http://localhost:4242/complete"},
	}, &out)

	return out.ID, err
}

// authenticate passes the 3D Secure challenge.
func (s *offline) authenticate(ctx context.Context, clientSecret string) error {
	id, _, _ := strings.Cut(clientSecret, "_secret_")
	var out struct{ Status string }
	return s.post(ctx, "/3ds/"+id, url.Values{"client_secret": {clientSecret}, "outcome": {"pass"}}, &out)
}

func (s *offline) post(ctx context.Context, path string, form url.Values, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}

	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")

	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()

	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("POST %s: status %d", path, res.StatusCode)
	}

	return json.NewDecoder(res.Body).Decode(out)
}
