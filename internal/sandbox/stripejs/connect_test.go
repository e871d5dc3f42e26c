package stripejs_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
)

// dashboard is a page with the components of one connected account, created
// with the loader of @stripe/connect-js.
type dashboard struct {
	*shop
	base, account string
}

// openDashboard opens a page on a new account with one payment of 20 dollars,
// one of which nothing is captured, and one that is disputed. The page has
// connect, the instance, and reports, what its listeners heard. rights are the
// parameters of its sessions; window.secrets counts them.
func openDashboard(t *testing.T, tab context.Context, options string, rights ...string) *dashboard {
	t.Helper()

	base := newSandbox(t).URL
	account := secretCall(t, base, "/v1/accounts", url.Values{"type": {"standard"}, "country": {"US"}})["id"].(string)
	s := openLoader(t, tab, &wire{Server: &httptest.Server{URL: base}}, "WIRE/v1.0/connect.js",
		"@stripe/connect-js/dist/pure.js")
	d := &dashboard{shop: s, base: base, account: account}

	d.pay("pm_card_visa", nil)
	d.pay("pm_card_visa", url.Values{"capture_method": {"manual"}, "amount": {"3000"}})
	d.pay("pm_card_createDispute", url.Values{"amount": {"4000"}})

	s.run("(window.reports = [], window.secrets = 0, window.nextSecret = null)")
	s.run(`(window.connect = loader.loadConnectAndInitialize(Object.assign({
		publishableKey: 'pk_test_shop', locale: 'en-US',
		fetchClientSecret: async () => { secrets += 1; return new Promise((resolve) => { window.nextSecret = resolve; }); },
	}, ` + options + `))) && null`)

	d.session(rights...)

	s.run(`window.mount = (name, setters = {}) => {
		const el = connect.create(name);
		for (const event of ['setOnLoadError', 'setOnLoaderStart']) el[event]((e) => reports.push([event, e]));
		for (const [setter, value] of Object.entries(setters)) el[setter](value);
		document.body.append(el);
		return el;
	}`)

	s.run(`window.find = (name, selector) => document.querySelector('stripe-connect-' + name).shadowRoot.querySelector(selector)`)
	s.run(`window.textOf = (name) => document.querySelector('stripe-connect-' + name).shadowRoot.textContent`)

	return d
}

// pay charges the account directly.
func (d *dashboard) pay(method string, more url.Values) {
	d.t.Helper()

	form := url.Values{
		"amount":                 {"2000"},
		"currency":               {"usd"},
		"confirm":                {"true"},
		"payment_method":         {method},
		"payment_method_types[]": {"card"},
		"description":            {"Tea"},
	}

	for key, value := range more {
		form[key] = value
	}

	d.ask(http.MethodPost, "/v1/payment_intents", form)
}

// ask sends a request of the platform for the account.
func (d *dashboard) ask(method, path string, form url.Values) map[string]any {
	d.t.Helper()
	return secretRequest(d.t, method, d.base, path, form, d.account)
}

// session answers the page's waiting fetchClientSecret with a new session.
func (d *dashboard) session(rights ...string) {
	d.t.Helper()
	d.eventually("window.nextSecret")

	form := url.Values{"account": {d.account}}
	for _, right := range rights {
		name, value, _ := strings.Cut(right, "=")
		form.Set(name, value)
	}

	secret := secretCall(d.t, d.base, "/v1/account_sessions", form)["client_secret"].(string)
	d.run("(nextSecret('" + secret + "'), window.nextSecret = null)")
}

const allPayments = "components[payments][enabled]=true"

// openPayment opens the first payment of the list with a status.
func (d *dashboard) openPayment(status string) {
	d.t.Helper()
	d.eventually("find('payments', 'tr [data-status=" + status + "]')")
	d.run("find('payments', 'tr [data-status=" + status + "]').closest('tr').querySelector('[data-payment]').click()")
	d.eventually("find('payments', 'dialog dl')")
}

// press clicks a button in the dialog.
func (d *dashboard) press(action string) {
	d.t.Helper()
	d.eventually("find('payments', 'dialog [data-action=" + action + "]')")
	d.run("find('payments', 'dialog [data-action=" + action + "]').click()")
}

// logIn passes the login window that a component opens.
func (d *dashboard) logIn(name string) {
	d.t.Helper()
	d.eventually("find('" + name + "', '[data-action=login]')")

	opened := chromedp.WaitNewTarget(d.ctx, func(info *target.Info) bool {
		return strings.HasSuffix(info.URL, "/v3/login.html")
	})
	d.do(chromedp.Click(chromedp.JSPath("find('" + name + "', '[data-action=login]')")))

	popup, done := chromedp.NewContext(d.ctx, chromedp.WithTargetID(<-opened))
	defer done()

	// The window closes itself, so the click must not wait for it.
	_, err := chromedp.Run(popup, chromedp.Evaluate[bool](
		"setTimeout(() => document.querySelector('#pass').click()) > 0"))
	if err != nil {
		d.t.Fatal(err)
	}

	d.eventually("!find('" + name + "', '[data-action=login]')")
}

// advance moves the sandbox's clock.
func (d *dashboard) advance(seconds int) {
	d.t.Helper()
	d.manage("clock", fmt.Sprintf(`{"advance": %d}`, seconds))
}

// manage sends a request to the sandbox's management API.
func (d *dashboard) manage(path, body string) {
	d.t.Helper()
	res, err := http.Post(d.base+"/_sandbox/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}

	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		d.t.Fatalf("%s: status %d", path, res.StatusCode)
	}
}

func TestConnectPayments(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("a part of a payment is refunded", func(t *testing.T) {
		d := openDashboard(t, tab, "{}", allPayments)
		d.run("mount('payments')")
		browsertest.Axe(t, d.ctx, "stripe-connect-payments")
		d.openPayment("successful")
		d.press("refund")
		browsertest.Axe(t, d.ctx, "stripe-connect-payments")

		d.run("find('payments', 'dialog [name=amount]').value = '25'")
		d.press("refund")
		d.eventually("find('payments', 'dialog form [role=alert]').textContent === 'Enter an amount between $0.01 and $20.00.'")

		d.run("find('payments', 'dialog [name=amount]').value = '5'")
		d.press("refund")
		d.eventually("find('payments', 'dialog [role=status]').textContent === '$5.00 refunded.'")
		d.eventually("find('payments', 'tr [data-status=partially_refunded]')")
		d.want("reports", `[["setOnLoaderStart",{"elementTagName":"stripe-connect-payments"}]]`)

		refund := d.ask(http.MethodGet, "/v1/refunds", nil)["data"].([]any)[0].(map[string]any)
		if refund["amount"] != 500.0 {
			t.Errorf("got %v, want a refund of 500", refund)
		}

		// What is left is offered next, and then nothing.
		d.press("refund")
		d.want("find('payments', 'dialog [name=amount]').value", `"15.00"`)
		d.press("refund")
		d.eventually("find('payments', 'dialog dl + h3') && !find('payments', 'dialog [data-action=refund]')")
	})

	t.Run("a hold is captured in part", func(t *testing.T) {
		d := openDashboard(t, tab, "{appearance: {overlays: 'drawer'}}", allPayments)
		d.run("mount('payments')")
		d.openPayment("uncaptured")
		d.want("find('payments', 'dialog').className", `"Drawer"`)
		d.press("capture")
		d.run("find('payments', 'dialog [name=amount]').value = '12.5'")
		d.press("capture")
		d.eventually("find('payments', 'dialog [role=status]').textContent === '$12.50 captured.'")
	})

	t.Run("a dispute is answered and won", func(t *testing.T) {
		d := openDashboard(t, tab, "{}", allPayments)
		d.run("mount('payments')")
		d.openPayment("disputed")
		d.press("disputeAnswer")
		d.press("submitEvidence")
		d.eventually("find('payments', 'dialog form [role=alert]').textContent === 'Enter some evidence first.'")

		d.run("find('payments', 'dialog [name=uncategorized_text]').value = 'winning_evidence'")
		d.press("saveEvidence")
		d.eventually("find('payments', 'dialog [data-status=needs_response]')")
		d.press("disputeAnswer")
		d.want("find('payments', 'dialog [name=uncategorized_text]').value", `"winning_evidence"`)
		d.press("submitEvidence")
		d.eventually("find('payments', 'dialog [role=status]').textContent === 'Evidence submitted.'")
		d.want("find('payments', 'dialog [data-action=disputeAccept]')", "null")
	})

	t.Run("without its features nothing is offered", func(t *testing.T) {
		feature := "components[payments][features]"
		d := openDashboard(t, tab, "{}", allPayments, feature+"[refund_management]=false",
			feature+"[capture_payments]=false", feature+"[dispute_management]=false")
		d.run("mount('payments')")

		for _, status := range []string{"successful", "uncaptured", "disputed"} {
			d.openPayment(status)
			d.want("find('payments', 'dialog .Content').querySelectorAll('button').length", "0")
			d.press("close")
			d.eventually("!find('payments', 'dialog')")
		}
	})

	t.Run("filters are the page's by default and the user's afterwards", func(t *testing.T) {
		d := openDashboard(t, tab, "{}", allPayments)
		d.run("mount('payments', {setDefaultFilters: {amount: {greaterThan: 2000}, status: ['uncaptured', 'disputed']}})")
		d.eventually("find('payments', 'tbody')")
		rows := "[...document.querySelector('stripe-connect-payments').shadowRoot.querySelectorAll('tbody [data-payment]')].map((n) => n.textContent)"
		d.want(rows, `["$40.00","$30.00"]`)
		d.want("find('payments', '[name=least]').value", `"20.01"`)

		d.run("find('payments', '[value=disputed]').click()")
		d.run("find('payments', '[data-action=apply]').click()")
		d.eventually(rows + ".length === 1")
		d.run("find('payments', '[data-action=clear]').click()")
		d.eventually(rows + ".length === 3")

		d.run("find('payments', '[name=most]').value = '1'")
		d.run("find('payments', '[data-action=apply]').click()")
		d.eventually("textOf('payments').includes('No payments match these filters.')")
	})

	t.Run("pages of ten are turned", func(t *testing.T) {
		d := openDashboard(t, tab, "{}", allPayments)
		for range 10 {
			d.pay("pm_card_visa", url.Values{"amount": {"700"}})
		}

		d.run("mount('payments')")
		count := "document.querySelector('stripe-connect-payments').shadowRoot.querySelectorAll('tbody tr').length"
		d.eventually(count + " === 10")
		d.run("find('payments', '[data-action=next]').click()")
		d.eventually(count + " === 3")
		d.want("find('payments', '[data-action=next]').disabled", "true")
		d.run("find('payments', '[data-action=previous]').click()")
		d.eventually(count + " === 10")
		d.want("find('payments', '[data-action=previous]').disabled", "true")
	})

	t.Run("payment-details shows one payment over the page", func(t *testing.T) {
		d := openDashboard(t, tab, "{displayOptions: {showObjectIds: true}}", "components[payment_details][enabled]=true")
		id := d.ask(http.MethodGet, "/v1/payment_intents", nil)["data"].([]any)[2].(map[string]any)["id"].(string)
		d.run("mount('payment-details', {setPayment: '" + id + "', setOnClose: () => reports.push('closed')})")
		d.eventually("find('payment-details', 'dialog dl')?.textContent.includes('" + id + "')")
		d.run("find('payment-details', '[data-action=close]').click()")
		d.eventually("reports.includes('closed')")
	})
}

func TestConnectSessions(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("a session that ran out is replaced once and the work goes on", func(t *testing.T) {
		d := openDashboard(t, tab, "{}", allPayments, "components[payouts_list][enabled]=true")
		d.run("(mount('payments'), mount('payouts-list'))")
		d.eventually("find('payments', 'tbody') && textOf('payouts-list').includes('No payouts')")
		d.want("secrets", "1")

		d.advance(1801)
		d.run("find('payments', 'tr [data-status=successful]').closest('tr').querySelector('[data-payment]').click()")
		d.session(allPayments)
		d.eventually("find('payments', 'dialog dl')")
		d.want("secrets", "2")
	})

	t.Run("a client secret that the page used before is refused", func(t *testing.T) {
		d := openDashboard(t, tab, "{}", allPayments)
		secret := secretCall(t, d.base, "/v1/account_sessions",
			url.Values{"account": {d.account}, "components[payments][enabled]": {"true"}})["client_secret"].(string)
		init := "StripeConnect.init({publishableKey: 'pk_test_shop', fetchClientSecret: async () => '" + secret + "'})"
		d.run("(async () => { window.second = " + init + "; await second.connect.session; window.third = " + init + "; })()")
		d.want("third.connect.session.catch((err) => [err.type, err.message.includes('each time')])",
			`["invalid_request_error",true]`)
	})

	t.Run("load errors have their documented types", func(t *testing.T) {
		d := openDashboard(t, tab, "{}", allPayments)
		for _, c := range []struct{ fetch, component, want string }{
			{"async () => { throw new Error('no session'); }", "payments", "account_session_create_error"},
			{"async () => undefined", "payments", "account_session_create_error"},
			{"async () => 'accs_secret__unknown'", "payments", "invalid_request_error"},
			{"async () => secretOf()", "payouts", "invalid_request_error"},
		} {
			secret := secretCall(t, d.base, "/v1/account_sessions",
				url.Values{"account": {d.account}, "components[payments][enabled]": {"true"}})["client_secret"].(string)
			d.run("window.secretOf = () => '" + secret + "'")
			d.want(`new Promise((resolve) => {
				const el = StripeConnect.init({publishableKey: 'pk_test_shop', fetchClientSecret: `+c.fetch+`}).create('`+c.component+`');
				el.setOnLoadError((e) => resolve([e.elementTagName, e.error.type])); document.body.append(el); })`,
				`["stripe-connect-`+c.component+`","`+c.want+`"]`)
		}

		for fault, want := range map[string]string{"status_429": "rate_limit_error", "status_500": "api_error"} {
			d.manage("faults", `{"kind": "`+fault+`", "route": "POST /v1/account_sessions/claim", "count": 1}`)
			d.want(`new Promise((resolve) => {
				const el = StripeConnect.init({publishableKey: 'pk_test_shop', fetchClientSecret: async () => 'x'}).create('payments');
				el.setOnLoadError((e) => resolve(e.error.type)); document.body.append(el); })`, `"`+want+`"`)
		}

		d.want(`new Promise((resolve) => {
			window.fetch = () => Promise.reject(new TypeError('offline'));
			const el = StripeConnect.init({publishableKey: 'pk_test_shop', fetchClientSecret: async () => 'x'}).create('payments');
			el.setOnLoadError((e) => resolve(e.error.type)); document.body.append(el); })`, `"api_connection_error"`)
	})

	t.Run("logout ends every component and its session", func(t *testing.T) {
		d := openDashboard(t, tab, "{}", allPayments)
		d.run("mount('payments')")
		d.openPayment("successful")
		d.run("connect.logout()")
		d.want("[textOf('payments'), find('payments', 'dialog'), secrets]", `["You are signed out.",null,1]`)
	})

	t.Run("appearance and locale are applied and replaced", func(t *testing.T) {
		d := openDashboard(t, tab, "{appearance: {variables: {colorPrimary: '#ff0000', colorText: '#102030'}}}", allPayments)
		d.run("mount('payments')")
		d.eventually("find('payments', 'tbody')")
		color := "getComputedStyle(find('payments', '[data-payment]')).color"
		d.want(color, `"rgb(255, 0, 0)"`)
		d.want("getComputedStyle(find('payments', 'h2')).color", `"rgb(16, 32, 48)"`)

		d.run("connect.update({locale: 'fr-FR', appearance: {variables: {colorPrimary: '#00ff00'}}})")
		d.eventually("find('payments', 'h2').textContent === 'Paiements' && " + color + " === 'rgb(0, 255, 0)'")
		d.want("[document.querySelector('stripe-connect-payments').lang, find('payments', '[data-payment]').textContent.replace(/\\s/g, ' ')]",
			`["fr","40,00 $US"]`)
	})

	t.Run("wrong use is reported to the page's developer", func(t *testing.T) {
		d := openDashboard(t, tab, "{}", allPayments)
		failure := func(code string) string {
			return "(() => { try { " + code + " } catch (err) { return err.message; } })()"
		}
		d.want(failure("StripeConnect.init({publishableKey: 'sk_test_x', fetchClientSecret: async () => ''})"),
			`"StripeConnect.init: publishableKey has to be a publishable test key (pk_test_...) in the offline sandbox."`)
		d.want(failure("StripeConnect.init({publishableKey: 'pk_test_x'})"),
			`"StripeConnect.init: fetchClientSecret has to be a function."`)
		d.want(failure("connect.debugInstance(); StripeConnect.init({publishableKey: 'pk_test_x', fetchClientSecret: async () => ''}).create('balances').setOnLoadError(1)"),
			`"setOnLoadError of stripe-connect-balances takes a function."`)
		d.want(failure("StripeConnect.init({publishableKey: 'pk_test_x', fetchClientSecret: async () => ''}).create('wallet')")+".slice(0, 63)",
			`"Element wallet was not transformed into a custom element. Are y"`)
	})
}

func TestConnectPanels(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)
	t.Run("payouts pays out what the session allows", func(t *testing.T) {
		d := openDashboard(t, tab, "{}", "components[payouts][enabled]=true", "components[payouts_list][enabled]=true")
		d.pay("pm_card_bypassPending", nil)
		d.run("(mount('payouts'), mount('payouts-list'))")
		d.logIn("payouts")
		d.eventually("find('payouts', '[data-balance=available]')")
		d.run("find('payouts', '[name=amount]').value = '10'")
		d.run("find('payouts', '[data-action=payOut]').click()")
		d.eventually("find('payouts', '[role=status]').textContent === '$10.00 will be paid out.'")
		d.eventually("find('payouts', 'tbody [data-status=pending]')")
		d.run("find('payouts', '[name=interval]').value = 'weekly'")
		d.run("find('payouts', '[data-action=save]').click()")
		d.eventually("find('payouts', '[role=status]').textContent === 'Payout schedule changed.'")
	})

	t.Run("balances offers no payout without its features", func(t *testing.T) {
		feature := "components[balances][features]"
		d := openDashboard(t, tab, "{}", "components[balances][enabled]=true", feature+"[standard_payouts]=false",
			feature+"[instant_payouts]=false", feature+"[edit_payout_schedule]=false")
		d.pay("pm_card_bypassPending", nil)
		d.run("mount('balances')")
		d.logIn("balances")
		d.eventually("find('balances', '[data-balance=available]')")
		d.want("find('balances', 'form')", "null")
	})

	t.Run("the banner counts what is missing until the onboarding is done", func(t *testing.T) {
		d := openDashboard(t, tab, "{}", "components[notification_banner][enabled]=true", "components[account_onboarding][enabled]=true",
			"components[account_management][enabled]=true", "components[documents][enabled]=true")
		d.run("mount('notification-banner', {setOnNotificationsChange: (e) => reports.push(['banner', e])})")
		d.run(`mount('account-onboarding', {setOnStepChange: (e) => reports.push(['step', e.step]), setOnExit: () => reports.push('exit')})`)
		d.run("(mount('account-management'), mount('documents'))")
		d.logIn("account-onboarding")

		d.eventually("find('notification-banner', '[data-action=addInformation]')")

		for range 2 {
			d.eventually("find('account-onboarding', '[data-action=continue]')")
			d.run("find('account-onboarding', '[data-action=continue]').click()")
		}

		d.eventually("find('account-onboarding', '[data-action=submit]')")
		d.run("find('account-onboarding', '[data-action=submit]').click()")

		d.eventually("reports.includes('exit') && textOf('account-onboarding').includes('Your account is set up.')")
		d.eventually("textOf('notification-banner') === '' && textOf('account-management').includes('Payments acceptedYes')")
		d.want("reports.filter((r) => r[0] === 'step').map((r) => r[1])", `["business_type","external_account","summary"]`)
		d.want("reports.filter((r) => r[0] === 'banner').map((r) => r[1].total).filter((n, i, all) => n !== all[i - 1])", "[1,0]")
		d.want("textOf('documents').includes('No documents yet')", "true")
	})
}
