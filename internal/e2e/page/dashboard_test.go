package page_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/connect"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/testhost"
)

// seller is a connected account with what may be done about its payments.
type seller struct {
	*e2etest.Visitor
	shop    *e2etest.Shop
	account string
}

// visitSeller opens the dashboard of a new account: one payment of 20 dollars,
// a hold of 30 and a disputed one of 40.
func visitSeller(t *testing.T, s *e2etest.Shop, link string) seller {
	t.Helper()
	account, _ := s.Stripe("POST", "/v1/accounts", "type", "standard")["id"].(string)
	_, err := s.Store().ChangeConnectAccount(t.Context(), account, func(a *connect.Account) error {
		a.Scope, a.State, a.ConnectedAt = connect.ReadWrite, connect.Connected, time.Now()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	v := seller{e2etest.Visit(t, s), s, account}
	v.stripe(t, "POST", "/v1/payment_intents", "amount", "2000", "payment_method", "pm_card_visa")
	v.stripe(t, "POST", "/v1/payment_intents", "amount", "3000", "payment_method", "pm_card_visa", "capture_method", "manual")
	v.stripe(t, "POST", "/v1/payment_intents", "amount", "4000", "payment_method", "pm_card_createDispute")

	created := s.Backend(t, api.ScopeWrite).Want(201, "POST", "/v1/connect/accounts/"+account+"/dashboard_links", link)
	address, err := url.Parse(created["url"].(string))
	if err != nil {
		t.Fatal(err)
	}

	v.Open(address.RequestURI())
	v.Until("location.pathname === '/connect/dashboard' && location.search === ''")
	return v
}

// stripe sends a request of the platform for the account.
func (v seller) stripe(t *testing.T, method, path string, pairs ...string) map[string]any {
	t.Helper()
	form := url.Values{}
	if path == "/v1/payment_intents" && method == http.MethodPost {
		form = url.Values{
			"currency":               {"usd"},
			"confirm":                {"true"},
			"payment_method_types[]": {"card"},
		}
	}

	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}

	req, err := http.NewRequestWithContext(t.Context(), method, v.shop.App.StripeOrigin()+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}

	req.SetBasicAuth(v.shop.Config.StripeSecretKey.Reveal(), "")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Stripe-Account", v.account)

	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()

	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %v %v", method, path, res.StatusCode, out, err)
	}

	return out
}

// inPayments returns an expression for an element of the payments component.
func inPayments(selector string) string {
	return "document.querySelector('stripe-connect-payments')?.shadowRoot.querySelector('" + selector + "')"
}

// open opens the payment with a status.
func (v seller) open(status string) {
	row := inPayments("tr [data-status=" + status + "]")
	v.Until(row + " != null")
	e2etest.Eval[any](v.Visitor, row+".closest('tr').querySelector('[data-payment]').click()")
	v.Until(inPayments("dialog dl") + " != null")
}

func (v seller) press(action string) {
	v.Until(inPayments("dialog [data-action="+action+"]") + " != null")
	e2etest.Eval[any](v.Visitor, inPayments("dialog [data-action="+action+"]")+".click()")
}

func (v seller) enter(name, text string) {
	e2etest.Eval[any](v.Visitor, "Object.assign("+inPayments("dialog [name="+name+"]")+", {value: '"+text+"'}) && null")
}

func (v seller) told(text string) {
	v.Until(inPayments("dialog [role=status]") + "?.textContent === '" + text + "'")
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("BRAND_COLOR", "#7a1fa2"))
	v := visitSeller(t, s, `{"components":["payments","payouts_list","documents"]}`)
	v.Until(inPayments("tbody") + " != null")
	v.Axe()
	v.Screenshots("dashboard")
	e2etest.Want(v.Visitor, "getComputedStyle("+inPayments("[data-payment]")+").color", "rgb(122, 31, 162)")

	v.open("successful")
	v.press("refund")
	v.enter("amount", "5")
	v.press("refund")
	v.told("$5.00 refunded.")
	v.press("close")

	v.open("uncaptured")
	v.press("capture")
	v.enter("amount", "12.50")
	v.press("capture")
	v.told("$12.50 captured.")
	v.press("close")

	v.open("disputed")
	v.press("disputeAnswer")
	v.enter("uncategorized_text", "winning_evidence")
	v.press("submitEvidence")
	v.told("Evidence submitted.")
	v.press("close")

	// What the capture left is another refund at Stripe.
	refunds := v.stripe(t, "GET", "/v1/refunds")["data"].([]any)
	if len(refunds) != 2 || refunds[1].(map[string]any)["amount"] != 500.0 {
		t.Errorf("got %v, want a refund of 500", refunds)
	}

	// The tabs, also by keyboard, and a tab in the address.
	v.Click("#tab-payouts-list")
	v.Until("document.querySelector('stripe-connect-payouts-list')?.shadowRoot.textContent.includes('No payouts')")
	e2etest.Want(v.Visitor, "[location.hash, document.querySelector('#panel-payments').hidden].join()", "#payouts-list,true")
	e2etest.Eval[any](v.Visitor, "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))")
	v.Until("document.activeElement.id === 'tab-documents' && !document.querySelector('#panel-documents').hidden")

	v.Dark(true)
	v.Until("getComputedStyle(document.querySelector('stripe-connect-documents').shadowRoot.querySelector('h2')).color === 'rgb(236, 238, 234)'")
	v.Dark(false)

	v.Expect("401")
	v.Click("#sign-out button")
	v.Until("document.querySelector('#error-page')?.textContent.includes('You are signed out')")
	v.Axe()
}

func TestDashboardWithoutRefunds(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	v := visitSeller(t, s, `{"features":{"payments":{"refund_management":false}}}`)
	v.open("successful")
	e2etest.Want(v.Visitor, inPayments("dialog [data-action=refund]"), any(nil))

	// The page cannot talk the API into it either.
	v.Expect("403")
	id := v.stripe(t, "GET", "/v1/payment_intents")["data"].([]any)[2].(map[string]any)["id"].(string)
	e2etest.Want(v.Visitor, "document.querySelector('stripe-connect-payments').call('POST', '/v1/refunds', {payment_intent: '"+id+"'}).then(() => 'refunded', (err) => err.type)",
		"invalid_request_error")

	if refunds := v.stripe(t, "GET", "/v1/refunds")["data"].([]any); len(refunds) != 0 {
		t.Errorf("got %v, want no refund", refunds)
	}
}

func TestDashboardWhenStripeIsUnwell(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	s.Fault("POST /v1/account_sessions", sandbox.FaultStatus500, 20)
	v := visitSeller(t, s, "")
	v.Expect("500")
	v.Until("document.querySelector('#panel-payments [role=alert]')?.textContent === 'This part could not be loaded. Please try again in a moment.'")
	v.Axe()

	s.App.Sandbox().ClearFaults()
	v.Click("#panel-payments button")
	v.Until(inPayments("tbody") + " != null")
}

// The client code of Stripe's quickstart: it sends no body, and shows an error
// of its own if the answer is one
// (https://docs.stripe.com/connect/connect-embedded-components/quickstart).
const quickstart = `(() => {
	document.body.insertAdjacentHTML('beforeend', '<div id="container"></div><div id="error" hidden>Something went wrong!</div>');
	const fetchClientSecret = async () => {
		const response = await fetch('/account_session', { method: 'POST' });
		if (!response.ok) {
			window.said = (await response.json()).error;
			document.querySelector('#container').setAttribute('hidden', '');
			document.querySelector('#error').removeAttribute('hidden');
			return undefined;
		}
		const { client_secret: clientSecret } = await response.json();
		document.querySelector('#container').removeAttribute('hidden');
		document.querySelector('#error').setAttribute('hidden', '');
		return clientSecret;
	};
	window.instance = loader.loadConnectAndInitialize({ publishableKey: KEY, fetchClientSecret,
		appearance: { overlays: 'dialog', variables: { colorPrimary: '#625afa' } } });
	document.getElementById('container').appendChild(instance.create('payments'));
	return null;
})()`

// Stripe's own loader and the client code of its quickstart work with our
// server.
func TestQuickstartOfTheDashboard(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../../node_modules/@stripe/connect-js/dist/pure.js")
	if os.IsNotExist(err) {
		testhost.Missing(t, "this test needs the packages of package-lock.json (run: npm ci)")
	}
	if err != nil {
		t.Fatal(err)
	}

	s := e2etest.OpenShop(t)
	v := visitSeller(t, s, "")
	v.Until(inPayments("tbody") + " != null")
	run := func() {
		e2etest.Eval[any](v.Visitor, "(() => { window.loader = {}; (function (exports, module) {"+string(source)+"\n})(window.loader, {}); })()")
		e2etest.Eval[any](v.Visitor, strings.Replace(quickstart, "KEY", "'"+s.Config.StripePublishableKey+"'", 1))
	}

	run()
	v.Until("document.querySelector('#container stripe-connect-payments')?.shadowRoot.querySelector('tbody') != null")

	s.Fault("POST /v1/account_sessions", sandbox.FaultStatus500, 20)
	v.Expect("500")
	e2etest.Eval[any](v.Visitor, "(document.querySelector('#container').remove(), document.querySelector('#error').remove())")
	run()
	v.Until("!document.querySelector('#error').hidden && said === 'Stripe did not open the dashboard. Please try again.'")
}
