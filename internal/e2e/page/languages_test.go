package page_test

import (
	"strings"
	"testing"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/texts"
)

// cutOff lists the visible texts that reach out of the screen, of a box around
// them, or of the field in which they are chosen.
const cutOff = `(() => {
	const cut = [];
	const isHidden = (e) => {
		for (let at = e; at; at = at.parentElement) if (getComputedStyle(at).clipPath.startsWith('inset(50%')) return true;
		return !e.checkVisibility({visibilityProperty: true}) || e.closest('.skip, script, style, noscript');
	};
	const reachesOut = ({left, right, top, bottom}, e) => {
		const {display, overflowX} = getComputedStyle(e);
		if (display === 'inline' || display === 'contents') return false;
		const box = e.getBoundingClientRect();
		return left < box.left - 1 || right > box.right + 1 || overflowX !== 'visible' && (top < box.top - 1 || bottom > box.bottom + 1);
	};

	for (const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); texts.nextNode();) {
		const {data, parentElement} = texts.currentNode;
		if (!data.trim() || parentElement.closest('select') || isHidden(parentElement)) continue;
		const range = document.createRange();
		range.selectNodeContents(texts.currentNode);
		for (const place of range.getClientRects())
			for (let e = parentElement; e; e = e.parentElement)
				if (reachesOut(place, e)) cut.push(data.trim() + ' in ' + (e.id || e.className || e.tagName));
	}

	const probe = document.body.appendChild(document.createElement('span'));
	Object.assign(probe.style, {position: 'fixed', whiteSpace: 'nowrap'});
	for (const select of document.querySelectorAll('select')) {
		const {font, paddingInlineStart, paddingInlineEnd} = getComputedStyle(select);
		probe.style.font = font;
		probe.textContent = select.selectedOptions[0].text;
		const room = select.clientWidth - parseFloat(paddingInlineStart) - parseFloat(paddingInlineEnd);
		if (select.checkVisibility() && probe.offsetWidth > room) cut.push(probe.textContent + ' in ' + select.id);
	}
	probe.remove();

	return [...new Set(cut)];
})()`

// longCatalog has what makes pages wide: variants, long words, amounts that are
// paid again, and currencies to choose from.
const longCatalog = `{"currency": "usd", "tax_included": "Prices include VAT",
	"products": [
		{"sku": "mug", "name": "Donaudampfschifffahrtsgesellschaftsbecher", "price": "1800.00", "prices": {"eur": "1700.00"}},
		{"sku": "club", "name": "Tea club", "price": "12.00", "prices": {"eur": "11.00"}, "recurring": {"interval": "month", "interval_count": 3}},
		{"sku": "shirt", "name": "T-shirt", "price": "19.00", "choice": "Size", "variants": [{"sku": "shirt-s", "name": "S"}, {"sku": "shirt-m", "name": "Extraordinarily large"}]},
		{"sku": "hat", "name": "Hat", "price": "9.00", "unavailable": true}],
	"promotions": [{"code": "TEN", "percent": 10}],
	"shipping_rates": [{"id": "post", "name": "Post", "price": "4.90", "prices": {"eur": "4.50"}, "countries": ["FR", "US"], "days": [3, 5], "free_from": "5000.00"}]}`

// On the narrowest phone no page scrolls sideways and no text is cut off, in
// any language.
func TestEveryLanguageFitsThePhone(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(longCatalog), e2etest.Set("COLLECT_EMAIL", "true"),
		e2etest.Set("SHOP_TERMS_URL", "https://shop.example/terms"), e2etest.Set("SHOP_PRIVACY_URL", "https://shop.example/privacy"),
		e2etest.Set("SHOP_CONTACT_URL", "https://shop.example/contact"), e2etest.Set("TERMS_CONSENT", "required"))
	v := e2etest.Visit(t, s)
	v.Expect("404 (Not Found)")
	v.Do(browsertest.Viewport(320, 640))

	fill := func() string {
		v.Open("/")
		v.Click("[data-sku=mug] .add")
		v.Click("[data-sku=club] .add")
		v.Click("#checkout-button")
		v.FormReady()
		return strings.TrimPrefix(e2etest.Eval[string](v, "location.pathname"), "/checkout/")
	}

	paid := fill()
	v.Enter("link-authentication", [2]string{"email", "a.buyer.with.a.long.name@mail.example.com"})
	v.Enter("shipping-address", paris...)
	v.Until("document.querySelector('#rate-list input:checked')")
	e2etest.Eval[any](v, "document.querySelector('#terms').click()")
	v.FillBare(e2etest.CardPays)
	v.Click("#pay-button")
	v.Outcome("paid")
	open := fill()

	for _, lang := range texts.Languages() {
		v.Do(browsertest.Language(lang))

		fits := func(name, path string) {
			t.Helper()
			if path != "" {
				v.Open(path)
			}

			e2etest.Want(v, "document.documentElement.lang", lang)
			if wide := e2etest.Eval[int](v, "document.documentElement.scrollWidth"); wide > 320 {
				t.Errorf("%s: %s is %d pixels wide on a screen of 320", lang, name, wide)
			}
			if cut := e2etest.Eval[[]string](v, cutOff); len(cut) > 0 {
				t.Errorf("%s: %s cuts off %q", lang, name, cut)
			}

			v.Screenshot("320-" + lang + "-" + name)
		}

		fits("shop", "/")
		v.Open("/checkout/" + open)
		v.FormReady()
		e2etest.Eval[any](v, "document.querySelector('#summary-fold').click(), document.querySelector('#promotion-open').click(), document.querySelector('#pay-button').click()")
		v.Until("document.querySelector('#payment-message ul')")
		fits("checkout", "")
		fits("receipt", "/complete?order="+paid)
		e2etest.Want(v, "document.querySelector('#next-payment .amount').innerText === document.querySelector('#order-lines li:last-child > .amount').innerText", true)
		fits("find", "/find-order")
		fits("error", "/nowhere")
	}
}
