package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/sandbox"
)

func TestConnectEndpointsKeepTheirKind(t *testing.T) {
	t.Parallel()
	own, connect := newHook(t), newHook(t)
	b := newBox(t, func(c *sandbox.Config) {
		c.Endpoints = []sandbox.Endpoint{
			{URL: own.URL, Secret: "whsec_own"},
			{URL: own.URL, Secret: "whsec_connect", Connect: true},
		}
	})

	api := b.sdk()
	made := must(api.WebhookEndpoints.New(&stripe.WebhookEndpointParams{
		URL:           stripe.String(connect.URL),
		EnabledEvents: stripe.StringSlice([]string{"account.updated"}),
		Connect:       stripe.Bool(true),
	}))(t)

	want(t, "a secret of its own", len(made.Secret) > 20, true)

	kinds := map[bool]int{}

	it := api.WebhookEndpoints.List(nil)
	for it.Next() {
		kinds[it.WebhookEndpoint().Application != ""]++
	}

	want(t, "for Connect", kinds[true], 2)
	want(t, "for the platform", kinds[false], 1)

	changed := b.post("/v1/webhook_endpoints/"+made.ID, "connect=false")
	want(t, "the kind stays", changed.str("error.code"), "parameter_unknown")
	updated := must(api.WebhookEndpoints.Update(made.ID, &stripe.WebhookEndpointParams{Description: stripe.String("d")}))(t)
	want(t, "also when another field changes", updated.Application, connectClient)
}

// TestEventsOfTheOtherModeComeAsEventsOfTheirOwn checks what a live Connect
// endpoint gets when an account is used in test mode, with the modes swapped.
func TestEventsOfTheOtherModeComeAsEventsOfTheirOwn(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	h := newHook(t)
	b.ok("/v1/webhook_endpoints", "url="+h.URL, "enabled_events[]=account.updated", "connect=true")
	acct := b.connected("new", "read_write").StripeUserID
	_, err := b.s.AddFault(sandbox.Fault{Route: "WEBHOOK account.*", Kind: sandbox.FaultOtherMode})
	want(t, "fault", err, nil)

	b.ok("/v1/accounts/"+acct, "metadata[a]=b")
	eventually(t, "both events", func() bool { return len(h.types()) == 2 })

	bodies, _ := h.got()
	byMode := map[bool]stripe.Event{}
	for _, body := range bodies {
		ev := must(eventOf(body))(t)
		byMode[ev.Livemode] = ev
	}

	live, test := byMode[true], byMode[false]
	want(t, "account", live.Account, acct)
	want(t, "type", live.Type, test.Type)
	want(t, "another event", live.ID != test.ID && live.ID != "", true)
	want(t, "which this mode's key does not read", b.get("/v1/events/"+live.ID).status, http.StatusNotFound)
	want(t, "unlike its own", b.get("/v1/events/"+test.ID).status, http.StatusOK)
	eventually(t, "delivered", func() bool { return b.get("/v1/events/"+test.ID).num("pending_webhooks") == 0 })

	b.ok("/v1/accounts/"+acct, "metadata[a]=c")
	eventually(t, "the fault is over", func() bool { return len(h.types()) == 3 })
}

func TestFaultsStrikeOAuthCalls(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	code := b.approve("new").Get("code")
	_, _ = b.s.AddFault(sandbox.Fault{Route: "POST /oauth/token", Kind: sandbox.FaultReset})
	_, err := b.exchange(code)
	want(t, "cut before", err != nil, true)
	want(t, "nothing happened", b.get("/v1/accounts").size("data"), 0)

	_, _ = b.s.AddFault(sandbox.Fault{Route: "POST /oauth/token", Kind: sandbox.FaultStatus500})
	_, err = b.exchange(code)
	want(t, "500", refusal(t, err).HTTPStatusCode, http.StatusInternalServerError)
	want(t, "in the form of OAuth", refusal(t, err).OAuthError, "api_error")

	_, _ = b.s.AddFault(sandbox.Fault{Route: "POST /oauth/token", Kind: sandbox.FaultChargeThenCut})
	_, err = b.exchange(code)
	want(t, "cut after", err != nil, true)
	want(t, "it is connected", b.get("/v1/accounts").size("data"), 1)

	exchanges := 0
	for _, r := range b.s.Requests() {
		if r.Path == "/oauth/token" {
			exchanges++
		}
	}

	want(t, "the log has them", exchanges, 3)
}

func TestPlatformsConnectNoAccountOfAnotherPlatform(t *testing.T) {
	t.Parallel()
	const controlled = "acct_1SbxOtherPlatform0"
	extension := newBox(t)
	want(t, "an extension does", extension.connected(controlled, "read_only").StripeUserID, controlled)

	b := newBox(t, func(c *sandbox.Config) { c.ConnectPlatform = true })
	r := b.do("POST", authorizePath(), form("outcome=pass", "account="+controlled))
	want(t, "a platform does not", r.status, http.StatusOK)
	want(t, "nothing is connected", b.connected("new", "read_write").StripeUserID != controlled, true)
	want(t, "read_only is for extensions",
		b.redirected("GET", authorizePath("scope=read_only"), "").Query().Get("error"), "invalid_scope")
	want(t, "and the default", b.redirected("GET", authorizePath("scope="), "").Query().Get("error"), "invalid_scope")
}

func TestOAuthPrefillsANewAccount(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	extra := []string{
		"stripe_user[email]=owner@shop.test", "stripe_user[business_name]=Blue <b>Kettle", "stripe_user[country]=de",
		"stripe_user[business_type]=llc", "stripe_user[url]=https://kettle.test", "stripe_user[nonsense]=x",
	}

	page := string(b.get(authorizePath(extra...)).raw)
	want(t, "shown", strings.Contains(page, "owner@shop.test"), true)
	want(t, "as text", strings.Contains(page, "Blue &lt;b&gt;Kettle"), true)
	want(t, "what is unknown is not", strings.Contains(page, "nonsense"), false)

	tok := must(b.exchange(b.approve("new", extra...).Get("code")))(t)
	acct := must(b.sdk().Accounts.GetByID(tok.StripeUserID, nil))(t)
	want(t, "e-mail", acct.Email, "owner@shop.test")
	want(t, "country", acct.Country, "DE")
	want(t, "currency", acct.DefaultCurrency, stripe.CurrencyEUR)
	want(t, "business", acct.BusinessProfile.Name, "Blue <b>Kettle")
	want(t, "type", acct.BusinessType, stripe.AccountBusinessTypeCompany)
	want(t, "the person", acct.Individual == nil, true)

	want(t, "login shows the account first",
		strings.Contains(string(b.get(authorizePath("stripe_landing=login")).raw), `value="`+acct.ID+`" checked`), true)
	want(t, "register a new one",
		strings.Contains(string(b.get(authorizePath("stripe_landing=register")).raw), `value="new" checked`), true)
	want(t, "read_only logs in by default",
		strings.Contains(string(b.get(authorizePath("scope=read_only")).raw), `value="`+acct.ID+`" checked`), true)
}
