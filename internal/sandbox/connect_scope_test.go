package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/oauth"

	"checkoutd/internal/sandbox"
)

func TestReadOnlyAccountsRefuseEveryWrite(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.connected("new", "read_only").StripeUserID
	for _, op := range sandbox.Routes() {
		method, path, _ := strings.Cut(op, " ")
		path = strings.NewReplacer("{id}", "x_1", "{sub}", "x_2", "{account}", acct).Replace(path)
		if method == "GET" || strings.HasPrefix(path, "/v1/embedded/") || strings.HasPrefix(path, "/v1/stripecli") {
			continue
		}

		r := b.do(method, path, "", header("Stripe-Account", acct), header("Idempotency-Key", "k"+rand()))
		want(t, op, r.status, http.StatusForbidden)
		want(t, op+": code", r.str("error.code"), "more_permissions_required_for_application")
		want(t, op+": sentence", r.str("error.message"), "This application does not have the required permissions for this "+
			"endpoint on account '"+acct+"'. Having the 'read_write' scope would allow this request to continue.")
	}

	browser := b.do("POST", "/v1/payment_methods", form("type=card"), withKey(publishableKey), header("Stripe-Account", acct))
	want(t, "a browser", browser.status, http.StatusForbidden)

	for _, path := range []string{"/v1/charges", "/v1/payment_intents", "/v1/events", "/v1/balance", "/v1/account"} {
		want(t, path, b.do("GET", path, "", header("Stripe-Account", acct)).status, http.StatusOK)
	}

	for _, r := range []reply{
		b.post("/v1/accounts/"+acct, "metadata[a]=b"),
		b.do("DELETE", "/v1/accounts/"+acct, ""),
		b.post("/v1/transfers", "amount=100", "currency=usd", "destination="+acct),
		b.post("/v1/payment_intents", "amount=1000", "currency=usd", "transfer_data[destination]="+acct),
	} {
		want(t, "from the platform", r.status, http.StatusForbidden)
	}

	want(t, "the account is read", b.get("/v1/accounts/"+acct).status, http.StatusOK)
}

func TestAccountsThatAreNotConnectedAreRefused(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.connected("new", "read_write").StripeUserID
	tok := b.connected(acct, "read_write")
	want(t, "connected", b.reachable(acct), http.StatusOK)
	want(t, "not connected as something else", b.s.Disconnect("cus_x"), false)

	sentence := "The provided key 'sk_test_******x123' does not have access to account '" + acct +
		"' (or that account does not exist). Application access may have been revoked."
	want(t, "disconnected", b.s.Disconnect(acct), true)

	for _, r := range []reply{
		b.do("GET", "/v1/charges", "", header("Stripe-Account", acct)),
		b.do("POST", "/v1/customers", "", header("Stripe-Account", acct)),
		b.get("/v1/accounts/" + acct),
		b.post("/v1/accounts/"+acct, "metadata[a]=b"),
		b.do("DELETE", "/v1/accounts/"+acct, ""),
	} {
		want(t, "status", r.status, http.StatusForbidden)
		want(t, "code", r.str("error.code"), "account_invalid")
		want(t, "sentence", r.str("error.message"), sentence)
	}

	want(t, "token", b.do("GET", "/v1/charges", "", withKey(tok.AccessToken)).status, http.StatusUnauthorized)
	want(t, "no destination", b.post("/v1/transfers", "amount=100", "currency=usd", "destination="+acct).str("error.code"),
		"resource_missing")
	want(t, "not listed", b.get("/v1/accounts").size("data"), 0)
	want(t, "once", b.s.Disconnect(acct), false)
	want(t, "told once", b.told("account.application.deauthorized", acct), 1)
}

func TestDeauthorizedFromThePlatform(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.connected("new", "read_only").StripeUserID
	auth := b.oauth()
	del := func(client, account string) (*stripe.Deauthorize, error) {
		return auth.Del(&stripe.DeauthorizeParams{ClientID: &client, StripeUserID: &account})
	}

	_, err := del("ca_x", acct)
	want(t, "another application", refusal(t, err).OAuthError, "invalid_client")
	want(t, "status", refusal(t, err).HTTPStatusCode, http.StatusUnauthorized)
	want(t, "still connected", b.reachable(acct), http.StatusOK)

	want(t, "done", must(del(connectClient, acct))(t).StripeUserID, acct)
	want(t, "not reachable", b.reachable(acct), http.StatusForbidden)
	want(t, "told", b.told("account.application.deauthorized", acct), 1)

	for _, account := range []string{acct, "acct_none"} {
		_, err = del(connectClient, account)
		want(t, "not connected", refusal(t, err).OAuthError, "invalid_client")
		want(t, "sentence", refusal(t, err).OAuthErrorDescription,
			"This application is not connected to stripe account "+account+", or that account does not exist.")
	}

	wrong := oauth.Client{Key: "sk_live_sandbox123", B: auth.B}
	_, err = wrong.Del(&stripe.DeauthorizeParams{ClientID: stripe.String(connectClient), StripeUserID: &acct})
	want(t, "a live key", refusal(t, err).OAuthError, "invalid_grant")
}

func TestOwnersDisconnectOnTheirDashboard(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	h := newHook(t)
	b.ok("/v1/webhook_endpoints", "url="+h.URL, "enabled_events[]=*", "connect=true")
	acct := b.connected("new", "read_only").StripeUserID

	list := string(b.get("/dashboard").raw)
	want(t, "the list links to it", strings.Contains(list, "/dashboard/"+acct), true)
	page := string(b.get("/dashboard/" + acct).raw)
	want(t, "offers to disconnect", strings.Contains(page, "Disconnect Sandbox shop"), true)
	want(t, "unknown", b.get("/dashboard/acct_none").status, http.StatusNotFound)
	foreign := b.do("POST", "/dashboard/"+acct, form("action=disconnect"), header("Origin", "https://evil.test"))
	want(t, "from another origin", foreign.status, http.StatusForbidden)

	b.browse("/dashboard/"+acct, form("action=restrict"))
	restricted := b.get("/v1/accounts/" + acct)
	want(t, "restricted", restricted.at("charges_enabled"), any(false))
	want(t, "why", restricted.str("requirements.disabled_reason"), "requirements.past_due")
	b.browse("/dashboard/"+acct, form("action=enable"))
	want(t, "enabled", b.get("/v1/accounts/"+acct).at("charges_enabled"), any(true))

	b.browse("/dashboard/"+acct, form("action=disconnect"))
	want(t, "not reachable", b.reachable(acct), http.StatusForbidden)
	page = string(b.get("/dashboard/" + acct).raw)
	want(t, "says so", strings.Contains(page, "not connected"), true)

	// What happens to the account now is none of the platform's business.
	b.browse("/dashboard/"+acct, form("action=restrict"))
	eventually(t, "the events", func() bool { return len(h.types()) == 4 })
	got := map[string]int{}
	bodies, _ := h.got()
	for _, body := range bodies {
		ev := must(eventOf(body))(t)
		want(t, "account", ev.Account, acct)
		got[string(ev.Type)]++
	}

	want(t, "authorized", got["account.application.authorized"], 1)
	want(t, "updated", got["account.updated"], 2)
	want(t, "deauthorized", got["account.application.deauthorized"], 1)
}

func TestEventsOfADisconnectedAccountStayThere(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	h := newHook(t)
	b.ok("/v1/webhook_endpoints", "url="+h.URL, "enabled_events[]=payment_intent.succeeded",
		"enabled_events[]=account.application.deauthorized", "connect=true")
	acct := b.connected("new", "read_write").StripeUserID
	pi := b.do("POST", "/v1/payment_intents", form("amount=2000", "currency=eur", "confirm=true",
		"payment_method_types[]=sepa_debit", "payment_method_data[type]=sepa_debit",
		"payment_method_data[sepa_debit][iban]=AT611904300234573201",
		"payment_method_data[billing_details][name]=Jenny", "payment_method_data[billing_details][email]=j@shop.test",
		"mandate_data[customer_acceptance][type]=offline"), header("Stripe-Account", acct))

	want(t, "in progress", pi.str("status"), "processing")

	b.s.Disconnect(acct)
	want(t, "it goes on", b.s.Decide(pi.str("id"), "succeed"), true)
	eventually(t, "the last event", func() bool { return len(h.types()) == 1 })
	want(t, "only that the access ended", h.types()[0], "account.application.deauthorized")

	for _, ev := range b.s.Events() {
		if ev.Type == "payment_intent.succeeded" {
			want(t, "nobody waits for it", ev.PendingWebhooks, 0)
		}
	}
}
