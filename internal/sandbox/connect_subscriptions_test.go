package sandbox_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v81"
)

// monthly returns the parameters with which a buyer with a card subscribes to
// something that costs amount a month.
func (b *box) monthly(amount string) []string {
	b.t.Helper()
	s := shelf{b}
	price := s.id("/v1/prices", "currency=usd", "unit_amount="+amount, "recurring[interval]=month",
		"product_data[name]=Plan")
	return []string{"customer=" + s.buyer(), "items[0][price]=" + price,
		"expand[]=latest_invoice.payment_intent.latest_charge.transfer"}
}

func TestSubscriptionsPayADestination(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.connected("new", "read_write").StripeUserID
	form := b.monthly("1555")
	before := availableTo(t, b.sdk(), &acct)

	sub := b.ok("/v1/subscriptions", append(form, "transfer_data[destination]="+acct,
		"transfer_data[amount_percent]=10.5", "on_behalf_of="+acct)...)
	want(t, "destination", sub.str("transfer_data.destination"), acct)
	want(t, "percent", fmt.Sprint(sub.at("transfer_data.amount_percent")), "10.5")
	want(t, "on behalf of", sub.str("on_behalf_of"), acct)

	const invoice, intent = "latest_invoice.", "latest_invoice.payment_intent."
	for _, path := range []string{invoice, intent, intent + "latest_charge."} {
		want(t, path+"destination", sub.str(path+"transfer_data.destination"), acct)
		want(t, path+"amount, 163.275 rounded", sub.num(path+"transfer_data.amount"), 163)
		want(t, path+"on behalf of", sub.str(path+"on_behalf_of"), acct)
	}

	want(t, "transferred", sub.num(intent+"latest_charge.transfer.amount"), 163)
	want(t, "the account has it", availableTo(t, b.sdk(), &acct), before+163)

	changed := b.ok("/v1/subscriptions/"+sub.str("id"), "transfer_data[destination]="+acct)
	want(t, "all from now on", changed.at("transfer_data.amount_percent") == nil, true)
	b.s.Advance(32 * 24 * time.Hour)
	eventually(t, "the renewal is transferred", func() bool {
		return availableTo(t, b.sdk(), &acct) == before+163+1555
	})

	none := b.ok("/v1/subscriptions/"+sub.str("id"), "transfer_data=")
	want(t, "nobody any more", none.at("transfer_data.destination") == nil, true)
}

func TestSubscriptionsWithADestinationPayAFee(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.connected("new", "read_write").StripeUserID
	form := b.monthly("1555")
	to := append(form, "transfer_data[destination]="+acct)
	before := availableTo(t, b.sdk(), &acct)

	sub := b.ok("/v1/subscriptions", append(to, "application_fee_percent=2.5")...)
	want(t, "the invoice has no amount", sub.at("latest_invoice.transfer_data.amount") == nil, true)
	want(t, "fee of the invoice", sub.num("latest_invoice.application_fee_amount"), 39)
	want(t, "fee of the payment", sub.num("latest_invoice.payment_intent.application_fee_amount"), 39)
	want(t, "transferred", sub.num("latest_invoice.payment_intent.latest_charge.transfer.amount"), 1555)
	want(t, "the account has the rest", availableTo(t, b.sdk(), &acct), before+1555-39)
	want(t, "the fee is the platform's", must(b.sdk().ApplicationFees.Get(
		sub.str("latest_invoice.payment_intent.latest_charge.application_fee"), nil))(t).Amount, 39)

	refused := func(name, param string, path string, pairs ...string) {
		t.Helper()
		want(t, name, b.post(path, pairs...).str("error.param"), param)
	}

	own := "/v1/subscriptions/" + sub.str("id")
	refused("a fee and a share", "transfer_data[amount_percent]", "/v1/subscriptions",
		append(to, "application_fee_percent=1", "transfer_data[amount_percent]=5")...)
	refused("a share beside the fee", "transfer_data[amount_percent]", own,
		"transfer_data[destination]="+acct, "transfer_data[amount_percent]=5")
	refused("the fee of nobody", "application_fee_percent", own, "transfer_data=")
	refused("three decimals", "transfer_data[amount_percent]", own, "application_fee_percent=",
		"transfer_data[destination]="+acct, "transfer_data[amount_percent]=1.234")
	refused("an unknown account", "transfer_data[destination]", "/v1/subscriptions",
		append(form, "transfer_data[destination]=acct_none")...)
	want(t, "nothing of it was kept", must(b.sdk().Subscriptions.Get(sub.str("id"), &stripe.SubscriptionParams{}))(t).
		ApplicationFeePercent, 2.5)
}
