package stripeapi_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"

	"checkoutd/internal/customersession"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/testhost"
)

// request is a request that reached Stripe, with the response of Stripe's own
// validation.
type request struct {
	method, path string
	header       http.Header
	status       int
}

// stripeMock is Stripe's official mock: it validates every request against
// Stripe's OpenAPI document.
func stripeMock(t *testing.T) (url string, seen func() []request) {
	t.Helper()
	spec, err := server.LoadSpec(embedded.OpenAPISpec, "")
	if err != nil {
		t.Fatal(err)
	}

	fixtures, err := server.LoadFixtures(embedded.OpenAPIFixtures, "")
	if err != nil {
		t.Fatal(err)
	}

	stub, err := server.NewStubServer(fixtures, spec, false, false)
	if err != nil {
		t.Fatal(err)
	}

	var mu sync.Mutex
	var list []request
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		stub.HandleRequest(rec, r)

		// Noted before it is answered: the caller looks as soon as it has the
		// answer.
		mu.Lock()
		list = append(list, request{r.Method, r.URL.Path, r.Header.Clone(), rec.Code})
		mu.Unlock()

		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes()) // the caller notices a cut answer
	}))

	t.Cleanup(srv.Close)

	return srv.URL, func() []request {
		mu.Lock()
		defer mu.Unlock()

		return append([]request(nil), list...)
	}
}

// TestStripeAcceptsEveryRequest makes every call that checkoutd makes, with all
// its parameters, and checks each request against Stripe's own description of
// its API.
func TestStripeAcceptsEveryRequest(t *testing.T) {
	t.Parallel()
	url, seen := stripeMock(t)
	c := stripeapi.New(stripeapi.Config{
		Key:        stripeapi.FixedKey("sk_test_123456789"),
		BaseURL:    url,
		Timeout:    testhost.Patience,
		AppVersion: "1.2.3",
	})

	ctx := context.Background()
	full := payments.Params{
		Token:    "ctoken_1",
		Amount:   1099,
		Currency: "usd",
		Customer: "cus_1",
		Options: orders.Options{
			CaptureMethod:              "manual",
			SetupFutureUsage:           "off_session",
			PaymentMethodConfiguration: "pmc_1",
			OnBehalfOf:                 "acct_1",
			RequireCVCRecollection:     true,
			ReceiptEmail:               true,
		},
		Contact: orders.Contact{Email: "a@example.com", Shipping: &orders.Address{
			Name:  "A",
			Phone: "+331",
			Address: orders.Place{
				Line1:      "1 Road",
				Line2:      "2",
				City:       "Paris",
				State:      "IDF",
				PostalCode: "75001",
				Country:    "FR",
			},
		}},
		ReturnURL: "https://shop.test/complete",
		Metadata:  map[string]string{payments.MetaOrder: "ord_1", payments.MetaAttempt: "att_1"},
	}

	again := full
	again.IntentID, again.BringUpToDate = "pi_1", true
	bare := again
	bare.Contact = orders.Contact{}
	types := full
	types.Options = orders.Options{
		PaymentMethodTypes: []string{"card", "us_bank_account"},
		Installments:       true,
		BankVerification:   "instant",
	}

	all := customersession.Features{
		Redisplay: true,
		Limit:     10,
		Filters:   []string{"always", "limited", "unspecified"},
		Remove:    true,
		Save:      true,
		SaveUsage: "off_session",
	}

	setup, setupTypes := full, types
	setup.Mode, setupTypes.Mode = orders.ModeSetup, orders.ModeSetup
	setupAgain := setup
	setupAgain.IntentID, setupAgain.BringUpToDate = "seti_1", true
	subscribe := full
	subscribe.Mode, subscribe.Items = orders.ModeSubscription, []orders.Item{
		{
			SKU:        "tea",
			Name:       "Tea",
			Quantity:   2,
			UnitAmount: 500,
			Recurring:  &orders.Recurring{Interval: "month", IntervalCount: 1},
		},
	}

	renewed := subscribe
	renewed.IntentID, renewed.BringUpToDate = "pi_1", true
	checkCalls(t, seen, []call{
		{"create and confirm", func() error { _, err := c.Send(ctx, full, "checkoutd-1"); return err },
			[]string{"POST /v1/payment_intents"}},
		{"create and confirm with method types", func() error {
			_, err := c.Send(ctx, types,
				"checkoutd-2")
			return err
		}, []string{"POST /v1/payment_intents"}},
		{"bring up to date and confirm again", func() error {
			_, err := c.Send(ctx, again,
				"checkoutd-3")
			return err
		}, []string{"POST /v1/payment_intents/pi_1", "POST /v1/payment_intents/pi_1/confirm"}},
		{"take the contact off and confirm again", func() error {
			_, err := c.Send(ctx, bare,
				"checkoutd-13")
			return err
		}, []string{"POST /v1/payment_intents/pi_1", "POST /v1/payment_intents/pi_1/confirm"}},
		{"read an intent", func() error { _, err := c.Intent(ctx, "pi_1"); return err },
			[]string{"GET /v1/payment_intents/pi_1"}},
		{"find an intent", func() error {
			_, _, err := c.FindIntent(ctx, full, time.Unix(1, 0), time.Unix(2, 0))
			return err
		}, []string{"GET /v1/payment_intents"}},
		{"cancel", func() error {
			return c.CancelIntent(ctx, payments.Intent{ID: "pi_1"},
				"checkoutd-4")
		}, []string{"POST /v1/payment_intents/pi_1/cancel"}},
		{"create and confirm a setup", func() error {
			_, err := c.Send(ctx, setup,
				"checkoutd-8")
			return err
		}, []string{"POST /v1/setup_intents"}},
		{"create and confirm a setup with method types", func() error {
			_, err := c.Send(ctx, setupTypes,
				"checkoutd-9")
			return err
		}, []string{"POST /v1/setup_intents"}},
		{"bring a setup up to date and confirm it again", func() error {
			_, err := c.Send(ctx,
				setupAgain, "checkoutd-10")
			return err
		}, []string{"POST /v1/setup_intents/seti_1", "POST /v1/setup_intents/seti_1/confirm"}},
		{"read a setup", func() error { _, err := c.Intent(ctx, "seti_1"); return err },
			[]string{"GET /v1/setup_intents/seti_1"}},
		{"find a setup", func() error {
			_, _, err := c.FindIntent(ctx, setup, time.Unix(1, 0), time.Unix(2, 0))
			return err
		}, []string{"GET /v1/setup_intents"}},
		{"cancel a setup", func() error {
			return c.CancelIntent(ctx, payments.Intent{ID: "seti_1"},
				"checkoutd-11")
		}, []string{"POST /v1/setup_intents/seti_1/cancel"}},
		{"confirm a subscription's intent again", func() error {
			_, err := c.Send(ctx, renewed,
				"checkoutd-12")
			return err
		}, []string{"POST /v1/customers/cus_1", "POST /v1/payment_intents/pi_1/confirm"}},
		{"read a subscription", func() error { _, err := c.Subscription(ctx, "sub_1"); return err },
			[]string{"GET /v1/subscriptions/sub_1"}},
		{"read an invoice's subscription", func() error {
			_, err := c.Invoice(ctx, "in_1")
			return err
		}, []string{"GET /v1/invoices/in_1"}},
		{"find a subscription", func() error {
			_, _, err := c.FindIntent(ctx, subscribe, time.Unix(1, 0), time.Unix(2, 0))
			return err
		}, []string{"GET /v1/subscriptions"}},
		{"capture", func() error {
			return c.Capture(ctx, payments.Operation{
				IntentID:       "pi_1",
				Amount:         600,
				IdempotencyKey: "checkoutd-op_1",
			})
		}, []string{"POST /v1/payment_intents/pi_1/capture"}},
		{"refund", func() error {
			return c.Refund(ctx, payments.Operation{
				ID:             "op_2",
				OrderID:        "ord_1",
				IntentID:       "pi_1",
				Amount:         600,
				Reason:         "duplicate",
				IdempotencyKey: "checkoutd-op_2",
			})
		}, []string{"POST /v1/refunds"}},
		{"list refunds", func() error { _, err := c.Refunds(ctx, "pi_1"); return err }, []string{"GET /v1/refunds"}},
		{"read a dispute", func() error { _, err := c.Dispute(ctx, "dp_1"); return err },
			[]string{"GET /v1/disputes/dp_1"}},
		{"create a customer", func() error {
			_, err := c.CreateCustomer(ctx, "buy_1",
				"checkoutd-5")
			return err
		}, []string{"POST /v1/customers"}},
		{"create a customer session", func() error {
			_, err := c.CreateCustomerSession(ctx, "cus_1", all,
				"checkoutd-6")
			return err
		}, []string{"POST /v1/customer_sessions"}},
		{"create a customer session with nothing", func() error {
			_, err := c.CreateCustomerSession(ctx, "cus_1", customersession.Features{}, "checkoutd-7")
			return err
		}, []string{"POST /v1/customer_sessions"}},
		{"list events", func() error {
			_, _, err := c.Events(ctx, "", time.Unix(1, 0),
				"evt_1")
			return err
		}, []string{"GET /v1/events"}},
	})
}

// call is one of our calls, with the requests that it makes.
type call struct {
	name string
	do   func() error
	want []string
}

// checkCalls makes the calls, each of whose requests Stripe's description must
// accept.
func checkCalls(t *testing.T, seen func() []request, calls []call) {
	t.Helper()
	for _, call := range calls {
		before := len(seen())
		if err := call.do(); err != nil {
			t.Errorf("%s: %v", call.name, err)
		}

		made := seen()[before:]
		if len(made) != len(call.want) {
			t.Errorf("%s: %d requests, want %v", call.name, len(made), call.want)
			continue
		}

		for i, r := range made {
			if got := r.method + " " + r.path; got != call.want[i] || r.status != http.StatusOK {
				t.Errorf("%s: %s answered %d, want %s and 200", call.name, got, r.status, call.want[i])
			}

			checkHeaders(t, r)
		}
	}
}

func checkHeaders(t *testing.T, r request) {
	t.Helper()
	if got := r.header.Get("Stripe-Version"); got != "2025-02-24.acacia" {
		t.Errorf("%s %s: Stripe-Version %q", r.method, r.path, got)
	}
	if got := r.header.Get("User-Agent"); !strings.Contains(got, "checkoutd/1.2.3 (") {
		t.Errorf("%s %s: User-Agent %q does not name the app", r.method, r.path, got)
	}
	if key := r.header.Get("Idempotency-Key"); r.method == http.MethodPost && !strings.HasPrefix(key, "checkoutd-") {
		t.Errorf("%s %s: idempotency key %q", r.method, r.path, key)
	}
	if r.header.Get("Authorization") != "Bearer sk_test_123456789" {
		t.Errorf("%s %s: not under the client's own key", r.method, r.path)
	}
}
