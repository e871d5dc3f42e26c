package sandbox_test

import (
	"testing"
	"time"

	"checkoutd/internal/sandbox"
)

const slowDay = 24 * time.Hour

// voucherIntent confirms an intent with a voucher for a buyer's address.
func voucherIntent(b *box, kind, cur, email string) reply {
	pairs := []string{
		"amount=2000", "currency=" + cur, "confirm=true", "payment_method_types[]=" + kind,
		"payment_method_data[type]=" + kind, "payment_method_data[billing_details][name]=Jenny Rosen",
		"payment_method_data[billing_details][email]=" + email,
	}
	if kind == "boleto" {
		pairs = append(pairs, "payment_method_data[boleto][tax_id]=000.000.000-00")
	}

	return b.ok("/v1/payment_intents", pairs...)
}

func TestVouchers(t *testing.T) {
	t.Parallel()
	for kind, v := range map[string]struct{ currency, date string }{
		"boleto":     {"brl", "next_action.boleto_display_details.expires_at"},
		"konbini":    {"jpy", "next_action.konbini_display_details.expires_at"},
		"multibanco": {"eur", "next_action.multibanco_display_details.expires_at"},
		"oxxo":       {"mxn", "next_action.oxxo_display_details.expires_after"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, func(c *sandbox.Config) { c.DelayedAfter = 5 * time.Second })

			pi := voucherIntent(b, kind, v.currency, "jenny@example.com")
			want(t, "status", pi.str("status"), "requires_action")
			want(t, "next action", pi.str("next_action.type"), kind+"_display_details")

			end := pi.num(v.date)
			wait := time.Unix(end, 0).Sub(time.Unix(pi.num("created"), 0))
			if wait < 2*slowDay || wait > 8*slowDay {
				t.Errorf("the voucher is valid for %v", wait)
			}

			never := voucherIntent(b, kind, v.currency, "fill_never@example.com")
			paid := voucherIntent(b, kind, v.currency, "fill_never_2@example.com")
			b.do("POST", "/_sandbox/payment_intents/"+paid.str("id")+"/decide", `{"outcome": "succeed"}`)
			want(t, "paid at the desk", b.get("/v1/payment_intents/"+paid.str("id")).str("status"), "succeeded")

			b.s.Advance(3 * time.Minute)
			eventually(t, "the voucher is paid", func() bool {
				return b.get("/v1/payment_intents/"+pi.str("id")).str("status") == "succeeded"
			})
			want(t, "the other", b.get("/v1/payment_intents/"+never.str("id")).str("status"), "requires_action")

			b.s.Advance(8 * slowDay)
			eventually(t, "the voucher lapses", func() bool {
				return b.get("/v1/payment_intents/"+never.str("id")).str("status") == "requires_payment_method"
			})
			want(t, "code", b.get("/v1/payment_intents/"+never.str("id")).str("last_payment_error.code"),
				"payment_intent_payment_attempt_expired")
		})
	}
}

func TestCashBalance(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers").str("id")
	fund := func(amount string) {
		b.ok("/v1/test_helpers/customers/"+cus+"/fund_cash_balance", "amount="+amount, "currency=usd")
	}
	pay := func() reply {
		return b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true", "customer="+cus,
			"payment_method_types[]=customer_balance", "payment_method_data[type]=customer_balance",
			"payment_method_options[customer_balance][funding_type]=bank_transfer",
			"payment_method_options[customer_balance][bank_transfer][type]=us_bank_transfer")
	}

	balance := func() int64 { return b.get("/v1/customers/" + cus + "/cash_balance").num("available.usd") }

	pi := pay()
	fund("1500")
	pi = b.get("/v1/payment_intents/" + pi.str("id"))
	want(t, "after a part", pi.str("status"), "requires_action")
	want(t, "remaining", pi.num("next_action.display_bank_transfer_instructions.amount_remaining"), int64(500))
	want(t, "balance", balance(), int64(0))

	fund("800")
	want(t, "after the rest", b.get("/v1/payment_intents/"+pi.str("id")).str("status"), "succeeded")
	want(t, "left over", balance(), int64(300))

	next := pay()
	want(t, "what was left is applied",
		next.num("next_action.display_bank_transfer_instructions.amount_remaining"), int64(1700))
	b.ok("/v1/payment_intents/" + next.str("id") + "/cancel")
	want(t, "given back", balance(), int64(300))
}

func TestTransfersThatCannotWork(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers").str("id")

	for param, rest := range map[string][]string{
		"customer": {"payment_method_options[customer_balance][funding_type]=bank_transfer"},
		"payment_method_options[customer_balance][funding_type]": {"customer=" + cus},
	} {
		e := b.post("/v1/payment_intents", append(rest, "amount=2000", "currency=usd", "confirm=true",
			"payment_method_types[]=customer_balance", "payment_method_data[type]=customer_balance")...)
		want(t, "param", e.str("error.param"), param)
	}
}

func TestMicrodeposits(t *testing.T) {
	t.Parallel()
	b := newBox(t, shortDelay)
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"payment_method_types[]=us_bank_account", "payment_method=pm_usBankAccount_success",
		"payment_method_options[us_bank_account][verification_method]=microdeposits")
	want(t, "next action", pi.str("next_action.type"), "verify_with_microdeposits")

	verify := "/v1/payment_intents/" + pi.str("id") + "/verify_microdeposits"
	want(t, "wrong amounts", b.post(verify, "amounts[]=10", "amounts[]=11").status, 400)
	want(t, "verified", b.ok(verify, "amounts[]=32", "amounts[]=45").str("status"), "processing")
	eventually(t, "it is paid", func() bool {
		return b.get("/v1/payment_intents/"+pi.str("id")).str("status") == "succeeded"
	})

	si := b.ok("/v1/setup_intents", "confirm=true", "payment_method_types[]=us_bank_account",
		"payment_method=pm_usBankAccount_success", "mandate_data[customer_acceptance][type]=offline",
		"payment_method_options[us_bank_account][verification_method]=microdeposits")
	want(t, "next action of a setup", si.str("next_action.type"), "verify_with_microdeposits")
	done := b.ok("/v1/setup_intents/"+si.str("id")+"/verify_microdeposits", "descriptor_code=SM11AA")
	want(t, "verified setup", done.str("status"), "succeeded")
}
