package payments

import (
	"errors"
	"reflect"
	"regexp"
	"slices"

	"checkoutd/internal/fault"
	"checkoutd/internal/idempotency"
	"checkoutd/internal/orders"
)

// maxAttempts bounds the tries to pay one order, so that an order is no tool for
// testing stolen cards (https://docs.stripe.com/disputes/prevention/card-testing).
const maxAttempts = 20

var tokenPattern = regexp.MustCompile(`^ctoken_[A-Za-z0-9_]{1,240}$`)

// errAnswered says that the token has its attempt already.
var errAnswered = errors.New("payments: this token has been sent before")

// errOutdated says that the order's intent is not over what the order is now, and that
// it cannot be changed: it must be canceled first.
var errOutdated = errors.New("payments: the order's intent must be canceled first")

// reserve adds an attempt to the state, or says why there may be none. It is
// committed before Stripe is called.
func (r rules) reserve(st *State, req ConfirmRequest, attemptID, returnURL string) error {
	for i := range st.Attempts {
		if st.Attempts[i].Params.Token == req.Token {
			return errAnswered
		}
	}
	if err := r.refuse(st, req); err != nil {
		return err
	}
	p := nextParams(st)
	p.Token, p.ReturnURL = req.Token, returnURL
	p.Metadata[MetaAttempt] = attemptID
	if st.outdated(p) != nil {
		return errOutdated
	}
	n := int64(len(st.Attempts)) + 1
	a := Attempt{
		ID: attemptID, OrderID: st.Order.ID, N: n,
		IdempotencyKey: idempotency.Attempt(attemptID),
		Params:         p,
		CreatedAt:      r.now,
	}
	a.IntentID = a.Params.IntentID
	r.move(&a, Started)
	if st.Order.Discount.Limit > 0 {
		st.Order.Discount.Held = true // the store refuses it when there is none left
	}
	st.Attempts = append(st.Attempts, a)
	st.tellBuyer(&a)
	return nil
}

func (r rules) refuse(st *State, req ConfirmRequest) error {
	o := &st.Order
	switch {
	case o.IsExpired(r.now):
		return fault.New(fault.Conflict, "order_not_open", "The time to pay this order is over. Please start a new order.")
	case o.Status == orders.Review:
		return errInReview
	case o.Status != orders.Open:
		return fault.New(fault.Conflict, "order_not_open", "This order cannot be paid any more: it is "+string(o.Status)+".")
	case st.canceling():
		return errCanceling
	case req.ExpectedAmount != nil && *req.ExpectedAmount != o.Amount:
		return amountChanged(o)
	case st.Active() != nil, st.unseen() != "":
		return ErrPaymentInProgress
	case o.Ships() && (!o.Contact.Shipping.Complete() || o.ShippingRate.ID == ""):
		return errShippingMissing
	case len(st.Attempts) >= maxAttempts:
		return errTooMany
	case o.CustomerID == "" && needsCustomer(o.Mode):
		return errNoCustomer
	}
	return nil
}

// amountChanged tells the buyer the order's total, which is not what the page showed.
func amountChanged(o *orders.Order) error {
	return fault.New(fault.Conflict, "amount_changed", "The total of this order has changed. Please look at it and pay again.").
		With("amount", o.Amount).With("currency", o.Currency)
}

// needsCustomer reports whether an order in the mode is for a customer of Stripe's.
func needsCustomer(m orders.Mode) bool { return m == orders.ModeSetup || m == orders.ModeSubscription }

// params are the exact parameters of the next attempt: on the order's intent
// while it lives, on a new one when there is none or the former is canceled.
func nextParams(st *State) Params {
	o := &st.Order
	p := Params{
		Amount: o.Amount, Currency: o.Currency, Customer: o.CustomerID,
		Options: o.Options, Contact: o.Contact,
		Metadata: map[string]string{MetaOrder: o.ID},
	}
	switch o.Mode {
	case orders.ModeSetup:
		p.Mode = o.Mode
	case orders.ModeSubscription:
		p.Mode, p.Items = o.Mode, slices.Clone(o.Items) // what is subscribed to is not sent: orders.Catalog.Ships
	}
	if in := st.living(); in != nil {
		p.IntentID = in.ID
		p.BringUpToDate = in.Amount != o.Amount || !st.createdWith(in.ID, p)
	}
	return p
}

// living points to the order's own intent that is not canceled, or is nil.
func (st *State) living() *Intent {
	for i := len(st.Intents) - 1; i >= 0; i-- {
		if in := &st.Intents[i]; in.Status != StatusCanceled && !in.Renewal {
			return in
		}
	}
	return nil
}

// pending reports whether an intent may still pay the order.
func (in *Intent) pending() bool { return !in.Status.Final() && !in.Renewal }

// outdated points to the intent that must end, with its subscription, before p may be sent,
// or is nil.
func (st *State) outdated(p Params) *Intent {
	for i := range st.Intents {
		if in := &st.Intents[i]; st.runsUnpaid(in) || in.ID == p.IntentID && !st.fits(in, p) {
			return in
		}
	}
	return nil
}

// fits reports whether the intent can be confirmed with p. Only that of a subscription cannot
// be changed (https://docs.stripe.com/billing/subscriptions/overview): what is subscribed
// to is as it was when it was created.
func (st *State) fits(in *Intent, p Params) bool {
	if p.Mode != orders.ModeSubscription {
		return true
	}
	for _, a := range st.Attempts {
		if a.IntentID == in.ID && a.Params.IntentID == "" {
			return a.Params.Amount == p.Amount && reflect.DeepEqual(a.Params.Items, p.Items)
		}
	}
	return in.Amount == p.Amount
}

// createdWith reports whether an intent was created with the amount, customer, contact and usage of
// p, and no attempt since had others. What was set later is set again before every confirm, which
// costs a call and no doubt: a refusal does not tell how far its call had come.
func (st *State) createdWith(intentID string, p Params) bool {
	created := false
	for _, a := range st.Attempts {
		if a.IntentID != intentID {
			continue
		}
		if a.Params.Amount != p.Amount || a.Params.Customer != p.Customer || !reflect.DeepEqual(a.Params.Contact, p.Contact) || a.Params.SetupFutureUsage != p.SetupFutureUsage {
			return false
		}
		created = created || a.Params.IntentID == ""
	}
	return created
}
