package pages

import (
	"context"
	"net/http"

	"checkoutd/internal/orders"
	"checkoutd/internal/texts"
)

// pageData is the data that every page's script gets.
type pageData struct {
	Lang   string `json:"lang"`
	Locale string `json:"locale"`
}

// knownData is the data for scripts of pages that show the state of an order.
// The script polls GET /orders/{id} until the answer differs from Status and
// PaymentStatus, then loads the page that has the texts for the new state.
type knownData struct {
	pageData
	OrderID       string               `json:"orderId"`
	Status        orders.Status        `json:"status"`
	PaymentStatus orders.PaymentStatus `json:"paymentStatus"`
	Poll          string               `json:"poll"`    // "fast", "slow" or "" when nothing will change
	Address       string               `json:"address"` // of the page, without what Stripe adds to it
}

func (p *Pages) knownData(loc locale, o orders.View, poll string) knownData {
	return knownData{
		pageData:      pageData{loc.lang, loc.tag},
		OrderID:       o.ID,
		Status:        o.Status,
		PaymentStatus: o.PaymentStatus,
		Poll:          poll,
		Address:       completeURL(o.ID),
	}
}

// completePage is the view of complete.html.
type completePage struct {
	Order    orderView
	State    string
	Texts    texts.State
	More     receiptView
	Message  string // Stripe's words on a failure
	Receipt  bool   // the order is paid: show date and print button
	Setup    bool   // a method is saved, nothing is paid
	Free     bool   // the order cost nothing
	Waiting  bool   // it may change any moment: show the spinner
	Checkout string // address of the form, where going back there helps
	GoBack   string // and the words for it
	Continue string // where the shop wants the buyer to go on, "" for nowhere
	// Instructions are what the buyer has to do elsewhere, nil for nothing.
	Instructions *instructionsView
}

// refreshSeconds is how often a browser without scripts reloads the page.
const refreshSeconds = 5

// pollOf returns how fast a page polls for the order to leave a state that
// completeState returned: fast if that takes seconds, slow if it may take days.
func pollOf(state string) string {
	switch state {
	case "checking", "requires_action":
		return "fast"
	case "processing", "unpaid", "failed", awaiting:
		return "slow"
	}
	return ""
}

// ServeComplete is GET /complete, to which buyers return after a payment. It
// ignores what Stripe adds to the address: the page shows what the server
// knows. A buyer with nothing left to do goes on to the shop's own page, if it
// named one, and sees the receipt otherwise.
func (p *Pages) ServeComplete(w http.ResponseWriter, r *http.Request) error {
	opened, err := p.opened(r, r.URL.Query().Get("order"))
	if err != nil {
		return err
	}

	if to := p.redirectURL(opened.view); to != "" {
		redirect(w, r, to)
		return nil
	}

	return p.renderComplete(w, r, opened, completeURL(opened.ID))
}

// renderComplete shows the buyer all of an order at the address, which is that
// of the page without keys and secrets.
func (p *Pages) renderComplete(w http.ResponseWriter, r *http.Request, opened openedOrder, address string) error {
	o := opened.view
	loc := p.localeFor(r, o)
	allowPictures(w.Header(), o)
	t := loc.texts.Complete
	state := completeState(o)

	todo, err := p.instructions(r.Context(), loc, o)
	if err != nil {
		return err
	}

	poll := pollOf(state)
	if todo != nil && todo.slow {
		poll = pollOf(awaiting)
	}

	view, err := p.completePage(r.Context(), loc, o, false)
	if err != nil {
		return err
	}

	view.Waiting = poll == "fast"

	switch {
	case todo != nil:
		view.State, view.Instructions = awaiting, todo
		view.Texts = texts.State{Title: todo.Title, Text: todo.Text}
		view.Checkout, view.GoBack = checkoutURL(o.ID), loc.texts.Checkout.ForMode(formMode(o)).PayAnotherWay

	case state == "requires_action":
		view.Checkout, view.GoBack = checkoutURL(o.ID), loc.texts.Checkout.ForMode(formMode(o)).Resume
	case state == "unpaid", state == "failed":
		view.Checkout, view.GoBack = checkoutURL(o.ID), t.TryAgain
		if state == "failed" {
			view.Message = loc.refusal(opened.refusal.Fault)
		}
	}

	pg := p.page(loc, "complete", view.Texts.Title)
	pg.Back, view.Continue = backURL(o), continueURL(o)

	if view.Waiting {
		pg.Refresh = refreshSeconds
	}

	data := p.knownData(loc, o, poll)
	data.Address = address
	pg.Script, pg.View, pg.Data = "complete.js", view, data

	return p.render(w, http.StatusOK, pg)
}

// completePage returns what the page says of an order to everybody who may see
// its receipt. guest: it may be somebody else than the buyer.
func (p *Pages) completePage(
	ctx context.Context, loc locale, o orders.View, guest bool,
) (view completePage, err error) {
	state := completeState(o)
	view = completePage{
		Order: p.orderView(loc, o),
		State: state,
		Texts: loc.texts.StatesFor(formMode(o))[state],
		Setup: o.Mode == orders.ModeSetup,
		Free:  isFree(o),
	}

	switch state {
	case "paid", "refunded", "partly_refunded":
		view.Receipt = true
	}

	if view.Free && (state == "paid" || state == "unpaid") {
		view.Texts = loc.texts.Complete.States["free_"+state]
	}

	if view.Receipt && !view.Free && view.Order.Charged == nil {
		view.Order.TotalName = loc.texts.Receipt.Charged
	}

	view.More, err = p.receipt(ctx, loc, o, guest)
	return view, err
}

// completeState returns the key of the texts. The order's own state counts
// first: an order that is paid is paid, whatever happened to a late attempt.
func completeState(o orders.View) string {
	switch {
	case o.Status == orders.Review || o.PaymentStatus == orders.PaymentReview:
		return "review"
	case o.PaymentStatus == orders.Refunded:
		return "refunded"
	case o.PaymentStatus == orders.PartiallyRefunded:
		return "partly_refunded"
	case o.Status == orders.Paid && o.Mode == orders.ModeSetup:
		return "saved"
	case o.Status != orders.Open:
		return string(o.Status)
	}

	switch o.PaymentStatus {
	case orders.Checking, orders.RequiresAction, orders.Processing, orders.PaymentFailed, orders.Unpaid:
		return string(o.PaymentStatus)
	}

	return "checking" // paid or authorized, and the order is about to follow
}
