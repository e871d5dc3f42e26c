package pages

import "net/http"

// CheckoutView is the order that is to be paid.
type CheckoutView struct {
	Order Order
}

// checkoutData is what checkout.js gets. The payment options come from
// GET /config.
type checkoutData struct {
	Lang        string            `json:"lang"`
	Locale      string            `json:"locale"`
	Live        bool              `json:"live"`
	OrderID     string            `json:"orderId"`
	Amount      int64             `json:"amount"`
	Currency    string            `json:"currency"`
	Decimals    int               `json:"decimals"`
	CompleteURL string            `json:"completeUrl"`
	ScriptURL   string            `json:"scriptUrl"`
	Texts       checkoutTexts     `json:"texts"`
	Errors      map[string]string `json:"errors"`
	Declines    map[string]string `json:"declines"`
}

// stateData is what checkout-state.js gets.
type stateData struct {
	knownData
	CompleteURL string `json:"completeUrl"`
}

// checkoutPage is what checkout.html takes. State is empty while the order can
// be paid; otherwise the page says State instead of showing the form.
type checkoutPage struct {
	Order     orderView
	Pay       string
	State     string
	Says      stateTexts
	Link      string // where State sends the buyer
	LinkText  string
	Message   string // the last refusal
	TestCards []testCard
}

// testCard is one of the sandbox's cards: https://docs.stripe.com/testing
type testCard struct{ Number, Does string }

// Checkout writes the checkout: the form while the order can be paid, and
// otherwise what has become of the order.
func (p *Pages) Checkout(w http.ResponseWriter, r *http.Request, v CheckoutView) error {
	loc := localeOf(r)
	t := loc.texts.Checkout
	view := checkoutPage{Order: p.orderView(loc, v.Order), State: checkoutState(v.Order)}
	pg := p.page(loc, "checkout", t.Title)
	if view.State != "" {
		view.Says = t.States[view.State]
		view.Link, view.LinkText = completeURL(v.Order.ID), t.States["link"].Text
		if view.State == "expired" || view.State == "canceled" {
			view.Link, view.LinkText = shopURL, loc.texts.Common.BackToShop
		}
		known := knownData{pageData{loc.lang, loc.tag}, v.Order.ID, v.Order.Status, v.Order.PaymentStatus, pollOf(completeState(v.Order))}
		if known.Poll == "fast" {
			pg.Refresh = refreshSeconds
		}
		pg.Script, pg.View = "checkout-state.js", view
		pg.Data = stateData{known, completeURL(v.Order.ID)}
		return p.render(w, http.StatusOK, pg)
	}
	total := view.Order.Total
	view.Pay = fill(t.Pay, "total", total.Text)
	view.Message = loc.refusal(v.Order.Refusal)
	if p.cfg.Sandbox {
		view.TestCards = []testCard{
			{"4242 4242 4242 4242", t.CardPays},
			{"4000 0025 0000 3155", t.CardAsks},
			{"4000 0000 0000 0002", t.CardDeclines},
			{"4000 0000 0000 9995", t.CardNoFunds},
		}
	}
	pg.Script, pg.Stripe, pg.View = "checkout.js", p.cfg.ScriptURL, view
	pg.Data = checkoutData{
		Lang: loc.lang, Locale: loc.tag, Live: p.cfg.Live, OrderID: v.Order.ID,
		Amount: total.Minor, Currency: total.Currency, Decimals: total.Decimals,
		CompleteURL: completeURL(v.Order.ID), ScriptURL: p.cfg.ScriptURL,
		Texts: t, Errors: loc.texts.Errors.ByCode, Declines: loc.texts.Errors.ByDecline,
	}
	return p.render(w, http.StatusOK, pg)
}

// checkoutState is "" while the buyer may pay. A payment that waits for the
// buyer's bank is among those: the script then offers to go on with it.
func checkoutState(o Order) string {
	switch o.Status {
	case "open":
		switch o.PaymentStatus {
		case "checking", "processing":
			return "progress"
		}
		return ""
	case "paid", "authorized", "expired", "canceled":
		return o.Status
	}
	return "review"
}
