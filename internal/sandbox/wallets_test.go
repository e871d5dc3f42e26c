package sandbox_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v81"
)

// walletToken creates the token that the Express Checkout button of a wallet
// sends.
func (b *box) walletToken(kind string, pairs ...string) reply {
	b.t.Helper()
	pairs = append(pairs, "key="+publishableKey, "payment_method_data[type]="+kind,
		"return_url=https://shop.test/back")
	return b.do("POST", "/v1/confirmation_tokens", form(pairs...), withKey(""))
}

// decide presses a button on the page to which an intent redirects the buyer.
func (b *box) decide(intent reply, outcome string) {
	b.t.Helper()
	r := b.do("POST", "/redirect/"+intent.str("id"),
		form("client_secret="+intent.str("client_secret"), "outcome="+outcome), withKey(""))
	want(b.t, "page's reply", r.status, http.StatusOK)
}

func TestWalletButtonsPayAfterARedirect(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"paypal", "amazon_pay"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			ct := b.walletToken(kind, "payment_method_data[billing_details][email]=jenny@b.test")
			want(t, "token", ct.str("payment_method_preview.type"), kind)
			pi := b.ok("/v1/payment_intents", "amount=2000", "currency=eur", "confirm=true",
				"payment_method_types[]=card", "payment_method_types[]="+kind,
				"confirmation_token="+ct.str("id"))
			want(t, "status", pi.str("status"), "requires_action")
			want(t, "next action", pi.str("next_action.type"), "redirect_to_url")
			want(t, "return URL", pi.str("next_action.redirect_to_url.return_url"), "https://shop.test/back")
			want(t, "page", strings.HasPrefix(pi.str("next_action.redirect_to_url.url"), b.url+"/redirect/"), true)
			b.decide(pi, "pass")
			paid := b.get("/v1/payment_intents/" + pi.str("id") + "?expand[]=latest_charge&expand[]=payment_method")
			want(t, "paid", paid.str("status"), "succeeded")
			want(t, "charged", paid.str("latest_charge.payment_method_details.type"), kind)
			re := b.ok("/v1/refunds", "payment_intent="+pi.str("id"), "amount=500")
			want(t, "refund", re.str("status")+" "+re.str("destination_details.type"), "succeeded "+kind)
			want(t, "rest", b.ok("/v1/refunds", "payment_intent="+pi.str("id")).num("amount"), 1500)

			if kind == "paypal" {
				want(t, "payer", paid.str("payment_method.paypal.payer_email"), "jenny@b.test")
				want(t, "transaction",
					paid.str("latest_charge.payment_method_details.paypal.transaction_id") != "", true)
			} else {
				want(t, "funded by",
					paid.str("latest_charge.payment_method_details.amazon_pay.funding.card.last4"), "4242")
			}
		})
	}
}

func TestBuyersCanRefuseAtAWallet(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"payment_method_types[]=paypal", "payment_method_data[type]=paypal",
		"return_url=https://shop.test/back")
	b.decide(pi, "fail")
	failed := b.get("/v1/payment_intents/" + pi.str("id"))
	want(t, "status", failed.str("status"), "requires_payment_method")
	want(t, "code", failed.str("last_payment_error.code"), "payment_intent_payment_attempt_failed")
	want(t, "nothing was charged", failed.at("latest_charge"), nil)
}

func TestWalletsRefuseWhatStripeRefuses(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for currency, kind := range map[string]string{"jpy": "paypal", "brl": "amazon_pay"} {
		r := b.post("/v1/payment_intents", "amount=2000", "currency="+currency, "payment_method_types[]="+kind)
		want(t, kind+" in "+currency, r.str("error.code"), "payment_intent_invalid_currency")
	}

	r := b.post("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"payment_method_types[]=amazon_pay", "payment_method_data[type]=amazon_pay")
	want(t, "no return URL", r.str("error.param"), "return_url")
	r = b.post("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"payment_method_types[]=card", "confirmation_token="+b.walletToken("paypal").str("id"))
	want(t, "not among the types", r.str("error.code"), "payment_intent_incompatible_payment_method")
}

func TestWalletsHoldUntilCaptured(t *testing.T) {
	t.Parallel()
	for kind, days := range map[string]int{"paypal": 10, "amazon_pay": 7} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			hold := func() reply {
				pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
					"payment_method_types[]="+kind, "payment_method_data[type]="+kind,
					"payment_method_options["+kind+"][capture_method]=manual", "return_url=https://shop.test/back")
				b.decide(pi, "pass")
				return b.get("/v1/payment_intents/" + pi.str("id"))
			}

			held, expiring := hold(), hold()
			want(t, "held", held.str("status"), "requires_capture")
			part := b.ok("/v1/payment_intents/"+held.str("id")+"/capture", "amount_to_capture=1500")
			want(t, "captured", part.num("amount_received"), 1500)
			b.do("POST", "/_sandbox/clock", `{"advance": `+strconv.Itoa(days*24*3600-60)+`}`)
			want(t, "before the window ends",
				b.get("/v1/payment_intents/"+expiring.str("id")).str("status"), "requires_capture")
			b.do("POST", "/_sandbox/clock", `{"advance": 120}`)
			eventually(t, "the hold has expired", func() bool {
				return b.get("/v1/payment_intents/"+expiring.str("id")).str("status") == "canceled"
			})
		})
	}
}

func TestWalletsAreSavedForLaterWhenTheBuyerAgrees(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	api := b.sdk()
	for _, kind := range []string{"paypal", "amazon_pay"} {
		cus := must(api.Customers.New(&stripe.CustomerParams{}))(t).ID
		types := stripe.StringSlice([]string{kind})
		pay := &stripe.PaymentIntentParams{
			Amount:             stripe.Int64(900),
			Currency:           stripe.String("usd"),
			Confirm:            stripe.Bool(true),
			Customer:           &cus,
			PaymentMethodTypes: types,
			PaymentMethodData:  &stripe.PaymentIntentPaymentMethodDataParams{Type: &kind},
			ReturnURL:          stripe.String("https://shop.test/back"),
			SetupFutureUsage:   stripe.String("off_session"),
		}

		first := must(api.PaymentIntents.New(pay))(t)
		b.decide(b.get("/v1/payment_intents/"+first.ID), "pass")
		again := &stripe.PaymentIntentParams{
			Amount:             stripe.Int64(100),
			Currency:           stripe.String("usd"),
			Confirm:            stripe.Bool(true),
			OffSession:         stripe.Bool(true),
			Customer:           &cus,
			PaymentMethod:      &first.PaymentMethod.ID,
			PaymentMethodTypes: types,
		}

		want(t, kind+" again", must(api.PaymentIntents.New(again))(t).Status, stripe.PaymentIntentStatusSucceeded)
		si := must(api.SetupIntents.New(&stripe.SetupIntentParams{
			Customer:           &cus,
			Confirm:            stripe.Bool(true),
			PaymentMethodTypes: types,
			ReturnURL:          stripe.String("https://shop.test/back"),
			PaymentMethodData:  &stripe.SetupIntentPaymentMethodDataParams{Type: &kind},
		}))(t)

		want(t, kind+" setup", si.NextAction.Type, stripe.SetupIntentNextActionType("redirect_to_url"))
		b.decide(b.get("/v1/setup_intents/"+si.ID), "pass")
		si = must(api.SetupIntents.Get(si.ID, nil))(t)
		want(t, kind+" set up", si.Status, stripe.SetupIntentStatusSucceeded)
		mandate := must(api.Mandates.Get(si.Mandate.ID, nil))(t)
		want(t, kind+" mandate", string(mandate.PaymentMethodDetails.Type), kind)
		again.PaymentMethod = &si.PaymentMethod.ID
		want(t, kind+" from the setup", must(api.PaymentIntents.New(again))(t).Status,
			stripe.PaymentIntentStatusSucceeded)
	}
}

func TestTheDefaultConfigurationDecidesWhatIsOffered(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	api := b.sdk()
	create := func(settings *string) *stripe.PaymentIntent {
		t.Helper()
		return must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
			Amount:                     stripe.Int64(900),
			Currency:                   stripe.String("usd"),
			PaymentMethodConfiguration: settings,
		}))(t)
	}

	first := create(nil)
	want(t, "at first", joined(first.PaymentMethodTypes), "card klarna link us_bank_account")
	byDefault := must(api.PaymentMethodConfigurations.Get(first.PaymentMethodConfigurationDetails.ID, nil))(t)
	want(t, "is the default", byDefault.IsDefault, true)
	must(api.PaymentMethodConfigurations.Update(byDefault.ID, &stripe.PaymentMethodConfigurationParams{
		Paypal: &stripe.PaymentMethodConfigurationPaypalParams{
			DisplayPreference: &stripe.PaymentMethodConfigurationPaypalDisplayPreferenceParams{
				Preference: stripe.String("on"),
			},
		},
		Klarna: &stripe.PaymentMethodConfigurationKlarnaParams{
			DisplayPreference: &stripe.PaymentMethodConfigurationKlarnaDisplayPreferenceParams{
				Preference: stripe.String("off"),
			},
		},
	}))(t)

	want(t, "then", joined(create(nil).PaymentMethodTypes), "card link paypal us_bank_account")
	session := b.get("/v1/elements/sessions?key=" + publishableKey + "&deferred_intent[currency]=usd")
	want(t, "in Elements", strings.Contains(string(session.raw), `"paypal"`), true)
	custom := must(api.PaymentMethodConfigurations.New(&stripe.PaymentMethodConfigurationParams{
		AmazonPay: &stripe.PaymentMethodConfigurationAmazonPayParams{
			DisplayPreference: &stripe.PaymentMethodConfigurationAmazonPayDisplayPreferenceParams{
				Preference: stripe.String("on"),
			},
		},
	}))(t)

	want(t, "custom configuration", joined(create(&custom.ID).PaymentMethodTypes),
		"card amazon_pay klarna link us_bank_account")
	session = b.get("/v1/elements/sessions?key=" + publishableKey +
		"&deferred_intent[currency]=usd&deferred_intent[payment_method_configuration]=" + custom.ID)
	want(t, "custom configuration in Elements", strings.Contains(string(session.raw), `"amazon_pay"`), true)
	_, err := api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount:                     stripe.Int64(900),
		Currency:                   stripe.String("usd"),
		PaymentMethodConfiguration: stripe.String("pmc_none"),
	})

	want(t, "unknown configuration", refusal(t, err).Param, "payment_method_configuration")
}

func TestOnlyMethodsThatHoldAreOfferedForManualCapture(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	pi := must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount:        stripe.Int64(900),
		Currency:      stripe.String("eur"),
		CaptureMethod: stripe.String("manual"),
	}))(t)

	want(t, "manual", joined(pi.PaymentMethodTypes), "card klarna link")
	pi = must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount:   stripe.Int64(900),
		Currency: stripe.String("eur"),
	}))(t)

	want(t, "automatic", joined(pi.PaymentMethodTypes), "card ideal klarna link sepa_debit")
}
