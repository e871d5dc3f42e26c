package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
)

// claim creates an account session for an account, claims it as a browser does,
// and returns the key of its components.
func (b *box) claim(account string, components ...string) string {
	b.t.Helper()
	secret := b.ok("/v1/account_sessions", append(components, "account="+account)...).str("client_secret")
	claimed := b.do("POST", "/v1/account_sessions/claim", form("client_secret="+secret), withKey(publishableKey))
	want(b.t, "claimed", claimed.status, http.StatusOK)
	return claimed.str("api_key")
}

// directCharge pays an amount to a connected account.
func (b *box) directCharge(account, method string, more ...string) reply {
	b.t.Helper()
	body := form(append(more, "amount=2000", "currency=usd", "confirm=true", "payment_method="+method,
		"payment_method_types[]=card", "description=Tea")...)
	return b.do("POST", "/v1/payment_intents", body, header("Stripe-Account", account))
}

func TestSessionIsClaimedOnce(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.ok("/v1/accounts", "type=standard").str("id")
	secret := b.ok("/v1/account_sessions", "account="+acct, "components[payments][enabled]=true").str("client_secret")
	claim := func() reply {
		return b.do("POST", "/v1/account_sessions/claim", form("client_secret="+secret), withKey(publishableKey))
	}

	first := claim()
	want(t, "key", strings.HasPrefix(first.str("api_key"), "em_test_"), true)
	want(t, "component", first.at("components.payments.enabled"), any(true))
	want(t, "other component", first.at("components.payouts.enabled"), any(false))
	want(t, "lifetime", first.num("expires_in") > 1700, true)
	want(t, "again", claim().str("error.param"), "client_secret")

	key := first.str("api_key")
	list := func() reply { return b.do("GET", "/v1/embedded/payments", "", withKey(key)) }
	want(t, "list", list().status, http.StatusOK)
	want(t, "list with the secret key", b.get("/v1/embedded/payments").status, http.StatusForbidden)
	want(t, "list with a wrong key",
		b.do("GET", "/v1/embedded/payments", "", withKey("em_test_wrongwrong")).status, http.StatusUnauthorized)

	other := b.ok("/v1/accounts", "type=standard").str("id")
	want(t, "for another account",
		b.do("GET", "/v1/embedded/payments", "", withKey(key), header("Stripe-Account", other)).str("error.code"),
		"account_invalid")

	b.do("POST", "/_sandbox/clock", `{"advance": 1801}`)
	want(t, "expired", list().str("error.code"), "account_session_expired")
	want(t, "expired status", list().status, http.StatusUnauthorized)
}

func TestSessionEndsWithItsAccount(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.ok("/v1/accounts", "type=standard").str("id")
	key := b.claim(acct, "components[payments][enabled]=true")
	b.do("DELETE", "/v1/accounts/"+acct, "")
	want(t, "gone", b.do("GET", "/v1/embedded/payments", "", withKey(key)).str("error.code"), "account_invalid")
}

// TestSessionRights tries what each feature allows, and that without it the API
// refuses the same call.
func TestSessionRights(t *testing.T) {
	t.Parallel()

	type attempt struct {
		component, feature string
		call               func(b *box, account, key string) reply
	}

	post := func(b *box, key, path string, pairs ...string) reply {
		return b.do("POST", path, form(pairs...), withKey(key))
	}

	for _, c := range []attempt{
		{"payments", "refund_management", func(b *box, account, key string) reply {
			return post(b, key, "/v1/refunds", "payment_intent="+b.directCharge(account, "pm_card_visa").str("id"), "amount=500")
		}},
		{"payment_details", "capture_payments", func(b *box, account, key string) reply {
			hold := b.directCharge(account, "pm_card_visa", "capture_method=manual").str("id")
			return post(b, key, "/v1/payment_intents/"+hold+"/capture", "amount_to_capture=1500")
		}},
		{"payments", "capture_payments", func(b *box, account, key string) reply {
			hold := b.directCharge(account, "pm_card_visa", "capture_method=manual").str("id")
			return post(b, key, "/v1/payment_intents/"+hold+"/cancel")
		}},
		{"payments", "dispute_management", func(b *box, account, key string) reply {
			b.directCharge(account, "pm_card_createDispute")
			disputes := b.do("GET", "/v1/disputes", "", header("Stripe-Account", account))
			return post(b, key, "/v1/disputes/"+disputes.str("data.0.id"), "evidence[uncategorized_text]=winning_evidence")
		}},
		{"payouts", "standard_payouts", func(b *box, account, key string) reply {
			b.directCharge(account, "pm_card_bypassPending")
			return post(b, key, "/v1/payouts", "amount=100", "currency=usd")
		}},
		{"balances", "instant_payouts", func(b *box, account, key string) reply {
			b.directCharge(account, "pm_card_bypassPending")
			return post(b, key, "/v1/payouts", "amount=100", "currency=usd", "method=instant")
		}},
		{"payouts", "edit_payout_schedule", func(b *box, account, key string) reply {
			return post(b, key, "/v1/embedded/payout_schedule", "interval=weekly")
		}},
	} {
		t.Run(c.component+"."+c.feature, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			acct := b.ok("/v1/accounts", "type=standard").str("id")
			component := "components[" + c.component + "]"
			feature := component + "[features][" + c.feature + "]="

			allowed := b.claim(acct, component+"[enabled]=true", feature+"true")
			got := c.call(b, acct, allowed)
			if got.status != http.StatusOK {
				t.Errorf("with the feature: %d %s", got.status, got.raw)
			}

			for what, key := range map[string]string{
				"without the feature":   b.claim(acct, component+"[enabled]=true", feature+"false"),
				"without the component": b.claim(acct, "components[documents][enabled]=true"),
			} {
				want(t, what, c.call(b, acct, key).status, http.StatusForbidden)
			}
		})
	}
}

func TestSessionFeaturesDependOnTheAccount(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	standard := b.ok("/v1/accounts", "type=standard").str("id")

	custom := b.ok("/v1/accounts", "type=custom").str("id")

	for account, losses := range map[string]bool{standard: true, custom: false} {
		session := b.ok("/v1/account_sessions", "account="+account, "components[payouts][enabled]=true")
		for _, feature := range []string{"standard_payouts", "instant_payouts", "edit_payout_schedule"} {
			want(t, feature, session.at("components.payouts.features."+feature), any(losses))
		}
	}

	const login = "components[payouts][features][disable_stripe_user_authentication]"
	want(t, "Stripe collects the requirements", b.post("/v1/account_sessions", "account="+standard,
		"components[payouts][enabled]=true", login+"=true").str("error.param"), login)
	session := b.ok("/v1/account_sessions", "account="+custom, "components[payouts][enabled]=true",
		"components[payouts][features][external_account_collection]=false")
	want(t, "the platform collects them",
		session.at("components.payouts.features.disable_stripe_user_authentication"), any(true))
}

func TestEmbeddedPaymentsAreFiltered(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.ok("/v1/accounts", "type=standard").str("id")
	as := header("Stripe-Account", acct)
	refunded := b.directCharge(acct, "pm_card_visa").str("id")
	b.do("POST", "/v1/refunds", form("payment_intent="+refunded, "amount=500"), as)
	b.directCharge(acct, "pm_card_createDispute")
	b.directCharge(acct, "pm_card_visa", "capture_method=manual")
	b.directCharge(acct, "pm_card_chargeDeclined")
	b.do("POST", "/v1/payment_intents", form("amount=900", "currency=usd"), as)
	b.ok("/v1/payment_intents", "amount=77", "currency=usd") // the platform's own

	key := b.claim(acct, "components[payments][enabled]=true")
	for query, statuses := range map[string]string{
		"":                                    "incomplete failed uncaptured disputed partially_refunded",
		"status[]=disputed":                   "disputed",
		"status[]=failed&status[]=uncaptured": "failed uncaptured",
		"status[]=successful":                 "disputed partially_refunded",
		"amount[lt]=2000":                     "incomplete",
		"amount[gte]=2000&amount[lte]=2000&status[]=partially_refunded": "partially_refunded",
		"payment_method=ideal":               "",
		"created[gt]=4000000000":             "",
		"limit=2":                            "incomplete failed",
		"limit=2&starting_after=" + refunded: "",
	} {
		list := b.do("GET", "/v1/embedded/payments?"+query, "", withKey(key))
		var got []string
		rows, _ := list.at("data").([]any)
		for _, row := range rows {
			got = append(got, row.(map[string]any)["statuses"].([]any)[0].(string))
		}

		want(t, query, strings.Join(got, " "), statuses)
	}
}

func TestEmbeddedOnboarding(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.ok("/v1/accounts", "type=express", "capabilities[transfers][requested]=true").str("id")
	key := b.claim(acct, "components[account_onboarding][enabled]=true")
	want(t, "own account", b.do("GET", "/v1/account", "", withKey(key)).str("id"), acct)
	want(t, "onboarded", b.do("POST", "/v1/embedded/onboarding", "", withKey(key)).at("charges_enabled"), any(true))
	want(t, "stored", b.get("/v1/accounts/"+acct).str("capabilities.transfers"), "active")
	want(t, "event", b.get("/v1/events?type=account.updated").str("data.0.account"), acct)

	key = b.claim(acct, "components[payouts][enabled]=true", "components[payouts][features][edit_payout_schedule]=true")
	b.do("POST", "/v1/embedded/payout_schedule", form("interval=weekly"), withKey(key))
	want(t, "schedule", b.get("/v1/accounts/"+acct).str("settings.payouts.schedule.interval"), "weekly")
}
