package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stripe/stripe-mock/embedded"

	"checkoutd/internal/sandbox"
)

// respSchema is what a response is checked against.
type respSchema struct {
	Ref        string                 `json:"$ref"`
	Type       string                 `json:"type"`
	Nullable   bool                   `json:"nullable"`
	Enum       []any                  `json:"enum"`
	Properties map[string]*respSchema `json:"properties"`
	Required   []string               `json:"required"`
	Items      *respSchema            `json:"items"`
	AnyOf      []*respSchema          `json:"anyOf"`
	Additional json.RawMessage        `json:"additionalProperties"`
}

type openAPI struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct {
				Schema *respSchema `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]*respSchema `json:"schemas"`
	} `json:"components"`
}

func (d *openAPI) resolve(s *respSchema) *respSchema {
	for s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

// check lists what is wrong with a value, each with the place as kind.field.
func (d *openAPI) check(s *respSchema, v any, at string) []string {
	s = d.resolve(s)
	if v == nil {
		if s.Nullable || slices.ContainsFunc(s.AnyOf, func(alt *respSchema) bool { return d.resolve(alt).Nullable }) {
			return nil
		}
		return []string{at + ": null"}
	}
	if len(s.AnyOf) > 0 {
		return d.checkAny(s.AnyOf, v, at)
	}
	switch val := v.(type) {
	case map[string]any:
		return d.checkObject(s, val, at)
	case []any:
		if s.Type != "array" {
			return []string{at + ": a list"}
		}
		var out []string
		for _, item := range val {
			out = append(out, d.check(s.Items, item, at+"[]")...)
		}
		return out
	}
	return checkScalar(s, v, at)
}

// checkAny takes the alternative that fits best; objects are told apart by their `object` field.
func (d *openAPI) checkAny(alternatives []*respSchema, v any, at string) []string {
	var best []string
	matched := false
	for _, alt := range alternatives {
		problems := d.check(alt, v, at)
		if len(problems) == 0 {
			return nil
		}
		same := d.sameObject(alt, v)
		if best == nil || same && !matched || same == matched && len(problems) < len(best) {
			best, matched = problems, same
		}
	}
	return best
}

// sameObject tells whether an alternative describes objects of the value's kind.
func (d *openAPI) sameObject(alt *respSchema, v any) bool {
	m, ok := v.(map[string]any)
	p := d.resolve(alt).Properties["object"]
	return ok && p != nil && len(p.Enum) > 0 && p.Enum[0] == m["object"]
}

func (d *openAPI) checkObject(s *respSchema, val map[string]any, at string) []string {
	if s.Type != "object" {
		return []string{at + ": an object, want " + s.Type}
	}
	if kind, ok := val["object"].(string); ok && kind != "list" {
		at = kind
	}
	var out []string
	for _, name := range s.Required {
		if _, ok := val[name]; !ok {
			out = append(out, at+"."+name+": missing")
		}
	}
	for name, v := range val {
		prop := s.Properties[name]
		switch {
		case prop != nil:
			out = append(out, d.check(prop, v, at+"."+name)...)
		case len(s.Additional) > 0 && string(s.Additional) != "false":
		default:
			out = append(out, at+"."+name+": not in the document")
		}
	}
	return out
}

func checkScalar(s *respSchema, v any, at string) []string {
	kind := map[string]string{}[""]
	switch n := v.(type) {
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case json.Number:
		kind = "number"
		if !strings.ContainsAny(n.String(), ".e") && s.Type == "integer" {
			kind = "integer"
		}
	}
	if s.Type != kind {
		return []string{fmt.Sprintf("%s: a %s, want %s", at, kind, s.Type)}
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		return []string{fmt.Sprintf("%s: %v is none of %v", at, v, s.Enum)}
	}
	return nil
}

// justified are the places where an answer of 2025-02-24.acacia must differ from the document's version, and why.
var justified = map[string]string{
	"account_session.components.balance_report":                                     newer,
	"account_session.components.disputes_list":                                      newer,
	"account_session.components.instant_payouts_promotion":                          newer,
	"account_session.components.payment_disputes":                                   newer,
	"account_session.components.payment_method_settings":                            newer,
	"account_session.components.payout_details":                                     newer,
	"account_session.components.payout_reconciliation_report":                       newer,
	"account_session.components.payment_details.features.smart_disputes_management": newer,
	"account_session.components.payments.features.smart_disputes_management":        newer,
	"balance_transaction.balance_type":                                              newer,
	"customer_session.components.active_entitlements":                               newer,
	"customer_session.components.customer_portal":                                   newer,
	"customer_session.components.customer_sheet":                                    newer,
	"customer_session.components.mobile_payment_element":                            newer,
	"dispute.payment_method_details.card.network":                                   newer,
	"promotion_code.promotion":                                                      newer,
	"charge.destination":                                                            older,
	"charge.dispute":                                                                older,
	"charge.invoice":                                                                older,
	"charge.order":                                                                  older,
	"charge.source":                                                                 older,
	"payment_intent.invoice":                                                        older,
	"payment_intent.source":                                                         older,
	"price.recurring.aggregate_usage":                                               older,
	"price.recurring.trial_period_days":                                             older,
	"product.type":                                                                  older,
	"promotion_code.coupon":                                                         older,
}

const (
	newer = "came after 2025-02-24.acacia"
	older = "answers of 2025-02-24.acacia have it, the document's version does not"
)

// TestAnswersFitStripesDocument drives every simulated operation and holds each answer to Stripe's response schema.
func TestAnswersFitStripesDocument(t *testing.T) {
	t.Parallel()
	var doc openAPI
	if err := json.Unmarshal(embedded.OpenAPISpec, &doc); err != nil {
		t.Fatal(err)
	}
	b := newBox(t, shortDelay)
	var calls []answered
	tour(b, func(route string, r reply) { calls = append(calls, answered{route, r}) })
	visited, used := map[string]bool{}, map[string]bool{}
	problems := map[string]string{}
	for _, c := range calls {
		visited[c.route] = true
		schema := doc.response(c.route)
		if schema == nil {
			continue
		}
		for _, p := range doc.check(schema, any(c.reply.tree), "") {
			place, _, _ := strings.Cut(p, ":")
			if justified[place] != "" {
				used[place] = true
				continue
			}
			problems[p] = c.route
		}
	}
	for _, p := range sortedProblems(problems) {
		t.Errorf("%s (%s)", p, problems[p])
	}
	for place := range justified {
		if !used[place] {
			t.Errorf("%s is listed as a justified difference and does not differ", place)
		}
	}
	for _, route := range sandbox.Routes() {
		if !visited[route] && doc.response(route) != nil {
			t.Errorf("%s was not tried", route)
		}
	}
}

type answered struct {
	route string
	reply reply
}

func sortedProblems(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// response finds the schema of a route's good answer; nil when the document has no such operation.
func (d *openAPI) response(route string) *respSchema {
	for path, methods := range d.Paths {
		for method, op := range methods {
			if bare(strings.ToUpper(method)+" "+path) == bare(route) {
				return op.Responses["200"].Content["application/json"].Schema
			}
		}
	}
	return nil
}

// tourist calls operations by their route and hands each answer on.
type tourist struct {
	b    *box
	note func(string, reply)
}

func (g tourist) call(route string, args []string, pairs ...string) reply {
	g.b.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	steps := strings.Split(path, "/")
	for i, s := range steps {
		if strings.HasPrefix(s, "{") {
			steps[i], args = args[0], args[1:]
		}
	}
	path = strings.Join(steps, "/")
	body := form(pairs...)
	if method != http.MethodPost && body != "" {
		path, body = path+"?"+body, ""
	}
	r := g.b.do(method, path, body)
	if r.status != http.StatusOK {
		g.b.t.Fatalf("%s: %d %s", route, r.status, r.raw)
	}
	g.note(route, r)
	return r
}

func ids(list ...string) []string { return list }

// tour visits every operation once, and more often where it has several kinds of answer.
func tour(b *box, note func(string, reply)) {
	g := tourist{b, note}
	cus := g.tourCustomers()
	g.tourPayments(cus)
	g.tourMethods(cus)
	g.tourMoney()
	g.tourCatalog()
	g.tourAccounts()
	g.tourRest(cus)
}

func (g tourist) tourCustomers() string {
	cus := g.call("POST /v1/customers", nil, "name=Jenny", "email=j@b.test", "address[line1]=x", "shipping[name]=J", "shipping[address][city]=P", "metadata[a]=b").str("id")
	g.call("GET /v1/customers", nil)
	g.call("GET /v1/customers/{id}", ids(cus))
	g.call("POST /v1/customers/{id}", ids(cus), "name=Jenny R", "tax_exempt=none")
	src := g.call("POST /v1/customers/{id}/sources", ids(cus), "source=tok_visa").str("id")
	g.call("GET /v1/customers/{id}/sources", ids(cus))
	g.call("GET /v1/customers/{id}/sources/{sub}", ids(cus, src))
	g.call("POST /v1/customers/{id}/sources/{sub}", ids(cus, src), "metadata[a]=b")
	g.call("DELETE /v1/customers/{id}/sources/{sub}", ids(cus, src))
	gone := g.call("POST /v1/customers", nil).str("id")
	g.call("DELETE /v1/customers/{id}", ids(gone))
	g.call("GET /v1/customers/{id}", ids(gone))
	g.call("POST /v1/customer_sessions", nil, "customer="+cus, "components[payment_element][enabled]=true", "components[payment_element][features][payment_method_redisplay]=enabled")
	return cus
}

func (g tourist) tourPayments(cus string) {
	const create, confirm = "POST /v1/payment_intents", "POST /v1/payment_intents/{id}/confirm"
	card := []string{"amount=2000", "currency=usd", "payment_method_types[]=card"}
	pi := g.call(create, nil, append(card, "customer="+cus, "metadata[a]=b", "shipping[name]=x", "shipping[address][line1]=y")...).str("id")
	g.call("GET /v1/payment_intents", nil)
	g.call("GET /v1/payment_intents/{id}", ids(pi))
	g.call("POST /v1/payment_intents/{id}", ids(pi), "amount=2100", "description=x")
	done := g.call(confirm, ids(pi), "payment_method=pm_card_visa", "setup_future_usage=off_session", "expand[]=latest_charge")
	g.call("GET /v1/charges", nil)
	ch := done.str("latest_charge.id")
	g.call("GET /v1/charges/{id}", ids(ch), "expand[]=balance_transaction")
	g.call("POST /v1/charges/{id}", ids(ch), "description=y")
	re := g.call("POST /v1/refunds", nil, "payment_intent="+pi, "amount=100").str("id")
	g.call("GET /v1/refunds", nil)
	g.call("GET /v1/refunds/{id}", ids(re))
	g.call("POST /v1/refunds/{id}", ids(re), "metadata[a]=b")
	g.call("GET /v1/charges/{id}/refunds", ids(ch))
	held := g.call(create, nil, append(card, "confirm=true", "capture_method=manual", "payment_method=pm_card_visa")...).str("id")
	g.call("POST /v1/payment_intents/{id}/increment_authorization", ids(held), "amount=2500")
	g.call("POST /v1/payment_intents/{id}/capture", ids(held))
	g.call(create, nil, append(card, "confirm=true", "payment_method=pm_card_authenticationRequired", "use_stripe_sdk=true")...)
	asked := g.call(create, nil, append(card, "confirm=true", "payment_method=pm_card_authenticationRequired", "return_url=https://x.test")...).str("id")
	g.call("POST /v1/payment_intents/{id}/cancel", ids(asked), "cancellation_reason=abandoned")
	declined := g.b.post("/v1/payment_intents", append(card, "confirm=true", "payment_method=pm_card_chargeDeclined")...)
	g.call("GET /v1/payment_intents/{id}", ids(declined.str("error.payment_intent.id")))
	g.call("GET /v1/charges/{id}", ids(declined.str("error.charge")))
	disputed := g.call(create, nil, append(card, "confirm=true", "payment_method=pm_card_createDispute")...).str("id")
	dp := g.call("GET /v1/disputes", nil, "payment_intent="+disputed).str("data.0.id")
	g.call("GET /v1/disputes/{id}", ids(dp))
	g.call("POST /v1/disputes/{id}", ids(dp), "evidence[uncategorized_text]=winning_evidence")
	inquiry := g.call(create, nil, append(card, "confirm=true", "payment_method=pm_card_createDisputeInquiry")...).str("id")
	g.call("POST /v1/disputes/{id}/close", ids(g.b.get("/v1/disputes?payment_intent="+inquiry).str("data.0.id")))
	g.call(create, nil, append(card, "confirm=true", "payment_method=pm_card_createIssuerFraudRecord")...)
	g.call("GET /v1/radar/early_fraud_warnings", nil)
	g.call("GET /v1/radar/early_fraud_warnings/{id}", ids(g.b.get("/v1/radar/early_fraud_warnings").str("data.0.id")))
	g.tourOtherMethods(cus)
}

func (g tourist) tourOtherMethods(cus string) {
	const create = "POST /v1/payment_intents"
	billing := []string{"payment_method_data[billing_details][name]=Bob", "payment_method_data[billing_details][email]=b@b.test", "payment_method_data[billing_details][address][country]=DE"}
	for kind, extra := range map[string]string{"ideal": "payment_method_data[ideal][bank]=ing", "klarna": "return_url=https://x.test", "sepa_debit": "payment_method_data[sepa_debit][iban]=AT321904300235473204"} {
		pairs := append([]string{"amount=1000", "currency=eur", "confirm=true", "return_url=https://x.test", "payment_method_types[]=" + kind, "payment_method_data[type]=" + kind, extra}, billing...)
		pi := g.call(create, nil, pairs...)
		if kind == "sepa_debit" {
			eventually(g.b.t, "sepa paid", func() bool { return g.b.get("/v1/payment_intents/"+pi.str("id")).str("status") == "succeeded" })
		} else {
			g.b.do("POST", "/redirect/"+pi.str("id"), form("client_secret="+pi.str("client_secret"), "outcome=pass"), withKey(""))
		}
		paid := g.call("GET /v1/payment_intents/{id}", ids(pi.str("id")), "expand[]=latest_charge", "expand[]=payment_method")
		want(g.b.t, kind, paid.str("status"), "succeeded")
	}
	transfer := g.call(create, nil, "amount=20000", "currency=jpy", "confirm=true", "customer="+cus, "payment_method_data[type]=customer_balance",
		"payment_method_options[customer_balance][bank_transfer][type]=jp_bank_transfer", "payment_method_options[customer_balance][funding_type]=bank_transfer", "payment_method_types[]=customer_balance")
	for range 2 {
		g.call("POST /v1/test_helpers/customers/{id}/fund_cash_balance", ids(cus), "amount=10000", "currency=jpy")
	}
	want(g.b.t, "funded in two parts", g.b.get("/v1/payment_intents/"+transfer.str("id")).str("status"), "succeeded")
	re := g.call("POST /v1/refunds", nil, "payment_intent="+transfer.str("id"), "instructions_email=b@b.test")
	want(g.b.t, "refund", re.str("status"), "requires_action")
	g.call("POST /v1/refunds/{id}/cancel", ids(re.str("id")))
}

func (g tourist) tourMethods(cus string) {
	pm := g.call("POST /v1/payment_methods", nil, "type=card", "card[number]=4242424242424242", "card[exp_month]=12", "card[exp_year]=34", "card[cvc]=123").str("id")
	g.call("POST /v1/payment_methods/{id}/attach", ids(pm), "customer="+cus)
	g.call("GET /v1/payment_methods", nil, "customer="+cus, "type=card")
	g.call("GET /v1/payment_methods/{id}", ids(pm))
	g.call("POST /v1/payment_methods/{id}", ids(pm), "metadata[a]=b")
	g.call("GET /v1/customers/{id}/payment_methods", ids(cus))
	g.call("GET /v1/customers/{id}/payment_methods/{sub}", ids(cus, pm))
	g.call("POST /v1/payment_methods/{id}/detach", ids(pm))
	ct := g.call("POST /v1/test_helpers/confirmation_tokens", nil, "payment_method=pm_card_visa", "return_url=https://x.test", "shipping[name]=x", "shipping[address][line1]=y").str("id")
	g.call("GET /v1/confirmation_tokens/{id}", ids(ct))
	si := g.call("POST /v1/setup_intents", nil, "customer="+cus).str("id")
	g.call("GET /v1/setup_intents", nil)
	g.call("GET /v1/setup_intents/{id}", ids(si))
	g.call("POST /v1/setup_intents/{id}", ids(si), "description=x")
	g.call("POST /v1/setup_intents/{id}/confirm", ids(si), "confirmation_token="+ct)
	asked := g.call("POST /v1/setup_intents", nil, "confirm=true", "payment_method=pm_card_authenticationRequired", "payment_method_types[]=card").str("id")
	g.call("POST /v1/setup_intents/{id}/cancel", ids(asked))
}

func (g tourist) tourMoney() {
	g.call("POST /v1/payment_intents", nil, "amount=5000", "currency=usd", "confirm=true", "payment_method=pm_card_bypassPending", "payment_method_types[]=card")
	g.call("GET /v1/balance", nil)
	bt := g.call("GET /v1/balance_transactions", nil).str("data.0.id")
	g.call("GET /v1/balance_transactions/{id}", ids(bt))
	g.call("GET /v1/balance/history", nil)
	g.call("GET /v1/balance/history/{id}", ids(bt))
	po := g.call("POST /v1/payouts", nil, "amount=100", "currency=usd").str("id")
	g.call("GET /v1/payouts", nil)
	g.call("GET /v1/payouts/{id}", ids(po))
	g.call("POST /v1/payouts/{id}", ids(po), "metadata[a]=b")
	g.call("POST /v1/payouts/{id}/cancel", ids(po))
}

func (g tourist) tourCatalog() {
	prod := g.call("POST /v1/products", nil, "name=Shirt", "default_price_data[currency]=usd", "default_price_data[unit_amount]=500").str("id")
	g.call("GET /v1/products", nil)
	g.call("GET /v1/products/{id}", ids(prod), "expand[]=default_price")
	g.call("POST /v1/products/{id}", ids(prod), "description=x")
	price := g.call("POST /v1/prices", nil, "product="+prod, "currency=usd", "unit_amount=700", "recurring[interval]=month").str("id")
	g.call("GET /v1/prices", nil, "product="+prod)
	g.call("GET /v1/prices/{id}", ids(price))
	g.call("POST /v1/prices/{id}", ids(price), "nickname=x")
	g.call("DELETE /v1/products/{id}", ids(g.call("POST /v1/products", nil, "name=Gone").str("id")))
	coupon := g.call("POST /v1/coupons", nil, "percent_off=25.5", "duration=once").str("id")
	g.call("GET /v1/coupons", nil)
	g.call("GET /v1/coupons/{id}", ids(coupon))
	g.call("POST /v1/coupons/{id}", ids(coupon), "name=x")
	promo := g.b.ok("/v1/promotion_codes", "promotion[type]=coupon", "promotion[coupon]="+coupon, "code=FALL")
	g.note("POST /v1/promotion_codes", promo)
	g.call("GET /v1/promotion_codes", nil, "code=FALL")
	g.call("GET /v1/promotion_codes/{id}", ids(promo.str("id")))
	g.call("POST /v1/promotion_codes/{id}", ids(promo.str("id")), "active=false")
	g.call("DELETE /v1/coupons/{id}", ids(g.call("POST /v1/coupons", nil, "amount_off=100", "currency=usd", "duration=forever").str("id")))
}

func (g tourist) tourAccounts() {
	g.call("GET /v1/account", nil)
	acct := g.call("POST /v1/accounts", nil, "type=express", "country=US", "email=x@b.test", "capabilities[transfers][requested]=true").str("id")
	g.call("GET /v1/accounts", nil)
	g.call("GET /v1/accounts/{id}", ids(acct))
	g.call("POST /v1/accounts/{id}", ids(acct), "metadata[a]=b")
	g.call("POST /v1/account_links", nil, "account="+acct, "type=account_onboarding", "return_url=https://x.test", "refresh_url=https://x.test")
	g.call("POST /v1/account_sessions", nil, "account="+acct, "components[payments][enabled]=true")
	tr := g.call("POST /v1/transfers", nil, "amount=100", "currency=usd", "destination="+acct).str("id")
	g.call("GET /v1/transfers", nil)
	trr := g.call("POST /v1/transfers/{id}/reversals", ids(tr), "amount=40").str("id")
	g.call("GET /v1/transfers/{id}", ids(tr))
	g.call("POST /v1/transfers/{id}", ids(tr), "metadata[a]=b")
	g.call("GET /v1/transfers/{id}/reversals", ids(tr))
	g.call("GET /v1/transfers/{id}/reversals/{sub}", ids(tr, trr))
	g.call("DELETE /v1/accounts/{id}", ids(acct))
}

func (g tourist) tourRest(cus string) {
	tok := g.call("POST /v1/tokens", nil, "card[number]=4242424242424242", "card[exp_month]=12", "card[exp_year]=34", "card[cvc]=123").str("id")
	g.call("GET /v1/tokens/{id}", ids(tok))
	dom := g.call("POST /v1/payment_method_domains", nil, "domain_name=shop.test").str("id")
	g.call("GET /v1/payment_method_domains", nil)
	g.call("GET /v1/payment_method_domains/{id}", ids(dom))
	g.call("POST /v1/payment_method_domains/{id}", ids(dom), "enabled=false")
	g.call("POST /v1/payment_method_domains/{id}/validate", ids(dom))
	conf := g.call("POST /v1/payment_method_configurations", nil, "name=x", "card[display_preference][preference]=off").str("id")
	g.call("GET /v1/payment_method_configurations", nil)
	g.call("GET /v1/payment_method_configurations/{id}", ids(conf))
	g.call("POST /v1/payment_method_configurations/{id}", ids(conf), "klarna[display_preference][preference]=none")
	clock := g.call("POST /v1/test_helpers/test_clocks", nil, "frozen_time=1700000000").str("id")
	g.call("GET /v1/test_helpers/test_clocks", nil)
	g.call("GET /v1/test_helpers/test_clocks/{id}", ids(clock))
	g.call("POST /v1/test_helpers/test_clocks/{id}/advance", ids(clock), "frozen_time=1700000001")
	g.call("DELETE /v1/test_helpers/test_clocks/{id}", ids(clock))
	ep := g.call("POST /v1/webhook_endpoints", nil, "url="+g.b.url+"/nowhere", "enabled_events[]=charge.expired").str("id")
	g.call("GET /v1/webhook_endpoints", nil)
	g.call("GET /v1/webhook_endpoints/{id}", ids(ep))
	g.call("POST /v1/webhook_endpoints/{id}", ids(ep), "disabled=true")
	g.call("DELETE /v1/webhook_endpoints/{id}", ids(ep))
	ev := g.call("GET /v1/events", nil, "limit=100").str("data.0.id")
	g.call("GET /v1/events/{id}", ids(ev))
	_ = cus
}
