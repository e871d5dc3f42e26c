package sandbox_test

import (
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/sandbox"
)

// seeded returns the ID of a connected account with a past.
func (b *box) seeded(payments int) string {
	b.t.Helper()
	return must(b.s.FillPast(sandbox.PastRequest{
		Seed:     7,
		Payments: payments,
		Scope:    "read_write",
		Until:    1_790_000_000,
	}))(b.t)[0]
}

// walk reads a list to its end through cursors, newest first.
func (b *box) walk(path, account string) []map[string]any {
	b.t.Helper()
	var out []map[string]any
	for after := ""; ; {
		r := b.do("GET", path+"limit=100"+after, "", header("Stripe-Account", account))
		if r.status != http.StatusOK {
			b.t.Fatalf("GET %s: %d %s", path, r.status, r.raw)
		}

		data, _ := r.at("data").([]any)
		for _, v := range data {
			obj, _ := v.(map[string]any)
			out = append(out, obj)
		}

		if more, _ := r.at("has_more").(bool); !more {
			return out
		}

		id, _ := out[len(out)-1]["id"].(string)
		after = "&starting_after=" + id
	}
}

func number(v any) int64 {
	n, _ := v.(json.Number)
	i, _ := n.Int64()
	return i
}

func TestPastIsListedAndAddsUp(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.seeded(1500)
	ledger := b.s.AccountLedger(acct)

	total := func(kind string) (n int64) {
		for _, count := range ledger.Counts[kind] {
			n += count
		}

		return n
	}

	for path, kind := range map[string]string{
		"/v1/payment_intents?":      "payment_intent",
		"/v1/charges?":              "charge",
		"/v1/refunds?":              "refund",
		"/v1/disputes?":             "dispute",
		"/v1/balance_transactions?": "balance_transaction",
		"/v1/payouts?":              "payout",
	} {
		list := b.walk(path, acct)
		want(t, kind+": listed", int64(len(list)), total(kind))
		want(t, kind+": there are some", len(list) > 0, true)

		seen := map[any]bool{}
		for i, obj := range list {
			seen[obj["id"]] = true
			if i > 0 && number(obj["created"]) > number(list[i-1]["created"]) {
				t.Fatalf("%s: not newest first at %d", kind, i)
			}
		}

		want(t, kind+": each once", len(seen), len(list))

		// The same list by its creation times, and backwards.
		mid := list[len(list)/2]
		at, _ := mid["created"].(json.Number)
		older, newer := b.walk(path+"created[lt]="+at.String()+"&", acct), b.walk(path+"created[gte]="+at.String()+"&", acct)
		want(t, kind+": older and newer", len(older)+len(newer), len(list))

		for _, obj := range older {
			want(t, kind+": older", number(obj["created"]) < number(mid["created"]), true)
		}

		id, _ := mid["id"].(string)
		back := b.do("GET", path+"limit=5&ending_before="+id, "", header("Stripe-Account", acct))
		if n := len(list) / 2; n >= 5 {
			want(t, kind+": backwards", back.str("data.0.id"), list[n-5]["id"].(string)) //nolint:forcetypeassert // an ID
		}
	}

	want(t, "payments", total("payment_intent"), 1500)
	paid := ledger.Counts["payment_intent"]["succeeded"]
	want(t, "charges are those of the payments", ledger.Counts["charge"]["succeeded"], paid)
	want(t, "and of the declines", ledger.Counts["charge"]["failed"] > 0, true)
	want(t, "booked", ledger.Counts["balance_transaction"]["charge"], paid)
	want(t, "a withdrawal for each dispute, and what was won", ledger.Counts["balance_transaction"]["adjustment"],
		total("dispute")+ledger.Counts["dispute"]["won"])

	funds := b.do("GET", "/v1/balance", "", header("Stripe-Account", acct))
	have := map[string]int64{}
	for _, list := range []string{"available", "pending"} {
		entries, _ := funds.at(list).([]any)
		for _, v := range entries {
			entry, _ := v.(map[string]any)
			have[entry["currency"].(string)] += number(entry["amount"]) //nolint:forcetypeassert // a currency
		}
	}

	for cur, sums := range ledger.Sums {
		want(t, "balance in "+cur, have[cur], sums.Net)
		want(t, "captured in "+cur, sums.Captured, sums.Paid)
	}
}

// TestPastIsLikeWhatCallsMake compares the fields of generated objects with
// those of objects that calls have made.
func TestPastIsLikeWhatCallsMake(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.seeded(1500)
	pay := func(card string) {
		b.do("POST", "/v1/payment_intents", form("amount=2000", "currency=usd", "confirm=true", "payment_method="+card,
			"description=x", "automatic_payment_methods[enabled]=true",
			"automatic_payment_methods[allow_redirects]=never"))
	}

	pay("pm_card_visa")
	pay("pm_card_createDispute")
	pay("pm_card_chargeDeclined")
	b.ok("/v1/refunds", "payment_intent="+b.get("/v1/payment_intents?limit=3").str("data.2.id"))
	b.ok("/v1/payouts", "amount=100", "currency=usd")
	b.s.Advance(72 * time.Hour)
	eventually(t, "the payout arrives", func() bool { return b.get("/v1/payouts").str("data.0.status") == "paid" })

	pick := func(list []map[string]any, field, value string) map[string]any {
		i := slices.IndexFunc(list, func(obj map[string]any) bool { return field == "" || obj[field] == value })
		if i < 0 {
			t.Fatalf("no object with %s %s", field, value)
		}
		return list[i]
	}

	for _, c := range [][3]string{
		{"/v1/payment_intents?", "status", "succeeded"}, {"/v1/payment_intents?", "status", "requires_payment_method"},
		{"/v1/charges?", "status", "succeeded"}, {"/v1/charges?", "status", "failed"}, {"/v1/refunds?", "", ""},
		{"/v1/disputes?", "", ""}, {"/v1/payouts?", "", ""}, {"/v1/balance_transactions?", "type", "charge"},
		{"/v1/balance_transactions?", "type", "refund"}, {"/v1/balance_transactions?", "type", "payout"},
		{"/v1/balance_transactions?", "type", "adjustment"},
	} {
		past, made := b.walk(c[0], acct), b.walk(c[0], "")
		if c[2] == "requires_payment_method" { // of those that were declined
			past = slices.DeleteFunc(past, func(pi map[string]any) bool { return pi["latest_charge"] == nil })
		}

		want(t, strings.Join(c[:], " "), fields(pick(past, c[1], c[2])), fields(pick(made, c[1], c[2])))
	}
}

// fields returns the names of an object's fields, with those of the objects in
// it. Maps with names of the shop's or of Stripe's choosing count as values.
func fields(v any) string {
	obj, ok := v.(map[string]any)
	if !ok {
		return ""
	}

	var out []string
	for name, value := range obj {
		if name == "metadata" || name == "evidence" || name == "reference" || name == "reference_type" {
			value = nil
		}

		if name != "reference" {
			out = append(out, name+"{"+fields(value)+"}")
		}
	}

	slices.Sort(out)

	return strings.Join(out, " ")
}

func TestPastDependsOnTheSeedOnly(t *testing.T) {
	t.Parallel()
	one, two := newBox(t), newBox(t)
	acct := one.seeded(300)
	want(t, "account", two.seeded(300), acct)

	for _, path := range []string{"/v1/payment_intents?", "/v1/charges?", "/v1/balance_transactions?", "/v1/disputes?"} {
		a, b := one.walk(path, acct), two.walk(path, acct)
		for i := range a { // the addresses of the two sandboxes and the fingerprints of their cards differ
			want(t, path, a[i]["id"] == b[i]["id"] && reflect.DeepEqual(a[i]["amount"], b[i]["amount"]) &&
				reflect.DeepEqual(a[i]["created"], b[i]["created"]), true)
		}
	}

	other := must(one.s.FillPast(sandbox.PastRequest{
		Seed:     8,
		Payments: 300,
		Until:    1_790_000_000,
	}))(t)[0]

	want(t, "another seed", other != acct, true)
	again, err := one.s.FillPast(sandbox.PastRequest{
		Seed:     7,
		Payments: 300,
		Until:    1_790_000_000,
		Scope:    "read_write",
	})

	want(t, "the same again", must(again, err)(t)[0], acct)
	_, err = one.s.FillPast(sandbox.PastRequest{Seed: 7, Payments: 301, Until: 1_790_000_000})
	want(t, "another past", err != nil, true)
}

func TestPastGoesOn(t *testing.T) {
	t.Parallel()
	state := t.TempDir() + "/state.json"
	b := newBox(t, func(c *sandbox.Config) { c.StateFile = state })
	acct := b.seeded(400)
	api, params := b.sdk(), stripe.Params{StripeAccount: &acct}

	list := api.Charges.List(&stripe.ChargeListParams{ListParams: stripe.ListParams{StripeAccount: &acct}})
	var charge *stripe.Charge
	for list.Next() {
		if ch := list.Charge(); ch.Paid && ch.AmountRefunded == 0 && !ch.Disputed {
			charge = ch
			break
		}
	}

	before := b.s.AccountLedger(acct)
	re := must(api.Refunds.New(&stripe.RefundParams{
		Params: params,
		Charge: &charge.ID,
		Amount: stripe.Int64(100),
	}))(t)

	p := &stripe.ChargeParams{Params: params}
	p.AddExpand("refunds")
	p.AddExpand("balance_transaction")
	p.AddExpand("payment_intent")
	refunded := must(api.Charges.Get(charge.ID, p))(t)
	want(t, "refunded", refunded.AmountRefunded, 100)
	want(t, "its refund", refunded.Refunds.Data[0].ID, re.ID)
	want(t, "its fee", refunded.BalanceTransaction.Fee > 0, true)
	want(t, "its intent", refunded.PaymentIntent.AmountReceived, charge.Amount)
	want(t, "the newest refund", b.do("GET", "/v1/refunds", "", header("Stripe-Account", acct)).str("data.0.id"), re.ID)

	ledger := b.s.Ledger() // for the desk: what is stored
	want(t, "stored charges", len(ledger.Charges), 1)
	want(t, "the changed one", ledger.Charges[0].ID+" "+ledger.Charges[0].Account, charge.ID+" "+acct)
	want(t, "no stored intents", len(ledger.Intents), 0)

	made := b.do("POST", "/v1/payment_intents", form("amount=500", "currency=usd"), header("Stripe-Account", acct))
	after := b.s.AccountLedger(acct)
	want(t, "one refund more", after.Counts["refund"]["succeeded"], before.Counts["refund"]["succeeded"]+1)
	want(t, "as many charges", after.Counts["charge"]["succeeded"], before.Counts["charge"]["succeeded"])
	want(t, "sum", after.Sums[string(charge.Currency)].Refunded, before.Sums[string(charge.Currency)].Refunded+100)
	want(t, "the charge is listed once", len(b.walk("/v1/charges?", acct)), len(b.walk("/v1/charges?limit=100&", acct)))
	order := b.walk("/v1/payment_intents?", acct)
	want(t, "all of them", len(order), 401)
	want(t, "what is new comes first", order[0]["id"], any(made.str("id")))

	// The past and what has become of it survive a restart.
	raw := must(os.ReadFile(state))(t)
	want(t, "little of it is in the file", len(raw) < 200_000, true)
	want(t, "copied", os.WriteFile(state+".copy", raw, 0o600), nil)
	restarted := newBox(t, func(c *sandbox.Config) { c.StateFile = state + ".copy" })
	want(t, "the ledger", reflect.DeepEqual(restarted.s.AccountLedger(acct), after), true)
	kept := restarted.do("GET", "/v1/charges/"+charge.ID, "", header("Stripe-Account", acct))
	want(t, "the refunded charge", kept.num("amount_refunded"), 100)
	want(t, "in its place", listedIDs(restarted.walk("/v1/charges?", acct)), listedIDs(b.walk("/v1/charges?", acct)))
}

func listedIDs(list []map[string]any) string {
	var out []string
	for _, obj := range list {
		id, _ := obj["id"].(string)
		out = append(out, id)
	}
	return strings.Join(out, " ")
}

func TestPastOverTheManagementAPI(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	seed := func(body string) reply {
		return b.do("POST", "/_sandbox/connect/seed", body, header("Content-Type", "application/json"))
	}

	r := seed(`{"seed": 3, "accounts": 2, "payments": 50}`)
	want(t, "two accounts", r.size("accounts"), 2)
	want(t, "not connected", b.reachable(r.str("accounts.0")), http.StatusForbidden)
	want(t, "offered to their owner", strings.Contains(string(b.get(authorizePath()).raw), r.str("accounts.0")), true)

	acct := b.connected(r.str("accounts.1"), "read_only").StripeUserID
	want(t, "connected with their past", len(b.walk("/v1/payment_intents?", acct)), 50)
	want(t, "ledger", b.get("/_sandbox/ledger/"+acct).num("counts.payment_intent.succeeded") > 30, true)

	existing := b.connected("new", "read_write").StripeUserID
	want(t, "of an account that exists", seed(`{"account": "`+existing+`", "payments": 20}`).str("accounts.0"), existing)
	want(t, "has it", len(b.walk("/v1/payment_intents?", existing)), 20)

	for _, body := range []string{
		`{"payments": -1}`, `{"months": 1000}`, `{"scope": "all"}`, `{"currency": "xyz"}`, `{"nonsense": 1}`, `{`,
		`{"account": "acct_none"}`, `{"accounts": 3, "account": "` + existing + `"}`, `{"until": 99999999999}`,
	} {
		want(t, body, seed(body).status, http.StatusUnprocessableEntity)
	}
}
