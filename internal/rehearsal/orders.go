package rehearsal

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// order is an order as the buyer's page knows it.
type order struct {
	id, mode, reuse string
	amount          float64
	ships           bool
}

func orderOf(r reply) order {
	o := order{id: r.text("id"), mode: r.text("mode"), reuse: r.text("setup_future_usage")}
	o.amount, _ = r.body["amount"].(float64)
	o.ships, _ = r.body["ships"].(bool)
	return o
}

// order orders something to pay for once: the first product of the catalog for
// which there is something to pay, or else something of the shop's backend.
func (b *buyer) order() order {
	for _, p := range b.cfg.Products {
		if p.Recurring {
			continue
		}
		if o := b.orderOf(p.SKU); o.amount > 0 {
			return b.addressed(o)
		}
	}

	created := b.backend(http.MethodPost, "/v1/orders", map[string]any{
		"items": []any{map[string]any{"name": "Rehearsal", "unit_amount": 2000}},
	})
	return b.opened(created)
}

// opened opens an order of the shop's backend by its address, as its buyer.
func (b *buyer) opened(created reply) order {
	at, err := url.Parse(created.text("url"))
	if b.err == nil && (err != nil || created.status != http.StatusCreated) {
		b.fail(fmt.Errorf("the shop's backend cannot create an order: %s", created))
	}
	if b.err != nil {
		return order{}
	}

	b.send(http.MethodGet, b.cfg.Shop+at.RequestURI(), "", nil)
	return b.addressed(b.read(created.text("id")))
}

// orderOf orders one piece of a product.
func (b *buyer) orderOf(sku string) order {
	r := b.call(http.MethodPost, "/orders", map[string]any{"items": []any{map[string]any{"sku": sku, "quantity": 1}}})
	if b.err == nil && r.status != http.StatusCreated {
		b.fail(fmt.Errorf("%s cannot be ordered: %s", sku, r))
	}
	return orderOf(r)
}

// read reads an order as its page does.
func (b *buyer) read(id string) order { return orderOf(b.call(http.MethodGet, "/orders/"+id, nil)) }

// addressed says where an order is to be shipped, if it is, and how.
func (b *buyer) addressed(o order) order {
	if !o.ships || b.err != nil {
		return o
	}

	r := b.call(http.MethodGet, "/orders/"+o.id, nil)
	country := "US"
	if list, _ := r.body["shipping_countries"].([]any); len(list) > 0 && !slices.Contains(list, any(country)) {
		country, _ = list[0].(string)
	}

	r = b.call(http.MethodPatch, "/orders/"+o.id, map[string]any{
		"email": rehearsalEmail,
		"shipping": map[string]any{"name": "Rehearsal", "phone": "+15555550100", "address": map[string]any{
			"line1": "1 Rehearsal Street", "city": "San Francisco", "state": "CA", "postal_code": "94107",
			"country": country,
		}},
	})
	if rates, _ := r.body["shipping_rates"].([]any); len(rates) > 0 && r.body["shipping_rate"] == nil {
		rate, _ := rates[0].(map[string]any)
		r = b.call(http.MethodPatch, "/orders/"+o.id, map[string]any{"shipping_rate": rate["id"]})
	}
	if b.err == nil && r.status != http.StatusOK {
		b.fail(fmt.Errorf("the order takes no address: %s", r))
	}

	return b.read(o.id)
}

// confirm pays an order with a token.
func (b *buyer) confirm(o order, token string) reply {
	return b.call(http.MethodPost, "/create-confirm-intent",
		map[string]any{"orderId": o.id, "confirmationTokenId": token, "termsAccepted": true})
}

// pay pays an order with a card.
func (b *buyer) pay(o order, card string) reply { return b.confirm(o, b.token(o, card)) }

// state is what the shop's backend sees of an order.
type state struct {
	status, payment, review string
	refunded                float64
}

// String returns the state in words.
func (s state) String() string {
	text := "the order is " + s.status + ", its payment " + s.payment
	if s.review != "" {
		text += " (" + s.review + ")"
	}
	return text
}

// settled reports whether the order has its money: taken, or held where it is
// captured later.
func (s state) settled() bool {
	return s.status == "paid" || s.status == "authorized" || s.payment == "paid" || s.payment == "authorized"
}

// unpaid reports whether the order can be paid, and nothing says that it was.
func (s state) unpaid() bool {
	return s.status == "open" && slices.Contains([]string{"unpaid", "failed", "requires_action"}, s.payment)
}

func (w *walk) state(o order) (s state) {
	r := w.backend(http.MethodGet, "/v1/orders/"+o.id, nil)
	s = state{status: r.text("status"), payment: r.text("payment_status"), review: r.text("review_reason")}
	s.refunded, _ = r.body["amount_refunded"].(float64)
	return s
}

// settles waits until an order has its money, and says what became of it: it
// must have been charged once.
func (w *walk) settles(o order, before string) verdict {
	var s state
	w.until(func() bool { s = w.state(o); return s.settled() || s.status == "review" })

	n := w.charges()
	return is(s.settled() && n == 1, "%s%s; Stripe has charged %s", before, s, times(n))
}

// times returns how often in words.
func times(n int) string {
	switch n {
	case 0:
		return "nothing"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// unchargedAfter returns a verdict on an order that must not be charged.
func (w *walk) unchargedAfter(o order, r reply) verdict {
	s, n := w.state(o), w.charges()
	return is(r.refused() && s.unpaid() && n == 0, "%s; %s; Stripe has charged %s", r, s, times(n))
}

// entries returns the entries of an order's timeline of a kind.
func (w *walk) entries(o order, kind string) (texts []string) {
	r := w.backend(http.MethodGet, "/v1/orders/"+o.id+"/timeline", nil)
	list, _ := r.body["data"].([]any)
	for _, e := range list {
		if e, ok := e.(map[string]any); ok && e["kind"] == kind {
			text, _ := e["text"].(string)
			texts = append(texts, strings.TrimSpace(text))
		}
	}

	return texts
}
