package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestNothingIsIgnored checks that a parameter that no handler reads fails the
// call and undoes it.
func TestNothingIsIgnored(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	r := b.post("/v1/payment_intents", "amount=1000", "currency=usd", "confirm=true", "payment_method=pm_card_visa",
		"payment_method_types[]=card", "amount_details[line_items][0][product_name]=Mug",
		"amount_details[line_items][0][quantity]=1", "amount_details[line_items][0][unit_cost]=1000")
	want(t, "status", r.status, http.StatusNotImplemented)
	want(t, "param", r.str("error.param"), "amount_details[line_items][0][product_name]")
	want(t, "nothing was charged", b.get("/v1/charges").size("data"), 0)
	want(t, "nothing is announced", len(b.types()), 0)

	list := b.get("/v1/payment_intents?customer=" + b.ok("/v1/customers").str("id"))
	want(t, "an empty list has read its filters", list.status, http.StatusOK)
	between := b.get("/v1/charges?created[gte]=1&created[lt]=2")
	want(t, "and its range", between.status, http.StatusOK)

	setting := b.post("/v1/customers", "cash_balance[settings][reconciliation_mode]=manual")
	want(t, "a setting that would change money", setting.status, http.StatusNotImplemented)
}

func TestCustomersKeepTheSettingsOfTheirInvoices(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers", "invoice_prefix=MUG", "next_invoice_sequence=7", "invoice_settings[footer]=Thanks",
		"invoice_settings[custom_fields][0][name]=VAT", "invoice_settings[custom_fields][0][value]=DE1",
		"invoice_settings[rendering_options][amount_tax_display]=exclude_tax")
	want(t, "footer", cus.str("invoice_settings.footer"), "Thanks")
	want(t, "rendering", cus.str("invoice_settings.rendering_options.amount_tax_display"), "exclude_tax")

	inv := b.ok("/v1/invoices", "customer="+cus.str("id"))
	want(t, "the invoice's footer", inv.str("footer"), "Thanks")
	want(t, "its field", inv.str("custom_fields.0.value"), "DE1")
	final := b.ok("/v1/invoices/" + inv.str("id") + "/finalize")
	want(t, "its number", final.str("number"), "MUG-0007")
}

func TestExpiredAccountLinksLeadToTheRefreshURL(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.ok("/v1/accounts").str("id")
	link := b.ok("/v1/account_links", "account="+acct, "type=account_onboarding",
		"return_url=https://shop.test/done", "refresh_url=https://shop.test/again")

	b.s.Advance(time.Hour)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(link.str("url"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()

	want(t, "where to", resp.Header.Get("Location"), "https://shop.test/again")

	update := b.ok("/v1/account_links", "account="+acct, "type=account_update", "return_url=https://shop.test/done",
		"refresh_url=https://shop.test/again")
	page := b.get(strings.TrimPrefix(update.str("url"), b.url))
	want(t, "the page for an update", strings.Contains(string(page.raw), "Update of the account"), true)
}
