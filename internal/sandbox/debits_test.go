package sandbox_test

import (
	"testing"

	"checkoutd/internal/sandbox"
)

// TestEveryTestBankAccountHasItsOutcome pays from Stripe's US test accounts,
// which the names of their payment methods stand for.
func TestEveryTestBankAccountHasItsOutcome(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]string{
		"success":             "",
		"dispute":             "",
		"accountClosed":       "account_closed",
		"noAccount":           "no_account",
		"insufficientFunds":   "insufficient_funds",
		"debitNotAuthorized":  "debit_not_authorized",
		"invalidCurrency":     "invalid_currency",
		"weeklyLimitExceeded": "generic_decline",
		"riskLevelHighest":    "fraudulent",
		"failMicrodeposits":   "generic_decline",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, shortDelay)
			pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
				"payment_method_types[]=us_bank_account", "payment_method=pm_usBankAccount_"+name)
			want(t, "at first", pi.str("status"), "processing")
			last := "succeeded"
			if failure != "" {
				last = "requires_payment_method"
			}

			eventually(t, last, func() bool {
				return b.get("/v1/payment_intents/"+pi.str("id")).str("status") == last
			})
			ch := b.get("/v1/charges/" + pi.str("latest_charge"))
			want(t, "failure", ch.str("failure_code"), failure)
			want(t, "disputed", ch.at("disputed"), any(name == "dispute"))
			want(t, "blocked", ch.str("outcome.type") == "blocked", name == "riskLevelHighest")
		})
	}
}

func TestADebitThatStaysInProcessingCanBeCanceled(t *testing.T) {
	t.Parallel()
	b := newBox(t, func(cfg *sandbox.Config) { cfg.DelayedAfter = 0 })
	ct := b.ok("/v1/test_helpers/confirmation_tokens", "payment_method=pm_usBankAccount_processing")
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"payment_method_types[]=us_bank_account", "confirmation_token="+ct.str("id"))
	b.do("POST", "/_sandbox/clock", `{"advance": 1000000}`)
	other := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"payment_method_types[]=us_bank_account", "payment_method=pm_usBankAccount_success")
	b.do("POST", "/_sandbox/clock", `{"advance": 10}`)
	eventually(t, "another debit has succeeded", func() bool {
		return b.get("/v1/payment_intents/"+other.str("id")).str("status") == "succeeded"
	})
	want(t, "first debit", b.get("/v1/payment_intents/"+pi.str("id")).str("status"), "processing")
	want(t, "canceled", b.ok("/v1/payment_intents/"+pi.str("id")+"/cancel").str("status"), "canceled")
	want(t, "its charge", b.get("/v1/charges/"+pi.str("latest_charge")).str("status"), "failed")
	sepa := b.ok("/v1/payment_intents", "amount=2000", "currency=eur", "confirm=true",
		"payment_method_types[]=sepa_debit", "payment_method_data[type]=sepa_debit",
		"payment_method_data[sepa_debit][iban]=AT321904300235473204",
		"payment_method_data[billing_details][name]=J",
		"payment_method_data[billing_details][email]=j@b.test")

	want(t, "a SEPA debit cannot",
		b.post("/v1/payment_intents/"+sepa.str("id")+"/cancel").str("error.code"),
		"payment_intent_unexpected_state")
}

func TestLaterDebitsNeedAMandate(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for path, pairs := range map[string][]string{
		"/v1/payment_intents": {"amount=2000", "currency=usd", "setup_future_usage=off_session"},
		"/v1/setup_intents":   nil,
	} {
		pairs = append(pairs, "confirm=true", "payment_method_types[]=us_bank_account",
			"payment_method=pm_usBankAccount_success")
		refused := b.post(path, pairs...)
		want(t, path, refused.str("error.code"), "parameter_missing")
		want(t, path, refused.str("error.param"), "mandate_data")
		b.ok(path, append(pairs, "mandate_data[customer_acceptance][type]=offline")...)
	}
}

func TestEnhancedEvidenceIsMerged(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	open := func(card string) (string, reply) {
		pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
			"payment_method_types[]=card", "payment_method="+card)
		d := b.get("/v1/disputes?payment_intent=" + pi.str("id"))
		return "/v1/disputes/" + d.str("data.0.id"), d
	}

	path, before := open("pm_card_createComplianceDispute")
	want(t, "fee before",
		before.str("data.0.evidence_details.enhanced_eligibility.visa_compliance.status"),
		"requires_fee_acknowledgement")
	after := b.ok(path, "evidence[enhanced_evidence][visa_compliance][fee_acknowledged]=true", "submit=false")
	want(t, "fee acknowledged",
		after.str("evidence_details.enhanced_eligibility.visa_compliance.status"), "fee_acknowledged")
	path, before = open("pm_card_createCe3EligibleDispute")
	want(t, "evidence before",
		before.str("data.0.evidence_details.enhanced_eligibility.visa_compelling_evidence_3.status"),
		"requires_action")
	const ce3 = "evidence[enhanced_evidence][visa_compelling_evidence_3]"
	b.ok(path, ce3+"[disputed_transaction][customer_email_address]=j@b.test", "submit=false")
	after = b.ok(path, ce3+"[disputed_transaction][customer_account_id]=J", "submit=false")
	const kept = "evidence.enhanced_evidence.visa_compelling_evidence_3.disputed_transaction."
	want(t, "evidence of the first call", after.str(kept+"customer_email_address"), "j@b.test")
	want(t, "evidence of the second call", after.str(kept+"customer_account_id"), "J")
}
