package sandbox_test

import (
	"testing"

	"checkoutd/internal/sandbox"
)

// stripeSays is what Stripe answers to a call, as public recordings show it.
type stripeSays struct {
	status               int
	code, param, message string
}

func (b *box) refused(t *testing.T, r reply, w stripeSays) {
	t.Helper()
	want(t, "status", r.status, w.status)
	want(t, "code", r.str("error.code"), w.code)
	want(t, "param", r.str("error.param"), w.param)
	want(t, "message", r.str("error.message"), w.message)
}

const unexpected = "payment_intent_unexpected_state"

func TestRefusalsOfIntentsReadAsAtStripe(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	paid := func(more ...string) string {
		return "/v1/payment_intents/" + b.ok("/v1/payment_intents", append(more, "amount=1000", "currency=usd",
			"confirm=true", "payment_method=pm_card_visa", "payment_method_types[]=card")...).str("id")
	}

	done := paid()
	b.refused(t, b.post(done+"/capture"), stripeSays{400, unexpected, "",
		"This PaymentIntent could not be captured because it has already been captured."})
	b.refused(t, b.post(done+"/cancel"), stripeSays{400, unexpected, "", "You cannot cancel this PaymentIntent because " +
		"it has a status of succeeded. Only a PaymentIntent with one of the following statuses may be canceled: " +
		"requires_payment_method, requires_capture, requires_confirmation, requires_action, processing."})

	canceled := paid("capture_method=manual")
	b.ok(canceled + "/cancel")
	b.refused(t, b.post(canceled+"/confirm", "payment_method=pm_card_visa"), stripeSays{400, unexpected, "payment_method",
		"This PaymentIntent's payment_method could not be updated because it has a status of canceled. You may only " +
			"update the payment_method of a PaymentIntent with one of the following statuses: " +
			"requires_payment_method, requires_confirmation, requires_action."})

	b.refused(t, b.post("/v1/payment_intents", "amount=0", "currency=usd"),
		stripeSays{400, "parameter_invalid_integer", "amount", "The amount must be greater than or equal to the minimum " +
			"charge amount allowed for your account and the currency set " +
			"(https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).  If you want to save a Payment " +
			"Method for future use without an immediate payment, use a Setup Intent instead: " +
			"https://docs.stripe.com/payments/setup-intents"})

	missing := "resource_missing"
	b.refused(t, b.get("/v1/payment_intents/x"), stripeSays{404, missing, "intent", "No such payment_intent: 'x'"})
	b.refused(t, b.post("/v1/payment_intents/x/confirm"), stripeSays{404, missing, "intent", "No such payment_intent: 'x'"})
	b.refused(t, b.get("/v1/setup_intents/x"), stripeSays{404, missing, "intent", "No such setupintent: 'x'"})
	b.refused(t, b.get("/v1/customers/x"), stripeSays{404, missing, "id", "No such customer: 'x'"})
}

func TestRefusalsOfSetupIntentsReadAsAtStripe(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	path := func(pairs ...string) string {
		return "/v1/setup_intents/" + b.ok("/v1/setup_intents", pairs...).str("id")
	}
	const code = "setup_intent_unexpected_state"

	canceled := path()
	b.ok(canceled + "/cancel")
	b.refused(t, b.post(canceled+"/cancel"),
		stripeSays{400, code, "", "You cannot cancel this SetupIntent because it it already canceled."})

	done := path("confirm=true", "payment_method=pm_card_visa", "payment_method_types[]=card")
	b.refused(t, b.post(done+"/cancel"), stripeSays{400, code, "", "You cannot cancel this SetupIntent because it has a " +
		"status of succeeded. Only a SetupIntent with one of the following statuses may be canceled: " +
		"`requires_payment_method`, `requires_confirmation`, or `requires_action`."})
	b.refused(t, b.post(done+"/confirm", "payment_method=pm_card_visa"),
		stripeSays{400, code, "", "You cannot confirm this SetupIntent because it has already succeeded."})
}

func TestRefusalsOfRefundsReadAsAtStripe(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	ch := b.ok("/v1/payment_intents", "amount=1000", "currency=usd", "confirm=true",
		"payment_method=pm_card_visa", "payment_method_types[]=card").str("latest_charge")

	for _, amount := range []string{"0", "-1"} {
		b.refused(t, b.post("/v1/refunds", "charge="+ch, "amount="+amount),
			stripeSays{400, "parameter_invalid_integer", "amount", "This value must be greater than or equal to 1."})
	}

	b.refused(t, b.post("/v1/refunds", "charge="+ch, "amount=1100"),
		stripeSays{400, "", "amount", "Refund amount ($11.00) is greater than charge amount ($10.00)"})
	b.ok("/v1/refunds", "charge="+ch, "amount=500")
	b.refused(t, b.post("/v1/refunds", "charge="+ch, "amount=600"),
		stripeSays{400, "", "amount", "Refund amount ($6.00) is greater than unrefunded amount on charge ($5.00)"})
}

func TestRefusalsOfPaymentMethodsReadAsAtStripe(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers").str("id")
	const missing = "resource_missing"
	b.refused(t, b.post("/v1/payment_methods/pm_x/attach", "customer="+cus),
		stripeSays{404, missing, "payment_method", "No such PaymentMethod: 'pm_x'"})
	b.refused(t, b.get("/v1/payment_methods/pm_x"),
		stripeSays{404, missing, "payment_method", "No such PaymentMethod: 'pm_x'"})
	b.refused(t, b.post("/v1/payment_methods", "type=card", "card[number]=4242424242424241", "card[exp_month]=1",
		"card[exp_year]=2040"), stripeSays{402, "incorrect_number", "number", "Your card number is incorrect."})

	declined := b.post("/v1/payment_methods/pm_card_chargeDeclined/attach", "customer="+cus)
	want(t, "status", declined.status, 402)
	want(t, "empty param", declined.at("error.param"), any(""))

	acct := b.ok("/v1/accounts", "type=standard").str("id")
	owned := b.ok("/v1/payment_methods", "type=card", "card[token]=tok_visa").str("id")
	b.refused(t, b.post("/v1/payment_methods/pm_x/attach", "customer="+cus), stripeSays{404, missing, "payment_method",
		"No such PaymentMethod: 'pm_x'; It's possible this PaymentMethod exists on one of your connected accounts, in " +
			"which case you should retry this request on that connected account. Learn more at " +
			"https://stripe.com/docs/connect/authentication"})
	b.refused(t, b.do("POST", "/v1/payment_intents", form("amount=100", "currency=usd", "payment_method="+owned),
		header("Stripe-Account", acct)), stripeSays{400, missing, "payment_method", "No such PaymentMethod: '" + owned +
		"'; OAuth key or Stripe-Account header was used but API request was provided with a platform-owned payment " +
		"method ID. Please ensure that the provided payment method matches the specified account."})
}

func TestRefusalsOfKeysAndConnectReadAsAtStripe(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	b.refused(t, b.do("GET", "/v1/charges", "", withKey("blabla")),
		stripeSays{401, "", "", "Invalid API Key provided: blabla"})

	gone := b.do("POST", "/oauth/deauthorize", form("client_id=bogus_client_id", "stripe_user_id=acct_x"))
	want(t, "status", gone.status, 401)
	want(t, "error", gone.str("error"), "invalid_client")
	want(t, "description", gone.str("error_description"), "No such application: 'bogus_client_id'")

	acct := b.ok("/v1/accounts", "type=standard").str("id")
	b.refused(t, b.do("POST", "/v1/payouts", form("amount=100", "currency=usd"), header("Stripe-Account", acct)),
		stripeSays{400, "balance_insufficient", "", "You have insufficient funds in your Stripe account for this transfer. " +
			"Your card balance is too low.  You can use the /v1/balance endpoint to view your Stripe balance (for more " +
			"details, see stripe.com/docs/api#balance)."})
}

// The table that Stripe's answers to its test cards make, as recorded in 2026.
func TestDeclinesCarryTheNetworksCodes(t *testing.T) {
	t.Parallel()
	for name, w := range map[string][6]string{
		"chargeDeclined": {"card_declined", "generic_decline", "01", "try_again_later", "", ""},
		"chargeDeclinedInsufficientFunds": {
			"card_declined", "insufficient_funds", "51", "try_again_later", "02", "",
		},
		"chargeDeclinedLostCard":   {"card_declined", "lost_card", "41", "do_not_try_again", "01", ""},
		"chargeDeclinedStolenCard": {"card_declined", "stolen_card", "43", "do_not_try_again", "01", ""},
		"chargeDeclinedVelocityLimitExceeded": {
			"card_declined", "card_velocity_exceeded", "61", "try_again_later", "02", "",
		},
		"chargeDeclinedExpiredCard":     {"expired_card", "expired_card", "54", "confirm_card_data", "03", "exp_month"},
		"chargeDeclinedIncorrectCvc":    {"incorrect_cvc", "incorrect_cvc", "N7", "confirm_card_data", "03", "cvc"},
		"chargeDeclinedProcessingError": {"processing_error", "processing_error", "06", "try_again_later", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			r := b.post("/v1/payment_intents", "amount=1000", "currency=usd", "confirm=true",
				"payment_method=pm_card_"+name, "payment_method_types[]=card")
			for _, at := range []string{"error.", "error.payment_intent.last_payment_error."} {
				for i, field := range []string{
					"code", "decline_code", "network_decline_code", "advice_code", "network_advice_code", "param",
				} {
					want(t, at+field, r.str(at+field), w[i])
				}
			}

			ch := b.get("/v1/charges/" + r.str("error.charge"))
			want(t, "outcome network", ch.str("outcome.network_decline_code"), w[2])
			want(t, "outcome advice", ch.str("outcome.advice_code"), w[3])
			want(t, "outcome network advice", ch.str("outcome.network_advice_code"), w[4])

			onFile := b.post("/v1/payment_methods/pm_card_"+name+"/attach", "customer="+b.ok("/v1/customers").str("id"))
			want(t, "advice on file", onFile.str("error.advice_code"), w[3])
			want(t, "param on file", onFile.at("error.param"), any(w[5]))
		})
	}
}

func TestActionsThatTheShopRefusesAreNotCharged(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	r := b.post("/v1/payment_intents", "amount=1000", "currency=usd", "confirm=true", "error_on_requires_action=true",
		"payment_method=pm_card_authenticationRequired", "payment_method_types[]=card")
	want(t, "decline code", r.str("error.decline_code"), "authentication_not_handled")
	b.refused(t, r, stripeSays{402, "authentication_required", "", "This payment required an authentication action to " +
		"complete, but `error_on_requires_action` was set. When you're ready, you can upgrade your integration to " +
		"handle actions at https://stripe.com/docs/payments/payment-intents/upgrade-to-handle-actions."})
	want(t, "intent", r.str("error.payment_intent.status"), "requires_payment_method")
	want(t, "charges", b.get("/v1/charges").size("data"), 0)
}

func TestBooleansInPythonsSpelling(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	pi := b.ok("/v1/payment_intents", "amount=1000", "currency=usd", "confirm=True", "off_session=True",
		"payment_method=pm_card_visa", "payment_method_types[]=card", "capture_method=manual")
	want(t, "status", pi.str("status"), "requires_capture")
	b.ok("/v1/payment_intents", "amount=1000", "currency=usd", "off_session=False", "confirm=False")
	b.ok("/v1/payment_intents", "amount=1000", "currency=usd", "off_session=false", "error_on_requires_action=false")
	want(t, "yes", b.post("/v1/payment_intents", "amount=1000", "currency=usd", "confirm=yes").status, 400)
	want(t, "off session", b.post("/v1/payment_intents", "amount=1000", "currency=usd", "off_session=true").status, 400)
}

func TestLockTimeouts(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	if _, err := b.s.AddFault(sandbox.Fault{Route: "POST /v1/customers", Kind: sandbox.FaultLockTimeout}); err != nil {
		t.Fatal(err)
	}

	r := b.do("POST", "/v1/customers", "", header("Idempotency-Key", "k"))
	want(t, "status", r.status, 429)
	want(t, "type", r.str("error.type"), "invalid_request_error")
	want(t, "code", r.str("error.code"), "lock_timeout")
	want(t, "retry", r.header.Get("Stripe-Should-Retry"), "true")
	want(t, "again", b.do("POST", "/v1/customers", "", header("Idempotency-Key", "k")).status, 200)
}
