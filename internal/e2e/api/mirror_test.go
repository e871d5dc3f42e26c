package api_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/connect"
	"checkoutd/internal/e2e/e2etest"
)

// inAccount calls the offline Stripe for a connected account.
func inAccount(s *e2etest.Shop, account, path string, pairs ...string) map[string]any {
	s.T.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}

	r, err := http.NewRequest(http.MethodPost, s.Config.StripeAPIBase+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.T.Fatal(err)
	}
	r.SetBasicAuth(s.Config.StripeSecretKey.Reveal(), "")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Stripe-Account", account)

	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.T.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		s.T.Fatal(err)
	}

	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		s.T.Fatal(err, string(text))
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusPaymentRequired {
		s.T.Fatalf("POST %s: %d %s", path, resp.StatusCode, text)
	}

	return out
}

// setConnected stores what the owner of an account has allowed.
func setConnected(s *e2etest.Shop, account string, state connect.State) {
	s.T.Helper()
	_, err := s.Store().ChangeConnectAccount(s.T.Context(), account, func(a *connect.Account) error {
		a.Scope, a.State, a.Reference = connect.ReadOnly, state, "customer 1"
		if state == connect.Connected {
			a.ConnectedAt = time.Now()
		}
		return nil
	})
	if err != nil {
		s.T.Fatal(err)
	}
}

// An account with payments is mirrored from the offline Stripe, listed and
// reported, and forgotten when it is disconnected.
func TestMirror(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeWrite)
	account, _ := s.Stripe("POST", "/v1/accounts", "type", "standard")["id"].(string)
	pay := func(amount int, method string) map[string]any {
		return inAccount(s, account, "/v1/payment_intents", "amount", fmt.Sprint(amount), "currency", "eur",
			"confirm", "true", "payment_method", method, "payment_method_types[]", "card", "receipt_email", e2etest.CanaryEmail)
	}

	for i := range 12 {
		pay(1000+i, "pm_card_visa")
	}
	pay(2000, "pm_card_visa_chargeDeclinedInsufficientFunds")
	refunded, _ := pay(3000, "pm_card_visa")["id"].(string)
	inAccount(s, account, "/v1/refunds", "payment_intent", refunded, "amount", "500")
	pay(4000, "pm_card_createDispute")

	base := "/v1/connect/accounts/" + account
	b.WantProblem(base, b.Call("POST", base+"/mirror", ""), 404, "account_not_found", "")
	setConnected(s, account, connect.Connected)
	b.WantProblem(base, b.Call("GET", base+"/mirror", ""), 404, "mirror_not_found", "")
	b.WantProblem(base, b.Call("GET", base+"/payments", ""), 404, "mirror_not_found", "")
	b.WantProblem(base, b.Call("POST", base+"/mirror", `{"since":"soon"}`), 422, "time_invalid", "since")
	b.Want(200, "POST", base+"/mirror", `{"since":"all"}`)
	b.WantProblem(base, b.Call("GET", base+"/payments?status=unknown", ""), 422, "status_invalid", "status")

	s.Eventually("the mirror is current", func() bool {
		return b.Want(200, "GET", base+"/mirror", "")["state"] == "current"
	})

	page := b.Want(200, "GET", base+"/payments?amount_min=4000", "")
	disputed := page["data"].([]any)[0].(map[string]any)
	if page["has_more"] != false || disputed["amount"] != 4000.0 || disputed["disputed"] != true || disputed["fee"] == nil {
		t.Errorf("the disputed payment is in %v", page)
	}
	page = b.Want(200, "GET", base+"/payments?limit=2", "")
	id, _ := page["data"].([]any)[1].(map[string]any)["id"].(string)
	if page["has_more"] != true {
		t.Errorf("the first page is %v", page)
	}
	page = b.Want(200, "GET", base+"/payments?limit=100&starting_after="+id, "")
	if got := len(page["data"].([]any)); got != 13 || page["has_more"] != false {
		t.Errorf("the second page has %d payments, want 13", got)
	}
	// Its events may arrive after it was listed, and in any order.
	const declined = "/payments?status=requires_payment_method&currency=eur&amount_min=2000&amount_max=2000"
	s.Eventually("the declined payment is known as declined", func() bool {
		one := b.Want(200, "GET", base+declined, "")["data"].([]any)[0].(map[string]any)
		return one["decline_code"] == "insufficient_funds" && one["fee"] == nil
	})

	for query, field := range map[string]string{
		"limit=0": "limit", "status=Paid": "status", "currency=euro": "currency", "amount_min=x": "amount_min",
		"created_from=x": "created_from", "starting_after=pi_none": "starting_after", "sort=amount": "sort",
		"status=": "status", "amount_min=5&amount_max=4": "amount_min", "limit=1&limit=2": "limit",
	} {
		r := b.Call("GET", base+"/payments?"+query, "")
		if r.Status != 422 || !strings.Contains(r.Body, `"field":"`+field+`"`) {
			t.Errorf("%s: %d %s, want 422 for %s", query, r.Status, r.Body, field)
		}
	}

	report := b.Want(200, "GET", base+"/reports/success", "")
	row := report["data"].([]any)[0].(map[string]any)
	if row["payments"] != 15.0 || row["attempted"] != 15.0 || row["succeeded"] != 14.0 || row["success_rate"] != 0.9333 {
		t.Errorf("the success report is %v", report)
	}
	for name, want := range map[string]string{
		"payments": "day,currency,status,payments,amount,amount_received",
		"declines": "day,currency,decline_code,charges,amount",
		"refunds":  "day,currency,status,reason,refunds,amount",
		"disputes": "day,currency,status,reason,disputes,amount",
		"fees":     "day,currency,kind,objects,amount",
	} {
		r := b.Buyer.Call("GET", base+"/reports/"+name+"?format=csv&from=2020-01-01", "", "Authorization: Bearer "+b.Secret)
		rows, err := csv.NewReader(strings.NewReader(r.Body)).ReadAll()
		if err != nil || len(rows) < 2 || strings.Join(rows[0], ",") != want || r.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("%s: %v, %v, %v", name, rows, err, r.Header)
		}
	}
	b.WantProblem(base, b.Call("GET", base+"/reports/none", ""), 404, "report_not_found", "")
	b.WantProblem(base, b.Call("GET", base+"/reports/fees?from=2026-13-01", ""), 422, "day_invalid", "from")

	// From now on events tell.
	pay(7777, "pm_card_visa")
	s.Eventually("an event reaches the mirror", func() bool {
		page := b.Want(200, "GET", base+"/payments?amount_min=7777&status=succeeded", "")
		return len(page["data"].([]any)) == 1
	})

	// An owner who allows reading only cannot be written for: the request does
	// not leave.
	before := len(s.App.Sandbox().Ledger().Intents)
	if strings.Contains(b.Call("GET", base+"/payments?limit=100", "").Body, e2etest.CanaryEmail) {
		t.Error("an e-mail address was copied")
	}
	if after := len(s.App.Sandbox().Ledger().Intents); after != before {
		t.Errorf("the mirror changed the ledger: %d intents, before %d", after, before)
	}

	setConnected(s, account, connect.Disconnected)
	for _, path := range []string{"/mirror", "/payments", "/reports/fees"} {
		r := b.Call("GET", base+path, "")
		b.WantProblem(base, r, 404, "mirror_not_found", "")
		if !strings.Contains(r.Body, "it is disconnected") {
			t.Errorf("%s says %s, although no mirror can be started", path, r.Body)
		}
	}
	b.WantProblem(base, b.Call("POST", base+"/mirror", ""), 409, "account_disconnected", "")
	s.Eventually("everything is erased", func() bool {
		_, err := s.Store().Mirror(t.Context(), account)
		return err != nil
	})
}
