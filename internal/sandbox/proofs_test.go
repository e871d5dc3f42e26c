package sandbox_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"
)

// TestMandatesShowTheConsentOfTheCall checks what becomes of mandate_data. It
// has no effect on a payment method that needs no mandate.
func TestMandatesShowTheConsentOfTheCall(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	consent := []string{
		"mandate_data[customer_acceptance][type]=online", "mandate_data[customer_acceptance][accepted_at]=1600000000",
		"mandate_data[customer_acceptance][online][ip_address]=203.0.113.9",
		"mandate_data[customer_acceptance][online][user_agent]=Lynx",
	}
	debit := append([]string{"confirm=true", "payment_method_types[]=sepa_debit", "payment_method_data[type]=sepa_debit",
		"payment_method_data[sepa_debit][iban]=DE89370400440532013000", "payment_method_data[billing_details][name]=J",
		"payment_method_data[billing_details][email]=j@b.test"}, consent...)

	setup := b.ok("/v1/setup_intents", debit...)
	mandate := b.get("/v1/mandates/" + setup.str("mandate"))
	want(t, "accepted at", mandate.num("customer_acceptance.accepted_at"), 1600000000)
	want(t, "from", mandate.str("customer_acceptance.online.ip_address"), "203.0.113.9")
	want(t, "with", mandate.str("customer_acceptance.online.user_agent"), "Lynx")

	pi := b.ok("/v1/payment_intents", append(debit, "amount=1000", "currency=eur")...)
	ch := b.get("/v1/charges/" + pi.str("latest_charge"))
	paid := b.get("/v1/mandates/" + ch.str("payment_method_details.sepa_debit.mandate"))
	want(t, "the payment's", paid.num("customer_acceptance.accepted_at"), 1600000000)

	card := b.ok("/v1/setup_intents", append(consent, "confirm=true", "payment_method=pm_card_visa",
		"payment_method_types[]=card")...)
	want(t, "a card needs none", card.at("mandate"), nil)
}

// TestOffSessionBilling pays with a card that asks the buyer unless it was set
// up and the buyer is away.
func TestOffSessionBilling(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	s := shelf{b}
	cus := s.customer()
	pm := s.id("/v1/payment_methods/pm_card_authenticationRequiredOnSetup/attach", "customer="+cus)
	b.ok("/v1/customers/"+cus, "invoice_settings[default_payment_method]="+pm)

	open := func() string {
		inv := s.id("/v1/invoices", "customer="+cus)
		b.ok("/v1/invoiceitems", "customer="+cus, "invoice="+inv, "amount=1000", "currency=usd")
		return "/v1/invoices/" + s.id("/v1/invoices/"+inv+"/finalize") + "/pay"
	}

	asked := b.post(open(), "off_session=false")
	want(t, "the buyer is there", asked.str("error.code"), "invoice_payment_intent_requires_action")
	want(t, "the buyer is away", b.ok(open(), "off_session=true").str("status"), "paid")

	item := []string{"customer=" + cus, "items[0][price]=" + s.price("recurring[interval]=month")}
	want(t, "subscription, with the buyer", b.ok("/v1/subscriptions", item...).str("status"), "incomplete")
	away := b.ok("/v1/subscriptions", append(item, "off_session=true")...)
	want(t, "subscription, without", away.str("status"), "active")
}

func TestClientSecretsAreChecked(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for _, path := range []string{"/v1/payment_intents", "/v1/setup_intents"} {
		var made reply
		if path == "/v1/payment_intents" {
			made = b.ok(path, "amount=1000", "currency=usd")
		} else {
			made = b.ok(path)
		}

		at := path + "/" + made.str("id") + "?client_secret="
		want(t, path+" right", b.get(at+made.str("client_secret")).status, http.StatusOK)
		want(t, path+" wrong", b.get(at+"wrong").status, http.StatusNotFound)
	}
}

// TestProrationsStartAtTheirDate checks that a change from a date on is
// prorated from that date on.
func TestProrationsStartAtTheirDate(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	sub := shelf{b}.subscription()
	start, end := sub.num("current_period_start"), sub.num("current_period_end")
	half := strconv.FormatInt((start+end)/2, 10)
	b.s.Advance(time.Hour)
	b.ok("/v1/subscriptions/"+sub.str("id"), "items[0][id]="+sub.str("items.data.0.id"), "items[0][quantity]=3",
		"proration_date="+half)

	list := b.get("/v1/invoiceitems?pending=true&customer=" + sub.str("customer"))
	want(t, "the charge for the second half", list.num("data.0.amount")+list.num("data.1.amount"), 1500-500)
	want(t, "from the date on", strconv.FormatInt(list.num("data.0.period.start"), 10), half)
}
