package pages

import (
	"cmp"
	"net/http"

	"checkoutd/internal/orders"
	"checkoutd/internal/texts"
)

// returnedPage is the view of returned.html.
type returnedPage struct {
	State string // as completeState returns it, "unknown" without a valid secret
	Texts texts.State
	Note  string
	// Continue is where the shop wants the buyer to go on, "" for nowhere.
	Continue string
	// Shop is where the buyer can begin again, "" where that might pay twice.
	Shop string
}

// ServeReturned is GET /complete in a browser that does not hold the order's
// cookie: a bank's app sent the buyer to another one, or cookies are blocked.
// With the client secret that Stripe appends to the address it shows the
// outcome, the way on to the shop, and nothing of the order. Without, it says
// that a payment is safe. It invites to pay again only where nothing was paid.
func (p *Pages) ServeReturned(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	secret := cmp.Or(query.Get("payment_intent_client_secret"), query.Get("setup_intent_client_secret"))
	o, known, err := p.cfg.Payments.OrderBySecret(r.Context(), secret)
	if err != nil {
		return err
	}

	var order orders.View
	if known {
		order = p.cfg.Orders.View(r.Context(), o)
	}

	loc := p.localeFor(r, order)
	t := loc.texts.Complete
	view := returnedPage{State: "unknown", Texts: t.Elsewhere}
	status, refresh := http.StatusNotFound, 0

	if known {
		view.State, status = completeState(order), http.StatusOK
		view.Texts, view.Note = loc.texts.StatesFor(formMode(order))[view.State], t.DetailsElsewhere
		view.Continue = continueURL(order)

		switch view.State {
		case "unpaid", "failed", "expired", "canceled":
			view.Shop = backURL(order)
		}

		if pollOf(view.State) == "fast" {
			refresh = refreshSeconds
		}
	}

	pg := p.page(loc, "returned", view.Texts.Title)
	pg.Refresh, pg.View = refresh, view
	return p.render(w, status, pg)
}

// renderLost says that the browser cannot open an order, and where the buyer
// goes on: to the receipt, or to the shop, where the cart still is. It shows
// the same whether or not there is such an order.
func (p *Pages) renderLost(w http.ResponseWriter, r *http.Request) error {
	loc := p.localeOf(r)
	t := loc.texts.Complete.Lost
	pg := p.page(loc, "returned", t.Title)
	pg.View = returnedPage{State: "lost", Texts: t, Shop: shopURL}
	return p.render(w, http.StatusNotFound, pg)
}
