package rehearsal

import (
	"net/http"
	"slices"
	"strings"
)

// Stripe's test cards (https://docs.stripe.com/testing).
const (
	cardPays     = "4242424242424242"
	cardDeclined = "4000000000000002"
	cardAsks     = "4000000000003220" // for 3D Secure
	cardDisputed = "4000000000000259"
)

// dataCases are incomplete, invalid and duplicate data.
var dataCases = []caseRow{
	{
		"data/catalog", "order one piece of every product of the catalog",
		"every product can be ordered", noProducts, everyProduct,
	},
	{
		"data/subscription", "subscribe to the first product that recurs, and pay",
		"the order is paid", noSubscription, subscribe,
	},
	{
		"data/setup", "save a card without a payment", "the card is saved, and nothing is charged",
		noSetup, saveCard,
	},
	{
		"data/no-token", "confirm a payment without a ConfirmationToken",
		"refused with a reason, nothing charged, the order stays open", nil,
		func(w *walk) verdict {
			b := w.buyer()
			o := b.order()
			r := b.call(http.MethodPost, "/create-confirm-intent", map[string]any{"orderId": o.id, "termsAccepted": true})
			return w.unchargedAfter(o, r)
		},
	},
	{
		"data/unknown-token", "confirm a payment with a token that Stripe does not know",
		"refused with a reason, nothing charged, the order stays open", nil,
		func(w *walk) verdict {
			b := w.buyer()
			o := b.order()
			return w.unchargedAfter(o, b.confirm(o, "ctoken_rehearsal"))
		},
	},
	{
		"data/no-address", "pay an order that is shipped before saying where to",
		"refused with a reason, nothing charged, the order stays open", noCards, noAddress,
	},
	{
		"data/wrong-amount", "pay while the page shows another amount than the order has",
		"refused with a reason, nothing charged, the order stays open", noCards,
		func(w *walk) verdict {
			b := w.buyer()
			o := b.order()
			return w.unchargedAfter(o, b.call(http.MethodPost, "/create-confirm-intent", map[string]any{
				"termsAccepted": true,
				"orderId":       o.id, "confirmationTokenId": b.token(o, cardPays), "expectedAmount": o.amount + 1,
			}))
		},
	},
	{
		"data/another-buyer", "pay an order that another browser has opened",
		"refused as if there were no order, nothing charged", noCards,
		func(w *walk) verdict {
			o := w.buyer().order()
			other := w.buyer()
			return w.unchargedAfter(o, other.pay(o, cardPays))
		},
	},
	{
		"data/invalid", "send carts, addresses and bodies that make no sense",
		"each is refused with a reason", nil, nonsense,
	},
	{
		"duplicate/same-token", "send the same payment again after it has succeeded",
		"the same answer, charged once", noCards,
		func(w *walk) verdict {
			b := w.buyer()
			o := b.order()
			token := b.token(o, cardPays)
			first, again := b.confirm(o, token), b.confirm(o, token)
			if first.status != http.StatusOK || again.text("status") != first.text("status") {
				return is(false, "first %s, then %s", first, again)
			}
			return w.settles(o, "")
		},
	},
	{
		"duplicate/at-once", "send two payments of one order at the same time",
		"one of them succeeds, charged once", noCards, atOnce,
	},
	{
		"duplicate/paid-again", "pay an order again that is paid",
		"refused with a reason or the former answer, charged once", noCards,
		func(w *walk) verdict {
			b := w.buyer()
			o := b.order()
			b.pay(o, cardPays)
			if v := w.settles(o, ""); !v.ok {
				return v
			}

			again := b.pay(o, cardPays)
			if again.status != http.StatusOK && !again.refused() {
				return is(false, "the second time: %s", again)
			}
			return w.settles(o, "")
		},
	},
}

func noProducts(c Config) string {
	if len(c.Products) > 0 {
		return ""
	}
	return "the catalog has no products"
}

func noSubscription(c Config) string {
	if !slices.ContainsFunc(c.Products, func(p Product) bool { return p.Recurring }) {
		return "no product of the catalog recurs"
	}
	return noCards(c)
}

func noSetup(c Config) string {
	if !c.SetupOrders {
		return "SAVED_METHODS_SETUP is off: no card is saved without a payment"
	}
	return noCards(c)
}

func everyProduct(w *walk) verdict {
	for _, p := range w.cfg.Products {
		if o := w.buyer().orderOf(p.SKU); o.id == "" {
			return is(false, "%s cannot be ordered", p.SKU)
		}
	}
	return is(true, "all %d products can be ordered", len(w.cfg.Products))
}

func subscribe(w *walk) verdict {
	i := slices.IndexFunc(w.cfg.Products, func(p Product) bool { return p.Recurring })
	b := w.buyer()
	o := b.addressed(b.orderOf(w.cfg.Products[i].SKU))
	b.pay(o, cardPays)
	return w.settles(o, "")
}

func saveCard(w *walk) verdict {
	b := w.buyer()
	o := orderOf(b.call(http.MethodPost, "/orders", map[string]any{"mode": "setup"}))
	r := b.pay(o, cardPays)

	var s state
	w.until(func() bool { s = w.state(o); return s.settled() })
	n := w.charges()
	return is(s.settled() && n == 0, "%s; %s; Stripe has charged %s", r, s, times(n))
}

// noAddress is about the first product that is shipped.
func noAddress(w *walk) verdict {
	for _, p := range w.cfg.Products {
		b := w.buyer()
		if o := b.orderOf(p.SKU); o.ships && o.amount > 0 {
			return w.unchargedAfter(o, b.pay(o, cardPays))
		}
	}
	return verdict{skipped: true, got: "nothing in the catalog is shipped"}
}

func nonsense(w *walk) verdict {
	b := w.buyer()
	o := b.order()
	cart := func(sku string, quantity any) map[string]any {
		return map[string]any{"items": []any{map[string]any{"sku": sku, "quantity": quantity}}}
	}
	text := func(body string) reply {
		return b.send(http.MethodPost, b.cfg.Shop+"/orders", "application/json", []byte(body))
	}

	sku := "rehearsal"
	if len(w.cfg.Products) > 0 {
		sku = w.cfg.Products[0].SKU
	}

	var accepted []string
	for what, r := range map[string]reply{
		"an unknown product":        b.call(http.MethodPost, "/orders", cart("no such product", 1)),
		"no piece of a product":     b.call(http.MethodPost, "/orders", cart(sku, 0)),
		"minus one piece":           b.call(http.MethodPost, "/orders", cart(sku, -1)),
		"a quantity in words":       b.call(http.MethodPost, "/orders", cart(sku, "many")),
		"a price of the buyer's":    b.call(http.MethodPost, "/orders", map[string]any{"items": []any{}, "amount": 1}),
		"a body that is no JSON":    text("sku=mug"),
		"half a body":               text(`{"items":[`),
		"an e-mail without an @":    b.call(http.MethodPatch, "/orders/"+o.id, map[string]any{"email": "nobody"}),
		"a country that is none":    b.call(http.MethodPatch, "/orders/"+o.id, address("Narnia")),
		"an order that is not here": b.call(http.MethodGet, "/orders/ord_rehearsal", nil),
	} {
		if !r.refused() {
			accepted = append(accepted, what+": "+r.String())
		}
	}

	slices.Sort(accepted)
	if len(accepted) > 0 {
		return is(false, "not refused: %s", strings.Join(accepted, "; "))
	}
	return is(w.charges() == 0, "all are refused with a reason")
}

func address(country string) map[string]any {
	to := map[string]any{"name": "Rehearsal", "address": map[string]any{"country": country}}
	return map[string]any{"shipping": to}
}

func atOnce(w *walk) verdict {
	b := w.buyer()
	o := b.order()
	tokens := []string{b.token(o, cardPays), b.token(o, cardPays)}
	if w.err != nil {
		return verdict{}
	}

	tab := *w // the same browser in another tab
	other := &buyer{walk: &tab, http: b.http, ip: b.ip}
	answers := make(chan reply, 1)
	go func() { answers <- other.confirm(o, tokens[1]) }()
	first := b.confirm(o, tokens[0])
	second := <-answers
	if tab.err != nil {
		w.fail(tab.err)
	}

	for _, r := range []reply{first, second} {
		if r.status != http.StatusOK && !r.refused() {
			return is(false, "%s and %s", first, second)
		}
	}
	return w.settles(o, "")
}
