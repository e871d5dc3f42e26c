package sandbox_test

import (
	"os"
	"strings"
	"testing"
)

// cardRow is a line of cards.txt as the test reads it.
type cardRow struct {
	number, brand string
	names         []string
	does          map[string]string
}

func cardRows(t *testing.T) []cardRow {
	t.Helper()
	raw, err := os.ReadFile("cards.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []cardRow
	for _, line := range strings.Split(string(raw), "\n") {
		f := strings.Fields(line)
		if len(f) < 4 || f[0] == "#" {
			continue
		}
		row := cardRow{number: f[0], brand: f[1], does: map[string]string{}}
		for _, word := range f[4:] {
			key, value, _ := strings.Cut(word, "=")
			if row.does[key] = value; key == "name" {
				row.names = strings.Split(value, ",")
			}
		}
		out = append(out, row)
	}
	return out
}

// TestEveryCardDoesWhatTheTableSays walks all of Stripe's documented test cards, by number and by name.
func TestEveryCardDoesWhatTheTableSays(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	rows := cardRows(t)
	if len(rows) < 120 {
		t.Fatalf("only %d cards", len(rows))
	}
	for _, row := range rows {
		cvc := "payment_method_data[card][cvc]=123"
		if row.brand == "amex" {
			cvc = "payment_method_data[card][cvc]=1234"
		}
		ct := b.browserToken(row.number, cvc)
		want(t, row.number, ct.status, 200)
		pay(t, b, row, "confirmation_token="+ct.str("id"))
		for _, name := range row.names {
			pay(t, b, row, "payment_method="+name)
		}
	}
}

// pay confirms a payment with the card and checks what came of it.
func pay(t *testing.T, b *box, row cardRow, how string) {
	t.Helper()
	what := row.number + " " + how
	r := b.post("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true", "payment_method_types[]=card", "use_stripe_sdk=true", how)
	auth := row.does["auth"]
	if auth == "required" || auth == "setup" || auth == "presetup" {
		want(t, what, r.str("status"), "requires_action")
		b.do("POST", "/3ds/"+r.str("id"), form("client_secret="+r.str("client_secret"), "outcome=pass"), withKey(""))
		r = b.get("/v1/payment_intents/" + r.str("id"))
		if row.does["decline"] != "" {
			want(t, what, r.str("status")+" "+r.str("last_payment_error.code"), "requires_payment_method card_declined")
			return
		}
	}
	if code, decline, _ := strings.Cut(row.does["decline"], "/"); code != "" || auth == "error" {
		if auth == "error" {
			code, decline = "card_declined", "generic_decline"
		}
		want(t, what, r.status, 402)
		want(t, what, r.str("error.code"), code)
		want(t, what, r.str("error.decline_code"), decline)
		return
	}
	want(t, what, r.str("status"), "succeeded")
	checkAftermath(t, b, row, r)
}

// checkAftermath looks at what a card does besides paying.
func checkAftermath(t *testing.T, b *box, row cardRow, pi reply) {
	t.Helper()
	ch := b.get("/v1/charges/" + pi.str("latest_charge") + "?expand[]=balance_transaction")
	want(t, row.number, ch.str("payment_method_details.card.brand"), row.brand)
	disputes := map[string]int{"": 0, "warning": 0, "multiple": 2}
	n, special := disputes[row.does["dispute"]]
	if !special {
		n = 1
	}
	want(t, row.number+" disputes", b.get("/v1/disputes?payment_intent="+pi.str("id")).size("data"), n)
	level := map[string]string{"": "normal", "elevated": "elevated", "highest": "highest"}[row.does["risk"]]
	want(t, row.number+" risk", ch.str("outcome.risk_level"), level)
	status := map[bool]string{true: "available", false: "pending"}[row.does["balance"] == "available"]
	want(t, row.number+" balance", ch.str("balance_transaction.status"), status)
	if row.does["dispute"] != "" && row.does["dispute"] != "warning" {
		return
	}
	refund := map[string]string{"": "succeeded", "pending": "pending", "fail": "succeeded"}[row.does["refund"]]
	re := b.ok("/v1/refunds", "payment_intent="+pi.str("id"))
	want(t, row.number+" refund", re.str("status"), refund)
	if row.does["refund"] == "" {
		return
	}
	b.do("POST", "/_sandbox/clock", `{"advance": 10}`)
	after := map[string]string{"pending": "succeeded", "fail": "failed"}[row.does["refund"]]
	eventually(t, row.number+" refund "+after, func() bool { return b.get("/v1/refunds/"+re.str("id")).str("status") == after })
}

func TestDecliningCardsCannotBeSavedExceptTheOneForThat(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers").str("id")
	refused := b.post("/v1/payment_methods/pm_card_chargeDeclined/attach", "customer="+cus)
	want(t, "declined", refused.str("error.code"), "card_declined")
	pm := b.ok("/v1/payment_methods/pm_card_chargeCustomerFail/attach", "customer="+cus).str("id")
	r := b.post("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true", "customer="+cus, "payment_method="+pm, "payment_method_types[]=card")
	want(t, "charge", r.str("error.code"), "card_declined")
}

func TestOffSessionPaymentsThatNeedTheBuyerAreDeclined(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	r := b.post("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true", "off_session=true", "payment_method=pm_card_authenticationRequired", "payment_method_types[]=card")
	want(t, "status", r.status, 402)
	want(t, "code", r.str("error.code"), "authentication_required")
}
