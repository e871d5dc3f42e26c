package payments

import (
	"cmp"
	"errors"
	"fmt"

	"checkoutd/internal/orders"
)

// source is how far a snapshot can be trusted; doc.go explains it.
type source int

const (
	asEvent source = iota
	asFresh
	asOwn
)

// ErrReadAfresh means that a snapshot differs from what is known but may be
// old: only a reading of the intent can decide.
var ErrReadAfresh = errors.New("payments: the snapshot may be old; read the intent afresh")

// settle brings a snapshot into the state. It is the only code that makes an
// order paid. If it returns ErrReadAfresh, nothing may be committed.
//
// A snapshot of another account is not about this order, whatever its IDs and
// its metadata say.
func (r rules) settle(st *State, s Snapshot, src source) error {
	if s.Account != st.Order.Account {
		return ErrNotOurs
	}

	in := st.Intent(s.ID)
	if in == nil {
		if src == asEvent && s.InvoiceID != "" {
			return ErrReadAfresh // only a reading shows which of the subscription's invoices it pays
		}
		if !st.owns(s) {
			return r.settleForeign(st, s)
		}

		in = st.linkIntent(s)
		if a := st.madeBy(s.Mark(), s.ID, s.SubscriptionID); a != nil && a.IntentID == "" {
			a.IntentID = s.ID // from now on any other intent with its mark is a copy
		}
	}

	// An invoice that is paid outside of Stripe cancels its intent, as one that
	// is void does: only a reading shows which of the two.
	if src == asEvent && s.InvoiceID != "" && s.Status == StatusCanceled && in.Status != s.Status {
		return ErrReadAfresh
	}

	if s.Subscription != nil {
		r.setSubscription(st, *s.Subscription, src)
	}

	if in.Renewal {
		return r.settleRenewal(st, in, s, src)
	}

	// An intent that does not fit its order is reviewed by a person, but its
	// news is recorded all the same. Before that, an event is not trusted.
	a := st.linkAttempt(s)
	if reason := mismatch(st, s); reason != "" {
		if src == asEvent && !s.Status.Final() {
			return ErrReadAfresh
		}

		r.review(st, reason)
	} else if amountDiffers(&st.Order, s) {
		if src == asEvent {
			return ErrReadAfresh
		}

		r.review(st, fmt.Sprintf("intent %s is for %d %s (received %d), the order for %d %s",
			s.ID, s.Amount, s.Currency, s.AmountReceived, st.Order.Amount, st.Order.Currency))
	}

	switch {
	case in.Status.Final() && s.Status.Final() && in.Status != s.Status:
		if src == asEvent {
			return ErrReadAfresh
		}

		r.review(st, fmt.Sprintf("intent %s was %s and is now %s", s.ID, in.Status, s.Status))
		return nil

	case in.Status.Final() && !s.Status.Final():
		return nil // old news
	case src == asEvent && !s.Status.Final():
		if saysNothingNew(in, a, s) {
			return nil
		}
		return ErrReadAfresh
	}

	in.update(s)
	st.setMethod(s)
	r.applyToAttempt(a, s, src)
	r.keepOpen(st, a)
	r.applyToOrder(st, in, a, s)

	return nil
}

// settleRenewal records the payment of a later invoice of the order's
// subscription. It does not touch the order, which the first invoice paid.
func (r rules) settleRenewal(st *State, in *Intent, s Snapshot, src source) error {
	switch {
	case in.Status.Final() && !s.Status.Final():
		return nil // old news
	case src == asEvent && !s.Status.Final() && !saysNothingNew(in, nil, s):
		return ErrReadAfresh
	}

	before := in.paid()
	in.update(s)

	if in.paid() && !before {
		r.happensTo(st, EffectRenewed, in.ID, string(in.Status))
		r.countMoney(st) // news of refunds may have come first
	}

	return nil
}

// linkIntent adds the intent of a snapshot to the order, in the status in which
// every intent begins.
func (st *State) linkIntent(s Snapshot) *Intent {
	st.Intents = append(st.Intents, Intent{
		ID:           s.ID,
		OrderID:      st.Order.ID,
		Status:       StatusRequiresPaymentMethod,
		ClientSecret: s.ClientSecret,
		Amount:       s.Amount,
		Currency:     s.Currency,
		Renewal:      s.Renewal,
		CreatedAt:    s.CreatedAt,
	})

	return &st.Intents[len(st.Intents)-1]
}

// update copies a snapshot into the intent. A value that only some snapshots
// carry stays if this one does not.
func (in *Intent) update(s Snapshot) {
	in.Status = s.Status
	in.Amount, in.Captured, in.Currency = s.Amount, s.AmountReceived, s.Currency
	in.ClientSecret = cmp.Or(s.ClientSecret, in.ClientSecret)
	in.SubscriptionID = cmp.Or(in.SubscriptionID, s.SubscriptionID) // it never changes
	in.PaidOutOfBand = in.PaidOutOfBand || s.PaidOutOfBand
	if !s.CaptureBefore.IsZero() {
		in.CaptureBefore = s.CaptureBefore
	}
}

// linkAttempt returns the active attempt that the intent belongs to, nil if
// there is none, and sets the attempt's IntentID.
func (st *State) linkAttempt(s Snapshot) *Attempt {
	a := st.Active()
	if a == nil {
		return nil
	}

	confirms := a.Params.IntentID == s.ID

	created := a.Params.IntentID == "" && s.AttemptID == a.ID
	if a.IntentID == "" && (confirms || created) {
		a.IntentID = s.ID
	}

	if a.IntentID != s.ID {
		return nil
	}

	return a
}

// mismatch returns why a linked intent does not fit the order, "" if it does.
// What its metadata says does not matter: the ledger knows whose it is.
// amountDiffers compares the amounts.
func mismatch(st *State, s Snapshot) string {
	o := &st.Order
	switch {
	case s.IsSetup() != o.SavesMethod():
		return fmt.Sprintf("intent %s does not fit an order in mode %s", s.ID, o.Mode)
	case s.InvoiceID != "" && o.Mode != orders.ModeSubscription:
		return fmt.Sprintf("intent %s pays invoice %s, the order has none", s.ID, s.InvoiceID)
	case s.Livemode != o.Livemode:
		return fmt.Sprintf("intent %s has livemode %t, the order %t", s.ID, s.Livemode, o.Livemode)
	case s.Currency != o.Currency && !s.IsSetup(): // a SetupIntent has none
		return fmt.Sprintf("intent %s is in %s, the order in %s", s.ID, s.Currency, o.Currency)
	}

	return misfit(st, s)
}

// captureManually is Stripe's capture_method for an intent that only holds the
// money.
const captureManually = "manual"

// amountDiffers reports whether an intent's amount contradicts the order's. An
// intent that holds no money and is not being confirmed may lag behind, because
// it is updated before its next confirm. Of a hold the shop may capture a part
// (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method), but
// never more.
func amountDiffers(o *orders.Order, s Snapshot) bool {
	switch s.Status {
	case StatusRequiresPaymentMethod, StatusRequiresConfirmation, StatusCanceled:
		return s.PaidOutOfBand && s.Amount != o.Amount
	case StatusSucceeded:
		part := s.CaptureMethod == captureManually && s.AmountReceived > 0 && s.AmountReceived < o.Amount
		return s.Amount != o.Amount || s.AmountReceived != o.Amount && !part
	default:
		return s.Amount != o.Amount
	}
}

// saysNothingNew reports whether an event that is not final only repeats what
// is known, so that no reading is needed.
func saysNothingNew(in *Intent, a *Attempt, s Snapshot) bool {
	if s.Status == StatusRequiresPaymentMethod && s.Error == nil {
		return true // it was just created
	}
	if a != nil && (a.State.Open() || a.Instructions.Funded != s.Instructions.Funded) {
		return false
	}
	return s.Status == in.Status
}

// applyToAttempt moves the attempt that an intent belongs to.
func (r rules) applyToAttempt(a *Attempt, s Snapshot, src source) {
	if a == nil {
		return
	}

	to, progressed := attemptStateOf[s.Status]

	// While the attempt's own call is open, an unpaid intent, or one that waits
	// for the buyer, may be what a previous attempt left behind; see doc.go. If
	// this attempt created the intent, there is no previous one, and an error
	// on the intent is the outcome of its own call.
	if a.State.Open() && src != asOwn && (!progressed || to == RequiresAction) {
		created := s.AttemptID == a.ID
		if !created || !progressed && s.Error == nil {
			return
		}
	}

	if progressed {
		if to == RequiresAction {
			a.Instructions = s.Instructions
		}

		r.move(a, to)
		return
	}

	r.fail(a, s.Error)
}

// applyToOrder draws the consequences of an intent's new status for the order.
func (r rules) applyToOrder(st *State, in *Intent, a *Attempt, s Snapshot) {
	o := &st.Order
	switch {
	case in.paid():
		r.pay(st, in.ID)
		r.countMoney(st) // news of refunds may have come first

		if sub := st.Subscription(in.SubscriptionID); sub != nil {
			r.tellSubscription(st, sub, "") // it may have ended before its first payment was known
		}

	case in.Status == StatusRequiresCapture:
		if o.Status.CanBecome(orders.Authorized) {
			o.Status = orders.Authorized
			r.happensTo(st, EffectAuthorized, in.ID, string(in.Status))
		} else if o.Status != orders.Authorized {
			r.review(st, fmt.Sprintf("intent %s holds money for an order that is %s", in.ID, o.Status))
		}

	case in.Status == StatusCanceled:
		if o.Status == orders.Authorized && !st.holdsMoney() {
			// The order may be paid again, with another intent.
			o.Status, o.PaymentStatus = orders.Open, orders.Unpaid
			if !st.canceling() {
				r.happensTo(st, EffectCaptureFailed, in.ID, string(in.Status)) // the hold lapsed
			}
		}
	}

	r.reviewLate(st, in.ID, s.received())
	st.releasePromotion()
	st.setBuyerStatus(a)
}

// pay marks the order paid by an intent, or hands it to a person if it cannot
// be. The ID is "" for an order that costs nothing.
func (r rules) pay(st *State, intentID string) {
	o := &st.Order
	for _, other := range st.Intents {
		if other.ID != intentID && other.paid() && !other.Renewal {
			r.review(st, fmt.Sprintf("paid twice: by intent %s and by intent %s", other.ID, intentID))
			return
		}
	}

	switch {
	case o.Status.CanBecome(orders.Paid):
		o.Status, o.PaidAt = orders.Paid, r.now
		r.happens(st, paidEffect(o.Mode))

	case o.Status != orders.Paid && o.Status != orders.Review:
		r.review(st, fmt.Sprintf("intent %s was paid when the order was %s", intentID, o.Status))
	}
}

func paidEffect(m orders.Mode) string {
	if m == orders.ModeSetup {
		return EffectSaved
	}
	return EffectPaid
}

// reviewLate hands an order that is expired or canceled to a person if money
// has arrived for it. from names the object at Stripe that shows the money.
func (r rules) reviewLate(st *State, from string, received int64) {
	if st.Order.Closed() && received > 0 {
		r.review(st, fmt.Sprintf("%d %s arrived by %s when the order was %s",
			received, st.Order.Currency, from, st.Order.Status))
	}
}

// review hands the order to a person. Only the first reason is kept.
func (r rules) review(st *State, reason string) {
	o := &st.Order
	if !o.Status.CanBecome(orders.Review) {
		return
	}

	o.Status, o.ReviewReason = orders.Review, reason
	r.happens(st, EffectReview)
	st.setBuyerStatus(nil)
}
