package pages

import "net/http"

// CompleteView is what the server knows of the order when the buyer comes back
// from paying.
type CompleteView struct {
	Order Order
}

// pageData is what every page's script gets at least.
type pageData struct {
	Lang   string `json:"lang"`
	Locale string `json:"locale"`
}

// knownData is what the script of a page gets that says how an order stands. It
// asks GET /orders/{id} until that differs from Status and PaymentStatus, and
// then loads the page that has the words for it.
type knownData struct {
	pageData
	OrderID       string `json:"orderId"`
	Status        string `json:"status"`
	PaymentStatus string `json:"paymentStatus"`
	Poll          string `json:"poll"` // "fast", "slow" or "" when nothing will change
}

// completePage is what complete.html takes.
type completePage struct {
	Order    orderView
	State    string
	Says     stateTexts
	Message  string // Stripe's words on a failure
	Receipt  bool   // the order is paid: show date and print button
	Setup    bool   // a method is saved, nothing is paid
	Waiting  bool   // it may change any moment: show the spinner
	Checkout string // address of the form, where going back there helps
	GoBack   string // and the words for it
}

// refreshSeconds is how often a browser without scripts asks again.
const refreshSeconds = 5

// pollOf is the pace at which a page asks whether the order has moved on from a
// completeState: fast where that takes seconds, slow where it may take days.
func pollOf(state string) string {
	switch state {
	case "checking", "requires_action":
		return "fast"
	case "processing", "unpaid", "failed":
		return "slow"
	}
	return ""
}

// Complete writes the page that the buyer sees after the payment.
func (p *Pages) Complete(w http.ResponseWriter, r *http.Request, v CompleteView) error {
	loc := localeOf(r)
	t := loc.texts.Complete
	o := v.Order
	state := completeState(o)
	view := completePage{Order: p.orderView(loc, o), State: state, Says: loc.texts.statesFor(o.Mode)[state]}
	view.Setup = o.Mode == modeSetup
	poll := pollOf(state)
	view.Waiting = poll == "fast"
	switch state {
	case "requires_action":
		view.Checkout, view.GoBack = checkoutURL(o.ID), loc.texts.Checkout.forMode(o.Mode).Resume
	case "unpaid", "failed":
		view.Checkout, view.GoBack = checkoutURL(o.ID), t.TryAgain
		if state == "failed" {
			view.Message = loc.refusal(o.Refusal)
		}
	case "paid", "refunded", "partly_refunded":
		view.Receipt = true
	}
	pg := p.page(loc, "complete", view.Says.Title)
	if view.Waiting {
		pg.Refresh = refreshSeconds
	}
	pg.Script, pg.View = "complete.js", view
	pg.Data = knownData{pageData{loc.lang, loc.tag}, o.ID, o.Status, o.PaymentStatus, poll}
	return p.render(w, http.StatusOK, pg)
}

// completeState is the key of the texts. The order's own state counts first:
// an order that is paid is paid, whatever a late attempt says.
func completeState(o Order) string {
	switch {
	case o.Status == "review" || o.PaymentStatus == "review":
		return "review"
	case o.PaymentStatus == "refunded":
		return "refunded"
	case o.PaymentStatus == "partially_refunded":
		return "partly_refunded"
	case o.Status == "paid" && o.Mode == modeSetup:
		return "saved"
	case o.Status != "open":
		return o.Status
	}
	switch o.PaymentStatus {
	case "checking", "requires_action", "processing", "failed", "unpaid":
		return o.PaymentStatus
	}
	return "checking" // paid or authorized, and the order is about to follow
}
