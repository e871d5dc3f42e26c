package page_test

import (
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

const goods = `{"currency": "eur", "tax_included": {"fr": "Prix TTC", "en": "Prices include VAT"},
	"products": [
		{"sku": "mug", "name": "Mug", "price": "17.00", "image": "mug.svg"},
		{"sku": "shirt", "name": {"en": "T-shirt", "fr": "Tee-shirt"}, "price": "19.00", "choice": {"en": "Size", "fr": "Taille"}, "variants": [
			{"sku": "shirt-s", "name": "S"},
			{"sku": "shirt-m", "name": "M", "price": "21.00", "image": "tshirt.svg"},
			{"sku": "shirt-l", "name": "L", "unavailable": true}]},
		{"sku": "hat", "name": "Hat", "price": "9.00", "unavailable": true}],
	"shipping_rates": [
		{"id": "post", "name": "Post", "price": "4.50", "countries": ["FR", "DE"], "free_from": "50.00"},
		{"id": "air", "name": "Airmail", "price": "11.00"}]}`

// A product has variants, of which each is a line; the cart says where shipping
// is free, or what is missing for that; and what the prices include stands
// where they do.
func TestTheShopSellsVariants(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(goods))
	v := e2etest.Visit(t, s)
	v.Open("/")
	e2etest.Want(v, "document.querySelector('#choice-shirt').labels[0].innerText", "Size")
	e2etest.Want(v, "[...document.querySelectorAll('#choice-shirt option:disabled')].map((o) => o.text).join()", "L (Sold out)")
	e2etest.Want(v, "[...document.querySelectorAll('.product')].at(-1).innerText.includes('Sold out')", true)
	e2etest.Want(v, "document.querySelectorAll('[data-sku=hat] button, [data-sku=shirt-l] button').length", 0)

	choose := func(sku string) {
		e2etest.Eval[any](v, "(() => { const choice = document.querySelector('#choice-shirt'); choice.value = '"+sku+
			"'; choice.dispatchEvent(new Event('change', {bubbles: true})); })()")
	}

	const shown = "[...document.querySelectorAll('[data-variant]')].filter((e) => e.checkVisibility()).map((e) => e.dataset.variant).join()"
	e2etest.Want(v, shown, "shirt-s,shirt-s")
	choose("shirt-m")
	e2etest.Want(v, shown, "shirt-m,shirt-m")
	e2etest.Want(v, "document.querySelector('#cart-status').innerText", "T-shirt, M: €21.00")
	v.Click("[data-sku=shirt-m] .add")
	v.WaitText("shipping-from", "Shipping from €4.50. Spend €29.00 more for free shipping (France, Germany)")
	choose("shirt-s")
	v.Click("[data-sku=shirt-s] .add")
	v.Click("[data-sku=shirt-s] [data-action=more]")
	v.WaitText("shipping-from", "Free shipping (France, Germany)")
	v.Axe()
	v.Screenshots("shop-variants")
	e2etest.Want(v, "document.querySelector('#cart .tax-included').innerText", "Prices include VAT")

	v.Click("#checkout-button")
	v.FormReady()
	e2etest.Want(v, "[...document.querySelectorAll('#order-lines .line-name')].map((e) => e.innerText).join('; ')", "T-shirt, M; T-shirt, S")
	e2etest.Want(v, "[...document.querySelectorAll('#tax-included')].map((e) => e.innerText).join()", "Prices include VAT")

	v.Enter("shipping-address", paris...)
	v.PayWith(e2etest.CardPays)
	v.Outcome("paid")
	e2etest.Want(v, "document.querySelector('#tax-included').innerText", "Prices include VAT")
}
