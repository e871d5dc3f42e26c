package sandbox_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"
)

// sdk returns Stripe's own Go library, pointed at the sandbox.
func (b *box) sdk() *client.API {
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String(b.url),
		MaxNetworkRetries: stripe.Int64(0),
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
	})

	return client.New(secretKey, &stripe.Backends{API: backend})
}

// must returns a result, or fails the test on an error: must(call())(t).
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// refusal returns the Stripe error that err wraps.
func refusal(t *testing.T, err error) *stripe.Error {
	t.Helper()
	var e *stripe.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a Stripe error", err)
	}
	return e
}

func TestSDKCustomers(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	api := b.sdk()
	p := &stripe.CustomerParams{
		Name:    stripe.String("Jenny"),
		Email:   stripe.String("j@b.test"),
		Address: &stripe.AddressParams{City: stripe.String("Paris")},
	}

	p.AddMetadata("a", "1")
	cus := must(api.Customers.New(p))(t)
	want(t, "name", cus.Name, "Jenny")
	want(t, "city", cus.Address.City, "Paris")
	want(t, "metadata", cus.Metadata["a"], "1")
	change := &stripe.CustomerParams{Description: stripe.String("x")}
	change.AddMetadata("a", "")
	change.AddMetadata("b", "2")
	cus = must(api.Customers.Update(cus.ID, change))(t)
	want(t, "removed", len(cus.Metadata), 1)

	for range 12 {
		must(api.Customers.New(&stripe.CustomerParams{}))(t)
	}

	list := &stripe.CustomerListParams{}
	list.Limit = stripe.Int64(5)
	seen := map[string]bool{}
	for it := api.Customers.List(list); it.Next(); {
		seen[it.Customer().ID] = true
	}

	want(t, "all pages", len(seen), 13)
	must(api.Customers.Del(cus.ID, nil))(t)
	want(t, "deleted", must(api.Customers.Get(cus.ID, nil))(t).Deleted, true)
	_, err := api.Customers.Get("cus_none", nil)
	e := refusal(t, err)
	want(t, "code", e.Code, stripe.ErrorCodeResourceMissing)
	want(t, "status", e.HTTPStatusCode, http.StatusNotFound)
	want(t, "request id", e.RequestID != "", true)
}

func TestSDKDecline(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	_, err := api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount:             stripe.Int64(2000),
		Currency:           stripe.String("usd"),
		Confirm:            stripe.Bool(true),
		PaymentMethod:      stripe.String("pm_card_visa_chargeDeclinedInsufficientFunds"),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
	})

	e := refusal(t, err)
	want(t, "type", e.Type, stripe.ErrorTypeCard)
	want(t, "code", e.Code, stripe.ErrorCodeCardDeclined)
	want(t, "decline", e.DeclineCode, stripe.DeclineCodeInsufficientFunds)
	want(t, "intent", e.PaymentIntent.Status, stripe.PaymentIntentStatusRequiresPaymentMethod)
	want(t, "method", e.PaymentMethod.Card.Last4, "9995")
	var card *stripe.CardError
	want(t, "card error", errors.As(e.Err, &card), true)
	again, err := api.PaymentIntents.Confirm(e.PaymentIntent.ID, &stripe.PaymentIntentConfirmParams{
		PaymentMethod: stripe.String("pm_card_mastercard"),
	})
	want(t, "second card", must(again, err)(t).Status, stripe.PaymentIntentStatusSucceeded)
}

func TestSDKErrorTypes(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	api := b.sdk()
	_, err := api.PaymentIntents.New(&stripe.PaymentIntentParams{Amount: stripe.Int64(2000)})
	want(t, "missing", refusal(t, err).Code, stripe.ErrorCodeParameterMissing)
	bad := client.New("sk_test_1", &stripe.Backends{
		API: stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
			URL:           stripe.String(b.url),
			LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
		}),
	})

	_, err = bad.Balance.Get(nil)
	want(t, "authentication", refusal(t, err).HTTPStatusCode, http.StatusUnauthorized)
	one := &stripe.CustomerParams{Name: stripe.String("1")}
	one.SetIdempotencyKey("k")
	must(api.Customers.New(one))(t)
	two := &stripe.CustomerParams{Name: stripe.String("2")}
	two.SetIdempotencyKey("k")
	_, err = api.Customers.New(two)
	want(t, "idempotency", refusal(t, err).Type, stripe.ErrorTypeIdempotency)
	three := &stripe.CustomerParams{Name: stripe.String("1")}
	three.SetIdempotencyKey("k")
	want(t, "replayed", must(api.Customers.New(three))(t).LastResponse.Header.Get("Idempotent-Replayed"), "true")
}

func TestSDKConfirmationTokenFlow(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	cus := must(api.Customers.New(&stripe.CustomerParams{}))(t)
	session := must(api.CustomerSessions.New(&stripe.CustomerSessionParams{
		Customer: &cus.ID,
		Components: &stripe.CustomerSessionComponentsParams{
			PaymentElement: &stripe.CustomerSessionComponentsPaymentElementParams{
				Enabled: stripe.Bool(true),
				Features: &stripe.CustomerSessionComponentsPaymentElementFeaturesParams{
					PaymentMethodSave:      stripe.String("enabled"),
					PaymentMethodSaveUsage: stripe.String("off_session"),
				},
			},
		},
	}))(t)

	want(t, "save", string(session.Components.PaymentElement.Features.PaymentMethodSave), "enabled")
	ct := must(api.TestHelpersConfirmationTokens.New(&stripe.TestHelpersConfirmationTokenParams{
		PaymentMethod:    stripe.String("pm_card_visa"),
		SetupFutureUsage: stripe.String("off_session"),
	}))(t)

	want(t, "preview", ct.PaymentMethodPreview.Card.Brand, "visa")
	pi := must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount:                  stripe.Int64(1099),
		Currency:                stripe.String("eur"),
		Confirm:                 stripe.Bool(true),
		ConfirmationToken:       &ct.ID,
		Customer:                &cus.ID,
		AutomaticPaymentMethods: &stripe.PaymentIntentAutomaticPaymentMethodsParams{Enabled: stripe.Bool(true)},
		UseStripeSDK:            stripe.Bool(true),
	}))(t)

	want(t, "status", pi.Status, stripe.PaymentIntentStatusSucceeded)
	want(t, "used", must(api.ConfirmationTokens.Get(ct.ID, nil))(t).PaymentIntent, pi.ID)
	off := must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount:        stripe.Int64(500),
		Currency:      stripe.String("eur"),
		Confirm:       stripe.Bool(true),
		OffSession:    stripe.Bool(true),
		Customer:      &cus.ID,
		PaymentMethod: stripe.String(pi.PaymentMethod.ID),
	}))(t)

	want(t, "off session", off.Status, stripe.PaymentIntentStatusSucceeded)
}

func TestSDKCaptureRefundDispute(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	create := func(method string) *stripe.PaymentIntent {
		p := &stripe.PaymentIntentParams{
			Amount:             stripe.Int64(2000),
			Currency:           stripe.String("usd"),
			Confirm:            stripe.Bool(true),
			CaptureMethod:      stripe.String("manual"),
			PaymentMethod:      &method,
			PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		}

		return must(api.PaymentIntents.New(p))(t)
	}

	pi := create("pm_card_visa")
	pi = must(api.PaymentIntents.Capture(pi.ID, &stripe.PaymentIntentCaptureParams{
		AmountToCapture: stripe.Int64(1500),
	}))(t)
	want(t, "received", pi.AmountReceived, 1500)
	re := must(api.Refunds.New(&stripe.RefundParams{
		PaymentIntent: &pi.ID,
		Amount:        stripe.Int64(500),
		Reason:        stripe.String("requested_by_customer"),
	}))(t)

	want(t, "refund", re.Status, stripe.RefundStatusSucceeded)
	get := &stripe.ChargeParams{}
	get.AddExpand("refunds")
	get.AddExpand("balance_transaction")
	ch := must(api.Charges.Get(pi.LatestCharge.ID, get))(t)
	want(t, "refunds, with the one of what was released", len(ch.Refunds.Data), 2)
	want(t, "net of the fee of 73.5", ch.BalanceTransaction.Net, 1500-74)
	_, err := api.Refunds.New(&stripe.RefundParams{PaymentIntent: &pi.ID, Amount: stripe.Int64(9999)})
	want(t, "too much", refusal(t, err).HTTPStatusCode, http.StatusBadRequest)
	must(api.Refunds.New(&stripe.RefundParams{PaymentIntent: &pi.ID}))(t)
	_, err = api.Refunds.New(&stripe.RefundParams{PaymentIntent: &pi.ID})
	want(t, "again", refusal(t, err).Code, stripe.ErrorCodeChargeAlreadyRefunded)
	disputed := create("pm_card_createDispute")
	must(api.PaymentIntents.Capture(disputed.ID, nil))(t)

	for text, status := range map[string]stripe.DisputeStatus{"winning_evidence": stripe.DisputeStatusWon} {
		it := api.Disputes.List(&stripe.DisputeListParams{PaymentIntent: &disputed.ID})
		if !it.Next() {
			t.Fatal("no dispute")
		}

		want(t, "open", it.Dispute().Status, stripe.DisputeStatusNeedsResponse)
		d := must(api.Disputes.Update(it.Dispute().ID, &stripe.DisputeParams{
			Evidence: &stripe.DisputeEvidenceParams{UncategorizedText: &text},
		}))(t)
		want(t, "submitted", d.Status, stripe.DisputeStatusUnderReview)
		want(t, text, decided(t, api, d.ID).Status, status)
	}
}

// decided waits until a dispute is closed and returns it.
func decided(t *testing.T, api *client.API, id string) (d *stripe.Dispute) {
	t.Helper()
	eventually(t, "the decision about "+id, func() bool {
		d = must(api.Disputes.Get(id, nil))(t)
		return d.Status != stripe.DisputeStatusUnderReview
	})
	return d
}

func TestSDKSetupIntents(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	cus := must(api.Customers.New(&stripe.CustomerParams{}))(t)
	si := must(api.SetupIntents.New(&stripe.SetupIntentParams{
		Customer:           &cus.ID,
		Confirm:            stripe.Bool(true),
		PaymentMethod:      stripe.String("pm_card_visa"),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
	}))(t)

	want(t, "status", si.Status, stripe.SetupIntentStatusSucceeded)
	it := api.PaymentMethods.List(&stripe.PaymentMethodListParams{Customer: &cus.ID})
	want(t, "saved", it.Next(), true)
	_, err := api.SetupIntents.New(&stripe.SetupIntentParams{
		Confirm:            stripe.Bool(true),
		PaymentMethod:      stripe.String("pm_card_chargeDeclined"),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
	})

	e := refusal(t, err)
	want(t, "declined", e.Type, stripe.ErrorTypeCard)
	want(t, "carried", e.SetupIntent.Status, stripe.SetupIntentStatusRequiresPaymentMethod)
}

func TestSDKCatalog(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	prod := must(api.Products.New(&stripe.ProductParams{Name: stripe.String("Shirt")}))(t)
	price := must(api.Prices.New(&stripe.PriceParams{
		Product:    &prod.ID,
		Currency:   stripe.String("usd"),
		UnitAmount: stripe.Int64(700),
	}))(t)

	want(t, "amount", price.UnitAmount, 700)
	coupon := must(api.Coupons.New(&stripe.CouponParams{
		PercentOff: stripe.Float64(25.5),
		Duration:   stripe.String("once"),
	}))(t)

	want(t, "percent", coupon.PercentOff, 25.5)
	code := must(api.PromotionCodes.New(&stripe.PromotionCodeParams{
		Coupon: &coupon.ID,
		Code:   stripe.String("FALL"),
	}))(t)

	want(t, "coupon", code.Coupon.ID, coupon.ID)
	it := api.PromotionCodes.List(&stripe.PromotionCodeListParams{Code: stripe.String("FALL")})
	want(t, "found", it.Next(), true)
	_, err := api.Prices.New(&stripe.PriceParams{Product: stripe.String("prod_none"), Currency: stripe.String("usd")})
	want(t, "no product", refusal(t, err).Code, stripe.ErrorCodeResourceMissing)
}

func TestSDKConnectedAccountsAreIsolated(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	b := newBox(t)
	api := b.sdk()
	b.ok("/v1/webhook_endpoints", "url="+h.URL, "enabled_events[]=*", "connect=true")
	acct := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t)
	p := &stripe.CustomerParams{Name: stripe.String("theirs")}
	p.SetStripeAccount(acct.ID)
	cus := must(api.Customers.New(p))(t)
	_, err := api.Customers.Get(cus.ID, nil)
	want(t, "not on the platform", refusal(t, err).Code, stripe.ErrorCodeResourceMissing)
	get := &stripe.CustomerParams{}
	get.SetStripeAccount(acct.ID)
	want(t, "on the account", must(api.Customers.Get(cus.ID, get))(t).Name, "theirs")
	eventually(t, "connect event", func() bool { return joined(h.types()) == "customer.created" })
	get.SetStripeAccount("acct_none")
	_, err = api.Customers.Get(cus.ID, get)
	want(t, "no such account", refusal(t, err).HTTPStatusCode, http.StatusForbidden)
	tr := must(api.Transfers.New(&stripe.TransferParams{
		Amount:      stripe.Int64(1000),
		Currency:    stripe.String("usd"),
		Destination: &acct.ID,
	}))(t)

	must(api.TransferReversals.New(&stripe.TransferReversalParams{ID: &tr.ID, Amount: stripe.Int64(400)}))(t)
	want(t, "reversed", must(api.Transfers.Get(tr.ID, nil))(t).AmountReversed, 400)
}

func TestSDKEventsAndEndpoints(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	ep := must(api.WebhookEndpoints.New(&stripe.WebhookEndpointParams{
		URL:           stripe.String("https://shop.test/hook"),
		EnabledEvents: stripe.StringSlice([]string{"charge.expired"}),
		APIVersion:    stripe.String(stripe.APIVersion),
	}))(t)

	want(t, "secret", len(ep.Secret), len("whsec_")+64)
	must(api.Customers.New(&stripe.CustomerParams{}))(t)
	it := api.Events.List(&stripe.EventListParams{Types: stripe.StringSlice([]string{"customer.created"})})
	want(t, "event", it.Next(), true)
	want(t, "version", it.Event().APIVersion, stripe.APIVersion)
	must(api.WebhookEndpoints.Del(ep.ID, nil))(t)
}
