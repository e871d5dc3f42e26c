package sandbox_test

import (
	"testing"
	"time"

	"checkoutd/internal/sandbox"
)

// disputeOf pays with a card that is disputed and returns the path of the
// dispute.
func (b *box) disputeOf(card string) (path, charge string) {
	b.t.Helper()
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true", "payment_method_types[]=card", "payment_method="+card)
	return "/v1/disputes/" + b.get("/v1/disputes?payment_intent="+pi.str("id")).str("data.0.id"), pi.str("latest_charge")
}

func TestDisputesEndWithTheirDeadline(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	silent, _ := b.disputeOf("pm_card_createDispute")
	inquiry, _ := b.disputeOf("pm_card_createDisputeInquiry")
	kept, _ := b.disputeOf("pm_card_createDispute")
	b.ok(kept, "evidence[uncategorized_text]=winning_evidence", "submit=false")
	sent, _ := b.disputeOf("pm_card_createDispute")
	b.ok(sent, "evidence[uncategorized_text]=a letter")
	b.s.Advance(10 * 24 * time.Hour)

	for path, status := range map[string]string{
		silent:  "lost",
		inquiry: "warning_closed",
		kept:    "won",
		sent:    "under_review",
	} {
		eventually(t, status, func() bool { return b.get(path).str("status") == status })
	}

	want(t, "past due", b.get(silent).at("evidence_details.past_due"), any(true))
}

func TestInquiriesAreAnsweredByARefund(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	inquiry, charge := b.disputeOf("pm_card_createDisputeInquiry")
	want(t, "refundable", b.get(inquiry).at("is_charge_refundable"), any(true))
	b.ok("/v1/refunds", "charge="+charge, "amount=500")
	want(t, "a part is not enough", b.get(inquiry).str("status"), "warning_needs_response")
	b.ok("/v1/refunds", "charge="+charge)
	want(t, "closed", b.get(inquiry).str("status"), "warning_closed")
	_, charge = b.disputeOf("pm_card_createDispute")
	want(t, "a dispute is not", b.post("/v1/refunds", "charge="+charge).str("error.code"), "charge_disputed")
}

func TestPayoutsArrive(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	po := b.ok("/v1/payouts", "amount=100", "currency=usd").str("id")
	stopped := b.ok("/v1/payouts", "amount=100", "currency=usd").str("id")
	b.ok("/v1/payouts/" + stopped + "/cancel")
	b.s.Advance(8 * 24 * time.Hour)
	eventually(t, "paid", func() bool { return b.get("/v1/payouts/"+po).str("status") == "paid" })
	want(t, "canceled", b.get("/v1/payouts/"+stopped).str("status"), "canceled")
	want(t, "event", b.get("/v1/events?type=payout.paid").str("data.0.data.object.id"), po)
}

func TestDeadlinesSurviveARestart(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/state.json"
	first := newBox(t, stateIn(file))
	dispute, _ := first.disputeOf("pm_card_createDispute")
	po := first.ok("/v1/payouts", "amount=100", "currency=usd").str("id")

	if err := first.s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	second := newBox(t, stateIn(file))
	second.s.Advance(10 * 24 * time.Hour)
	eventually(t, "lost", func() bool { return second.get(dispute).str("status") == "lost" })
	eventually(t, "paid", func() bool { return second.get("/v1/payouts/"+po).str("status") == "paid" })
}

func TestATokensMandateDataIsTheMandates(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	ct := b.do("POST", "/v1/confirmation_tokens", form("key="+publishableKey, "payment_method_data[type]=sepa_debit", "payment_method_data[sepa_debit][iban]=AT321904300235473204",
		"payment_method_data[billing_details][name]=J", "payment_method_data[billing_details][email]=j@b.test", "mandate_data[customer_acceptance][type]=online",
		"mandate_data[customer_acceptance][online][ip_address]=203.0.113.9", "mandate_data[customer_acceptance][online][user_agent]=test"), withKey(""))
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=eur", "confirm=true", "payment_method_types[]=sepa_debit", "confirmation_token="+ct.str("id"), "expand[]=latest_charge")
	mandate := b.get("/v1/mandates/" + pi.str("latest_charge.payment_method_details.sepa_debit.mandate"))
	want(t, "from", mandate.str("customer_acceptance.online.ip_address"), "203.0.113.9")
}

func TestARedisplayLimitIsTenAtMost(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers").str("id")
	for limit, status := range map[string]int{"0": 400, "11": 400, "10": 200} {
		r := b.post("/v1/customer_sessions", "customer="+cus, "components[payment_element][enabled]=true", "components[payment_element][features][payment_method_redisplay]=enabled",
			"components[payment_element][features][payment_method_redisplay_limit]="+limit)
		want(t, "a redisplay limit of "+limit, r.status, status)
	}
}

// stateIn configures a state file.
func stateIn(file string) func(*sandbox.Config) {
	return func(cfg *sandbox.Config) { cfg.StateFile = file }
}
