package guide_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

// guidePage and guideScript are the checkout of Stripe's guide
// (https://docs.stripe.com/payments/finalize-payments-on-the-server): a fixed
// amount, two endpoints, and response.error as the only sign of a failure. They
// know nothing of checkoutd.
const (
	guidePage = `<!doctype html><title>guide</title><link rel="icon" href="data:,">
<form id="payment-form"><div id="payment-element"></div><button id="submit">Pay</button><div id="error-message"></div></form>
<script src="STRIPE/v3/"></script><script src="/guide.js"></script>`

	guideScript = `
const stripe = Stripe('pk_test_sandboxcheckoutd');
const form = document.getElementById('payment-form');
const submitBtn = document.getElementById('submit');
const says = (text) => { document.getElementById('error-message').textContent = text; };
let elements;
(async () => {
  const res = await fetch('/create-customer-session', {method: 'POST'});
  const {customer_session_client_secret: customerSessionClientSecret} = await res.json();
  elements = stripe.elements({mode: 'payment', amount: 1099, currency: 'usd', customerSessionClientSecret, appearance: {}});
  const paymentElement = elements.create('payment', {layout: 'accordion'});
  paymentElement.on('ready', () => says('ready'));
  paymentElement.mount('#payment-element');
})();
const handleError = (error) => { says(error.type + ' ' + error.code + ': ' + error.message); submitBtn.disabled = false; };
const handleServerResponse = async (response) => {
  if (response.error) return handleError(response.error);
  if (response.status === 'requires_action') {
    const {error, paymentIntent} = await stripe.handleNextAction({clientSecret: response.client_secret});
    if (error) return handleError(error);
    return says('after the action: ' + paymentIntent.status);
  }
  says('at once: ' + response.status);
};
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (submitBtn.disabled) return;
  submitBtn.disabled = true;
  const {error: submitError} = await elements.submit();
  if (submitError) return handleError(submitError);
  const {error, confirmationToken} = await stripe.createConfirmationToken({elements, params: {return_url: location.href}});
  if (error) return handleError(error);
  const res = await fetch('/create-confirm-intent', {
    method: 'POST',
    headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({confirmationTokenId: confirmationToken.id}),
  });
  handleServerResponse(await res.json());
});`
)

// hostGuide serves the guide's page at the shop's own origin.
func hostGuide(s **e2etest.Shop) e2etest.Option {
	return e2etest.Behind(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/guide":
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = io.WriteString(w, strings.ReplaceAll(guidePage, "STRIPE", (*s).App.StripeOrigin()))
			case "/guide.js":
				w.Header().Set("Content-Type", "text/javascript")
				_, _ = io.WriteString(w, guideScript)
			default:
				next.ServeHTTP(w, r)
			}
		})
	})
}

func TestGuide(t *testing.T) {
	t.Parallel()
	var s *e2etest.Shop
	s = e2etest.OpenShop(t, hostGuide(&s))
	v := e2etest.Visit(t, s)
	v.Expect("402 (Payment Required)")
	id := v.Order("guide")
	says := func(text string) {
		t.Helper()
		v.Until("document.querySelector('#error-message').textContent.startsWith(" + strconv.Quote(text) + ")")
	}

	v.Open("/guide")
	says("ready")
	v.FillCard(e2etest.CardDeclined)
	v.Click("#submit")
	says("card_error card_declined: Your card was declined.")
	v.FillCard(e2etest.CardAsks)
	v.Click("#submit")
	v.Challenge("fail")
	says("invalid_request_error payment_intent_authentication_failure")
	v.FillCard(e2etest.CardAsks)
	v.Click("#submit")
	v.Challenge("pass")
	says("after the action: succeeded")
	v.Until("fetch('/orders/" + id + "').then((r) => r.json()).then((o) => o.status === 'paid')")
	s.WantLedger(1, 1099)
	v.Expect("409 (Conflict)")
	v.Open("/guide")
	says("ready")
	v.FillCard(e2etest.CardPays)
	v.Click("#submit")
	says("invalid_request_error order_not_open")
	s.WantLedger(1, 1099)
}
