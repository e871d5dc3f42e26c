package api_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
)

// secretShapes matches secrets that are created while the test runs.
var secretShapes = regexp.MustCompile(`(pi|seti|cuss|accs)_[A-Za-z0-9_]*secret_\w+|whsec_\w+|sk_(test|live)_\w+|ctoken_\w+`)

func TestNothingPrivateIsToldOn(t *testing.T) {
	t.Parallel()
	traces := e2etest.NewCollector(t)
	s := e2etest.OpenShop(t, e2etest.Tracing(traces), e2etest.Set("RECEIPT_EMAIL", "true"), e2etest.Set("COLLECT_EMAIL", "true"), e2etest.Selling(strings.Replace(e2etest.ShopCatalog, `"products": [`, `"products": [
		{"sku": "club", "name": "Tea club", "price": "12.00", "recurring": {"interval": "month"}},`, 1)))
	b := s.Buyer(t)
	private := []string{e2etest.CanaryName, url.QueryEscape(e2etest.CanaryName), e2etest.CanaryEmail, url.QueryEscape(e2etest.CanaryEmail), e2etest.CanaryKey, e2etest.CanaryCard, e2etest.CanaryToken, e2etest.CanaryIBAN,
		e2etest.CardPays, e2etest.CardDeclined, e2etest.CardAsks, config.SandboxSecretKey, config.SandboxWebhookSecret}
	var problems []string
	keep := func(r e2etest.Reply) {
		if r.Status >= 400 {
			problems = append(problems, r.Body)
		}
	}

	// Every ending of a payment, with Stripe well and unwell.
	for _, card := range []string{e2etest.CardPays, e2etest.CardDeclined, e2etest.CardNoFunds, e2etest.CardAsks} {
		id := b.Order("mug")
		keep(b.Call("POST", "/create-customer-session", ""))
		keep(b.Confirm(id, card))
		keep(b.Confirm(id, card))
		keep(b.Call("GET", "/complete?order="+id+"&payment_intent_client_secret=pi_1_secret_canary", "", "Accept: text/html"))
	}

	for _, kind := range []string{sandbox.FaultStatus500, sandbox.FaultStatus429, sandbox.FaultReset, sandbox.FaultChargeThenCut} {
		s.Fault("POST /v1/payment_intents", kind, 3)
		s.Fault("POST /v1/customer_sessions", kind, 3)
		id := b.Order("mug")
		keep(b.Call("POST", "/create-customer-session", ""))
		keep(b.Confirm(id, e2etest.CardPays))
		s.App.Sandbox().ClearFaults()
	}

	// A buyer who says who they are, in every mode, with Stripe well and unwell
	// at every step.
	for _, mode := range []string{"mug", "club", "setup"} {
		for _, fault := range []struct{ route, kind string }{
			{"", ""}, {"POST /v1/customers/*", sandbox.FaultStatus500}, {"POST /v1/subscriptions", sandbox.FaultReset}, {"POST /v1/payment_intents/*", sandbox.FaultStatus429},
			{"POST /v1/payment_intents", sandbox.FaultStatus429}, {"POST /v1/setup_intents", sandbox.FaultStatus500},
		} {
			cart := `{"items":[{"sku":"` + mode + `","quantity":1}]}`
			if mode == "setup" {
				cart = `{"mode":"setup"}`
			}

			id, _ := b.Object(b.Call("POST", "/orders", cart))["id"].(string)
			if fault.route != "" {
				s.Fault(fault.route, fault.kind, 3)
			}

			for _, card := range []string{e2etest.CardDeclined, e2etest.CardPays} {
				keep(b.Call("PATCH", "/orders/"+id, `{"email":"`+e2etest.CanaryEmail+`","shipping":{"name":"`+e2etest.CanaryName+`","address":{"line1":"`+card+`","country":"FR"}}}`))
				keep(b.Confirm(id, card))
			}

			s.App.Sandbox().ClearFaults()
		}
	}

	// Every route, with private things wherever a caller can put them.
	everything := []string{e2etest.CanaryName, e2etest.CanaryEmail, e2etest.CanaryKey, e2etest.CanaryCard, e2etest.CanaryToken, "pi_1_secret_canary", e2etest.CanaryIBAN}
	for _, word := range everything {
		in := url.PathEscape(word)
		headers := []string{
			"User-Agent: " + word, "Referer: https://shop.example/?x=" + in, "Authorization: Bearer " + in, "X-Request-Id: " + in,
			"X-Forwarded-For: " + in, "Accept-Language: " + in, "Idempotency-Key: " + in, "Stripe-Signature: t=1,v1=" + in,
			"Cookie: checkoutd_order=" + in + ":" + in + "; checkoutd_buyer=buy_" + in + "." + in,
		}

		quoted := fmt.Sprintf("%q", word)
		for _, c := range []struct{ method, path, body string }{
			{"GET", "/?x=" + in, ""}, {"GET", "/" + in, ""}, {"GET", "/static/" + in, ""},
			{"GET", "/checkout/" + in, ""}, {"GET", "/complete?order=" + in + "&payment_intent_client_secret=" + in, ""},
			{"GET", "/orders/" + in, ""}, {"GET", "/config?order=" + in, ""}, {"GET", "/checkout-form?order=" + in, ""},
			{"POST", "/create-confirm-intent", `{"confirmationTokenId":"ctoken_1","returnUrl":` + quoted + `}`},
			{"POST", "/orders", `{"items":[{"sku":` + quoted + `,"quantity":1}]}`}, {"POST", "/orders", quoted},
			{"POST", "/orders", `{"items":` + quoted + `}`},
			{"POST", "/create-customer-session", `{"orderId":` + quoted + `}`}, {"POST", "/create-customer-session", word},
			{"POST", "/create-confirm-intent", `{"confirmationTokenId":` + quoted + `,"orderId":` + quoted + `}`},
			{"POST", "/create-confirm-intent", `{"confirmationTokenId":"ctoken_1","expectedAmount":` + quoted + `}`},
			{"PATCH", "/orders/" + in, `{"email":` + quoted + `}`},
			{"POST", "/webhooks/stripe", `{"id":` + quoted + `}`}, {"PUT", "/orders/" + in, word},
			{"GET", "/connect/" + in + "?token=" + in, ""}, {"POST", "/connect/" + in + "/start", word},
			{"GET", "/connect/callback?code=" + in + "&state=" + in + "&error_description=" + in, ""},
			{"POST", "/v1/connect/links", `{"reference":` + quoted + `}`}, {"GET", "/v1/connect/accounts/" + in, ""}, {"GET", "/readyz?x=" + in, ""},
		} {
			keep(b.Call(c.method, c.path, c.body, headers...))
		}
	}

	// The buyer's own order, changed to all that they say of themselves, and to
	// what is refused.
	own := b.Order("mug")
	for _, word := range everything {
		quoted := fmt.Sprintf("%q", word)
		for _, body := range []string{
			`{"email":` + quoted + `}`, `{"promotion_code":` + quoted + `}`, `{"shipping_rate":` + quoted + `}`,
			`{"items":[{"sku":` + quoted + `,"quantity":1}]}`, `{"shipping":{"address":{"country":` + quoted + `}}}`, `{"billing":` + quoted + `}`,
			`{"shipping":{"name":` + quoted + `,"phone":` + quoted + `,"address":{"line1":` + quoted + `,"city":` + quoted + `,"country":"FR"}}}`,
			`{"billing":{"name":` + quoted + `,"address":{"line1":` + quoted + `,"postal_code":"` + strings.Repeat("9", 30) + `","country":"FR"}}}`,
		} {
			keep(b.Call("PATCH", "/orders/"+own, body))
		}
	}

	keep(b.Confirm(own, e2etest.CardDeclined))

	// And a token that is well-formed, of this buyer, and unknown to Stripe.
	keep(b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+e2etest.CanaryToken+`","orderId":"`+b.Order("mug")+`"}`))

	// The dashboard of a connected account, whose tokens open it.
	private = append(private, openCanaryDashboard(s, keep, everything)...)

	// The shop's backend, whose answers and stored answers hold buyers' data.
	shop := s.Backend(t, api.ScopeRefund)
	private = append(private, shop.Secret)
	paid := s.Paid(t)
	for i, word := range everything {
		in, quoted := url.QueryEscape(word), fmt.Sprintf("%q", word)
		for _, path := range []string{"/" + url.PathEscape(word), "/" + own, "/" + paid + "/timeline", "?reference=" + in, "?customer=" + in, "?status=" + in, "?starting_after=" + in} {
			keep(shop.Call("GET", "/v1/orders"+path, ""))
		}

		for _, body := range []string{`{"amount":` + quoted + `}`, `{"reason":` + quoted + `}`, quoted, `{"amount":1}`} {
			keep(shop.Call("POST", "/v1/orders/"+paid+"/refund", body))
			keep(shop.Call("POST", "/v1/orders/"+own+"/capture", body))
			for range 2 {
				keep(shop.Call("POST", "/v1/orders/"+paid+"/refund", body, fmt.Sprintf("Idempotency-Key: %s %d", word, i)))
			}
		}

		for _, body := range []string{
			`{"items":[{"sku":` + quoted + `}]}`, `{"items":[{"name":` + quoted + `,"unit_amount":900}],"reference":` + quoted + `}`,
			`{"items":[{"sku":"mug"}],"customer":{"reference":` + quoted + `,"name":` + quoted + `,"email":` + quoted + `}}`,
			`{"items":[{"sku":"mug"}],"customer":{"name":` + quoted + `,"email":"` + e2etest.CanaryEmail + `"},"metadata":{"k":` + quoted + `}}`,
			`{"items":[{"sku":"mug"}],"success_url":` + quoted + `}`, `{"items":[{"sku":"mug"}],"expires_at":` + quoted + `}`,
		} {
			keep(shop.Call("POST", "/v1/orders", body))
			keep(shop.Call("PATCH", "/v1/orders/"+own, body))
			keep(shop.Call("POST", "/v1/orders", body, fmt.Sprintf("Idempotency-Key: made %s %d", word, len(body))))
		}

		keep(b.Call("GET", "/v1/orders", "", "Authorization: Bearer ck_test_"+word))
	}

	for _, value := range b.Cookies() {
		for _, part := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(":|.", r) }) {
			if !strings.HasPrefix(part, "ord_") && !strings.HasPrefix(part, "buy_") { // ids may be told, tokens may not
				private = append(private, part)
			}
		}
	}

	s.Stop()
	if len(problems) < 50 || strings.Count(s.Logs.String(), "\n") < 100 {
		t.Fatalf("there were %d problems and %d lines of log: too few to prove anything", len(problems), strings.Count(s.Logs.String(), "\n"))
	}

	if n := strings.Count(traces.Text(), "span_id:"); n < 500 {
		t.Fatalf("there were %d spans: too few to prove anything", n)
	}

	for where, text := range map[string]string{
		"log": s.Logs.String(), "problem": strings.Join(problems, "\n"), "span": strings.ReplaceAll(traces.Text(), "spans:{", "\n"),
	} {
		for line := range strings.SplitSeq(text, "\n") {
			for _, secret := range private {
				if strings.Contains(line, secret) {
					t.Errorf("a %s tells %q: %.400s", where, secret, line)
				}
			}

			if found := secretShapes.FindString(line); found != "" {
				t.Errorf("a %s tells %q: %.400s", where, found, line)
			}
		}
	}
}
