package stripeapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/testhost"
)

// asked responds in place of Stripe's mock where its fixtures do not follow the
// request: a product that does not exist yet, a subscription for another
// amount.
type asked struct {
	missing bool   // products are not there
	status  string // of the customer's subscription
	invoice map[string]any
}

// RoundTrip forwards every request to the mock, which validates it.
func (a asked) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		return resp, err
	}

	switch {
	case r.Method == http.MethodGet && a.missing && r.URL.Path == "/v1/products/checkoutd_tea":
		return answer(resp, http.StatusNotFound,
			map[string]any{"error": map[string]any{"type": "invalid_request_error", "code": "resource_missing"}})
	case r.Method == http.MethodGet && r.URL.Path == "/v1/payment_intents/pi_1":
		return answer(resp, http.StatusOK, map[string]any{
			"id":      "pi_1",
			"object":  "payment_intent",
			"invoice": a.invoice,
		})

	case r.Method == http.MethodGet && r.URL.Path == "/v1/subscriptions":
		return answer(resp, http.StatusOK, map[string]any{"object": "list", "data": []any{map[string]any{
			"id":             "sub_1",
			"object":         "subscription",
			"status":         a.status,
			"latest_invoice": a.invoice,
			"metadata":       map[string]any{payments.MetaOrder: "ord_1"},
		}}})

	case r.Method == http.MethodPost && r.URL.Path == "/v1/subscriptions":
		var sub map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&sub); err != nil {
			return nil, err
		}

		sub["id"], sub["status"], sub["latest_invoice"] = "sub_1", "incomplete", a.invoice
		return answer(resp, http.StatusOK, sub)
	}

	return resp, nil
}

func answer(resp *http.Response, status int, body any) (*http.Response, error) {
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	data, err := json.Marshal(body)
	resp.StatusCode, resp.Body, resp.ContentLength = status, io.NopCloser(bytes.NewReader(data)), int64(len(data))
	return resp, err
}

func firstInvoice(amount int64, reason string) map[string]any {
	return map[string]any{
		"id":             "in_1",
		"object":         "invoice",
		"billing_reason": reason,
		"payment_intent": map[string]any{
			"id":       "pi_1",
			"object":   "payment_intent",
			"amount":   amount,
			"currency": "usd",
			"status":   "requires_payment_method",
			"invoice":  "in_1",
		},
	}
}

// TestStripeAcceptsEveryStepOfASubscription checks the requests that begin and
// end a subscription against Stripe's own description of its API.
func TestStripeAcceptsEveryStepOfASubscription(t *testing.T) {
	t.Parallel()
	url, seen := stripeMock(t)
	client := func(a asked) *stripeapi.Client {
		return stripeapi.New(stripeapi.Config{
			Key:        stripeapi.FixedKey("sk_test_123456789"),
			BaseURL:    url,
			Timeout:    testhost.Patience,
			AppVersion: "1.2.3",
			Transport:  a,
		})
	}

	p := payments.Params{
		Mode:     orders.ModeSubscription,
		Token:    "ctoken_1",
		Amount:   1000,
		Currency: "usd",
		Customer: "cus_1",
		Items: []orders.Item{{
			SKU:        "tea",
			Name:       "Tea",
			Quantity:   2,
			UnitAmount: 500,
			Recurring:  &orders.Recurring{Interval: "month", IntervalCount: 3},
		}},
		Options: orders.Options{
			OnBehalfOf:         "acct_1",
			PaymentMethodTypes: []string{"card", "us_bank_account"},
			BankVerification:   "instant",
		},
		Contact: orders.Contact{Email: "a@example.com", Shipping: &orders.Address{Name: "A",
			Address: orders.Place{Line1: "1 Road", Country: "FR"}}},
		ReturnURL: "https://shop.test/complete",
		Metadata:  map[string]string{payments.MetaOrder: "ord_1", payments.MetaAttempt: "att_1"},
	}

	// begin begins with one item more than the former call, in a process that
	// knows the products of that.
	one := client(asked{invoice: firstInvoice(1000, "subscription_create")})
	begin := func(more ...orders.Item) error {
		p.Items = append(p.Items, more...)
		_, err := one.Send(t.Context(), p, fmt.Sprintf("checkoutd-1%d", len(p.Items)))
		return err
	}

	begun := payments.Intent{ID: "pi_1", SubscriptionID: "sub_1"}
	checkCalls(t, seen, []call{
		{"begin with a new product", func() error {
			_, err := client(asked{missing: true, invoice: firstInvoice(1000,
				"subscription_create")}).Send(t.Context(), p, "checkoutd-1")
			return err
		}, []string{"GET /v1/products/checkoutd_tea", "POST /v1/products", "POST /v1/customers/cus_1",
			"POST /v1/subscriptions", "POST /v1/payment_intents/pi_1", "POST /v1/payment_intents/pi_1/confirm"}},
		{"begin with a known product", func() error {
			_, err := client(asked{invoice: firstInvoice(1000, "subscription_create")}).Send(t.Context(),
				p, "checkoutd-2")
			return err
		}, []string{"GET /v1/products/checkoutd_tea", "POST /v1/customers/cus_1",
			"POST /v1/subscriptions", "POST /v1/payment_intents/pi_1", "POST /v1/payment_intents/pi_1/confirm"}},
		{"begin with a product that another process knows", func() error { return begin() }, []string{
			"GET /v1/products/checkoutd_tea", "POST /v1/customers/cus_1",
			"POST /v1/subscriptions", "POST /v1/payment_intents/pi_1", "POST /v1/payment_intents/pi_1/confirm"}},
		{"begin with one-time goods", func() error {
			return begin(orders.Item{SKU: "mug", Name: "Mug", Quantity: 2, UnitAmount: 900})
		}, []string{"GET /v1/products/checkoutd_mug", "POST /v1/customers/cus_1",
			"POST /v1/subscriptions", "POST /v1/payment_intents/pi_1", "POST /v1/payment_intents/pi_1/confirm"}},
		{"begin with shipping", func() error {
			return begin(orders.Item{Name: "Post", Quantity: 1, UnitAmount: 490, Own: true})
		}, []string{"GET /v1/products/checkoutd-a5554622c655c7a7e470c115", "POST /v1/customers/cus_1",
			"POST /v1/subscriptions", "POST /v1/payment_intents/pi_1", "POST /v1/payment_intents/pi_1/confirm"}},
		{"end what was begun", func() error {
			return client(asked{invoice: map[string]any{"id": "in_1",
				"status": "open"}}).CancelIntent(t.Context(), begun, "checkoutd-3")
		}, []string{"GET /v1/payment_intents/pi_1", "POST /v1/invoices/in_1/void", "DELETE /v1/subscriptions/sub_1"}},
		{"end what somebody began to end", func() error {
			return client(asked{invoice: map[string]any{"id": "in_1",
				"status": "void"}}).CancelIntent(t.Context(), begun, "checkoutd-4")
		}, []string{"GET /v1/payment_intents/pi_1", "DELETE /v1/subscriptions/sub_1"}},
		{"check a customer", func() error { return client(asked{}).CheckCustomer(t.Context(), "cus_1") },
			[]string{"GET /v1/customers/cus_1"}},
	})
}

func TestSubscriptionForAnotherAmountIsNotConfirmed(t *testing.T) {
	t.Parallel()
	url, seen := stripeMock(t)
	p := payments.Params{
		Mode:     orders.ModeSubscription,
		Token:    "ctoken_1",
		Amount:   1000,
		Currency: "usd",
		Customer: "cus_1",
		Items: []orders.Item{{
			SKU:        "tea",
			Name:       "Tea",
			Quantity:   1,
			UnitAmount: 1000,
			Recurring:  &orders.Recurring{Interval: "month", IntervalCount: 1},
		}},
	}

	for name, invoice := range map[string]map[string]any{
		"another amount": firstInvoice(900, "subscription_create"),
		"no payment": {
			"id":             "in_1",
			"object":         "invoice",
			"billing_reason": "subscription_create",
		},
	} {
		before := len(seen())
		c := stripeapi.New(stripeapi.Config{
			Key:        stripeapi.FixedKey("sk_test_123456789"),
			BaseURL:    url,
			Timeout:    testhost.Patience,
			AppVersion: "1.2.3",
			Transport:  asked{invoice: invoice},
		})

		_, err := c.Send(t.Context(), p, "checkoutd-1")

		var e *payments.CallError
		if !errors.As(err, &e) || e.Mismatch == "" || e.Outcome != payments.OutcomeRefused {
			t.Errorf("%s: got %v, want a mismatch", name, err)
		}
		if made := seen()[before:]; len(made) != 2 {
			t.Errorf("%s: %d requests, want none after the subscription's", name, len(made))
		}
	}
}

// A running subscription must not be taken for none, or another would be begun.
func TestRunningSubscriptionIsFound(t *testing.T) {
	t.Parallel()
	url, _ := stripeMock(t)
	p := payments.Params{
		Mode:     orders.ModeSubscription,
		Customer: "cus_1",
		Metadata: map[string]string{payments.MetaOrder: "ord_1"},
	}

	for _, tt := range []struct {
		name     string
		at       asked
		found    bool
		mismatch bool
	}{
		{"with its first payment", asked{status: "incomplete", invoice: firstInvoice(900,
			"subscription_create")}, true, false},
		{"renewed since", asked{status: "active", invoice: firstInvoice(900, "subscription_cycle")}, false, true},
		{"paid by a credit", asked{status: "active", invoice: map[string]any{
			"id":             "in_1",
			"object":         "invoice",
			"billing_reason": "subscription_create",
		}}, false, true},
		{"ended", asked{status: "canceled", invoice: firstInvoice(900, "subscription_cycle")}, false, false},
	} {
		c := stripeapi.New(stripeapi.Config{
			Key:        stripeapi.FixedKey("sk_test_123456789"),
			BaseURL:    url,
			Timeout:    testhost.Patience,
			AppVersion: "1.2.3",
			Transport:  tt.at,
		})

		_, found, err := c.FindIntent(t.Context(), p, time.Unix(1, 0), time.Unix(2, 0))
		var e *payments.CallError
		if mismatch := errors.As(err, &e) && e.Mismatch != ""; found != tt.found || mismatch != tt.mismatch {
			t.Errorf("%s: found %t, %v", tt.name, found, err)
		}
	}
}
