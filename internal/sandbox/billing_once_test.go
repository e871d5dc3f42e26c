package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v81"
)

// once bills the shop's mug once, beside what a subscription bills every
// period.
func once(amount, quantity int64) *stripe.SubscriptionAddInvoiceItemParams {
	return &stripe.SubscriptionAddInvoiceItemParams{
		PriceData: &stripe.InvoiceItemPriceDataParams{
			Currency:   stripe.String("usd"),
			Product:    stripe.String("shop_mug"),
			UnitAmount: stripe.Int64(amount),
		},
		Quantity: stripe.Int64(quantity),
	}
}

func TestTheFirstInvoiceBillsOnceWhatARenewalDoesNot(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	before := len(b.eventTypes())

	p := b.monthly(750)
	p.AddInvoiceItems = []*stripe.SubscriptionAddInvoiceItemParams{once(1000, 3), once(0, 1)}
	p.AddExtra("add_invoice_items[0][discountable]", "false")
	p.AddExtra("add_invoice_items[0][metadata][part]", "cup")
	sub := must(b.api.Subscriptions.New(p))(t)
	inv := sub.LatestInvoice
	want(t, "due", inv.AmountDue, 4500)
	want(t, "intent", inv.PaymentIntent.Amount, 4500)
	want(t, "events", b.since(before, "invoiceitem"), "invoiceitem.created invoiceitem.created")
	want(t, "items", len(sub.Items.Data), 1)
	want(t, "lines", len(inv.Lines.Data), 3)

	line := inv.Lines.Data[0]
	want(t, "type", line.Type, stripe.InvoiceLineItemTypeInvoiceItem)
	want(t, "amount", line.Amount, 3000)
	want(t, "quantity", line.Quantity, 3)
	want(t, "text", line.Description, "Mug club")
	want(t, "price", line.Price.Type, stripe.PriceTypeOneTime)
	want(t, "subscription", line.Subscription.ID, sub.ID)
	want(t, "the other line", inv.Lines.Data[2].Type, stripe.InvoiceLineItemTypeSubscription)

	must(b.confirm(inv.PaymentIntent.ID, "pm_card_visa"))(t)
	want(t, "begun", b.subscription(sub.ID).Status, stripe.SubscriptionStatusActive)

	items := b.get("/v1/invoiceitems?invoice=" + inv.ID)
	want(t, "not discountable", items.at("data.1.discountable") == false, true)
	want(t, "metadata", items.str("data.1.metadata.part"), "cup")

	renewed := b.advance(31*day+3600e9, sub.ID, "the renewal is paid", func(s *stripe.Subscription) bool {
		return s.LatestInvoice.ID != inv.ID && s.LatestInvoice.Status == stripe.InvoiceStatusPaid
	})
	want(t, "renewed", renewed.LatestInvoice.AmountPaid, 1500)
	want(t, "lines of the renewal", len(renewed.LatestInvoice.Lines.Data), 1)
}

func TestWhatCannotBeBilledOnceIsRefused(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	monthly := b.ok("/v1/prices", "product=shop_mug", "currency=usd", "unit_amount=500",
		"recurring[interval]=month").str("id")
	euros := b.ok("/v1/prices", "product=shop_mug", "currency=eur", "unit_amount=500").str("id")
	data := "[price_data][currency]=usd add_invoice_items[0][price_data][unit_amount]=100 " +
		"add_invoice_items[0][price_data][product]="

	var many strings.Builder
	for i := range 20 {
		fmt.Fprintf(&many, " add_invoice_items[%d][price]=%s", i+1, euros)
	}

	for what, c := range map[string]struct{ sent, code, message string }{
		"a recurring price": {
			"[price]=" + monthly, "",
			"The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.",
		},
		"another currency": {
			"[price]=" + euros, "",
			"The price specified only supports `eur`. This doesn't match the expected currency: `usd`.",
		},
		"an unknown price":   {"[price]=price_none", "resource_missing", "No such price: 'price_none'"},
		"an unknown product": {data + "shop_none", "resource_missing", "No such product: 'shop_none'"},
		"no price": {
			"[quantity]=2", "parameter_missing", "Missing required param: add_invoice_items[0][price].",
		},
		"a recurring price of its own": {
			data + "shop_mug add_invoice_items[0][price_data][recurring][interval]=month", "parameter_unknown",
			"Received unknown parameter: add_invoice_items[0][price_data][recurring]",
		},
		"a negative quantity": {
			data + "shop_mug add_invoice_items[0][quantity]=-1", "parameter_invalid_integer",
			"This value must be between 0 and",
		},
		"too much": {
			data + "shop_mug add_invoice_items[0][quantity]=99999999", "amount_too_large",
			"Amount must be no more than",
		},
		"too many": {
			data + "shop_mug" + many.String(), "", "You can only have up to 20 items in `add_invoice_items`.",
		},
	} {
		sent := append([]string{
			"customer=" + b.customer, "items[0][price]=" + monthly, "payment_behavior=default_incomplete",
		}, strings.Fields("add_invoice_items[0]"+c.sent)...)
		r := b.post("/v1/subscriptions", sent...)
		want(t, what+": status", r.status, http.StatusBadRequest)
		want(t, what+": code", r.str("error.code"), c.code)

		if !strings.HasPrefix(r.str("error.message"), c.message) {
			t.Errorf("%s: got %q, want %q", what, r.str("error.message"), c.message)
		}
	}

	r := b.post("/v1/subscriptions", "customer="+b.customer, "items[0][price]="+monthly, "trial_period_days=3",
		"add_invoice_items[0][price]="+euros)
	want(t, "beside a trial", r.status, http.StatusNotImplemented)
	want(t, "subscriptions", b.get("/v1/subscriptions?status=all").size("data"), 0)
	want(t, "invoice items", b.get("/v1/invoiceitems").size("data"), 0)
}
