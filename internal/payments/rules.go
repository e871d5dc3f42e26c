package payments

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"checkoutd/internal/orders"
)

// How much a snapshot is to be trusted; doc.go tells why.
type source int

const (
	asEvent source = iota
	asFresh
	asOwn
)

// errReadAfresh says that a snapshot may be old and differs from what is
// known: only a reading of the intent can tell.
var errReadAfresh = errors.New("payments: the snapshot may be old; read the intent afresh")

// rules are the pure part of payments: they change a State and call nobody.
type rules struct {
	now          time.Time
	unknownAfter time.Duration
}

// settle brings what a snapshot says into the state. It is the only code that
// makes an order paid. errReadAfresh means that nothing may be committed.
func (r rules) settle(st *State, s Snapshot, src source) error {
	in := st.Intent(s.ID)
	if in == nil {
		if src == asEvent && s.InvoiceID != "" {
			return errReadAfresh // only a reading tells which of its subscription's invoices it pays
		}
		st.Intents = append(st.Intents, Intent{ID: s.ID, OrderID: st.Order.ID, CreatedAt: s.CreatedAt,
			Status: StatusRequiresPaymentMethod, // where every intent begins
			Amount: s.Amount, Currency: s.Currency, ClientSecret: s.ClientSecret, Renewal: s.Renewal})
		in = &st.Intents[len(st.Intents)-1]
	}
	if s.Subscription != nil {
		r.setSubscription(st, *s.Subscription, src)
	}
	if in.Renewal {
		return r.settleRenewal(st, in, s, src)
	}
	a := r.attemptOf(st, s)
	if reason := mismatch(&st.Order, s); reason != "" {
		if src == asEvent && !s.Status.Final() {
			return errReadAfresh
		}
		r.review(st, reason)
	} else if amountDiffers(&st.Order, s) {
		if src == asEvent {
			return errReadAfresh
		}
		r.review(st, fmt.Sprintf("intent %s is over %d %s (received %d), the order over %d %s",
			s.ID, s.Amount, s.Currency, s.AmountReceived, st.Order.Amount, st.Order.Currency))
	}
	switch {
	case in.Status.Final() && s.Status.Final() && in.Status != s.Status:
		if src == asEvent {
			return errReadAfresh
		}
		r.review(st, fmt.Sprintf("intent %s was %s and is now %s", s.ID, in.Status, s.Status))
		return nil
	case in.Status.Final() && !s.Status.Final():
		return nil // old news
	case src == asEvent && !s.Status.Final():
		if saysNothingNew(in, a, s) {
			return nil
		}
		return errReadAfresh
	}
	in.take(s)
	r.applyToAttempt(a, s, src)
	r.applyToOrder(st, in, a)
	return nil
}

// settleRenewal records the payment of a later invoice of the order's subscription. It is
// news of the subscription alone: whatever becomes of it, the order was paid by the first.
func (r rules) settleRenewal(st *State, in *Intent, s Snapshot, src source) error {
	switch {
	case in.Status.Final() && !s.Status.Final():
		return nil // old news
	case src == asEvent && !s.Status.Final() && !saysNothingNew(in, nil, s):
		return errReadAfresh
	}
	in.take(s)
	return nil
}

// take copies what a snapshot says. What only some snapshots tell stays when this one
// does not.
func (in *Intent) take(s Snapshot) {
	in.Status, in.Amount, in.Captured, in.Currency = s.Status, s.Amount, s.AmountReceived, s.Currency
	in.ClientSecret = cmp.Or(s.ClientSecret, in.ClientSecret)
	in.SubscriptionID = cmp.Or(s.SubscriptionID, in.SubscriptionID)
	if !s.CaptureBefore.IsZero() {
		in.CaptureBefore = s.CaptureBefore
	}
}

// attemptOf finds the active attempt that the intent belongs to and names the
// intent in it.
func (r rules) attemptOf(st *State, s Snapshot) *Attempt {
	a := st.Active()
	if a == nil {
		return nil
	}
	if a.IntentID == "" && (a.Params.IntentID == s.ID || a.Params.IntentID == "" && s.AttemptID == a.ID) {
		a.IntentID = s.ID
	}
	if a.IntentID != s.ID {
		return nil
	}
	return a
}

// mismatch says what in a snapshot cannot belong to the order, or "". The amount is
// amountDiffers' business.
func mismatch(o *orders.Order, s Snapshot) string {
	switch {
	case s.OrderID != "" && s.OrderID != o.ID:
		return fmt.Sprintf("intent %s belongs to order %s", s.ID, s.OrderID)
	case s.IsSetup() != (o.Mode == orders.ModeSetup):
		return fmt.Sprintf("intent %s is not what an order in mode %s asks for", s.ID, o.Mode)
	case s.Livemode != o.Livemode:
		return fmt.Sprintf("intent %s has livemode %t, the order %t", s.ID, s.Livemode, o.Livemode)
	case s.Currency != o.Currency && !s.IsSetup(): // which has none
		return fmt.Sprintf("intent %s is in %s, the order in %s", s.ID, s.Currency, o.Currency)
	case s.CustomerID != "" && s.CustomerID != o.CustomerID:
		return fmt.Sprintf("intent %s is of customer %s, the order of %q", s.ID, s.CustomerID, o.CustomerID)
	}
	return ""
}

// amountDiffers compares the money. An intent that holds none and asks for none
// is brought up to date before its next confirm, so its amount may lag behind. Of a hold
// the shop may take a part
// (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method); never more.
func amountDiffers(o *orders.Order, s Snapshot) bool {
	switch s.Status {
	case StatusRequiresPaymentMethod, StatusRequiresConfirmation, StatusCanceled:
		return false
	case StatusSucceeded:
		part := s.CaptureMethod == captureManually && s.AmountReceived > 0 && s.AmountReceived < o.Amount
		return s.Amount != o.Amount || s.AmountReceived != o.Amount && !part
	default:
		return s.Amount != o.Amount
	}
}

// captureManually is Stripe's capture_method of an intent that only holds the money.
const captureManually = "manual"

// saysNothingNew reports whether an event that is not final only repeats what
// is known, so that nobody need be asked.
func saysNothingNew(in *Intent, a *Attempt, s Snapshot) bool {
	if s.Status == StatusRequiresPaymentMethod && s.Error == nil {
		return true // just created
	}
	return s.Status == in.Status && (a == nil || !a.State.Open())
}

// stateOf is the state of an attempt whose intent has the status.
var stateOf = map[Status]AttemptState{
	StatusRequiresAction:  RequiresAction,
	StatusProcessing:      Processing,
	StatusRequiresCapture: RequiresCapture,
	StatusSucceeded:       Succeeded,
	StatusCanceled:        Canceled,
}

func (r rules) applyToAttempt(a *Attempt, s Snapshot, src source) {
	if a == nil {
		return
	}
	to, further := stateOf[s.Status]
	// While the attempt's own call is open, an unpaid intent and one that waits for the
	// buyer may be what a former attempt left; see doc.go. An attempt that made the
	// intent has no former one: there an error tells of its own call.
	if a.State.Open() && src != asOwn && (!further || to == RequiresAction) {
		if made := s.AttemptID == a.ID; !made || !further && s.Error == nil {
			return
		}
	}
	if further {
		r.move(a, to)
		return
	}
	r.fail(a, s.Error)
}

func (r rules) fail(a *Attempt, e *StripeError) {
	if e != nil {
		a.ErrorType, a.ErrorCode, a.DeclineCode, a.Message = e.Type, e.Code, e.DeclineCode, e.Message
	}
	r.move(a, Failed)
}

// move sets an attempt's state and when the resolver looks at it again.
func (r rules) move(a *Attempt, to AttemptState) {
	if a.State != to {
		a.Checks = 0
	}
	a.State = to
	a.CheckAt = time.Time{}
	if to.Active() {
		a.CheckAt = r.now.Add(r.patience(to, a.Checks))
	}
}

// doubt leaves an attempt unknown and says when it is looked at again.
func (r rules) doubt(a *Attempt) {
	a.State, a.CheckAt = Unknown, r.now.Add(r.patience(Unknown, a.Checks))
	a.Checks++
}

// applyToOrder draws the consequences of an intent's new status for the order.
func (r rules) applyToOrder(st *State, in *Intent, a *Attempt) {
	o := &st.Order
	switch in.Status {
	case StatusSucceeded:
		r.pay(st, in)
		st.countMoney() // the news of refunds may have come first
	case StatusRequiresCapture:
		if o.Status.CanBecome(orders.Authorized) {
			o.Status = orders.Authorized
		} else if o.Status != orders.Authorized {
			r.review(st, fmt.Sprintf("intent %s holds money for an order that is %s", in.ID, o.Status))
		}
	case StatusCanceled:
		if o.Status == orders.Authorized && !st.holdsMoney() {
			o.Status, o.PaymentStatus = orders.Open, orders.Unpaid // it may be paid again, on another intent
		}
	}
	st.tellBuyer(a)
}

// pay makes the order paid by the intent, or calls a person if it cannot.
func (r rules) pay(st *State, in *Intent) {
	o := &st.Order
	for _, other := range st.Intents {
		if other.ID != in.ID && other.Status == StatusSucceeded && !other.Renewal {
			r.review(st, fmt.Sprintf("paid twice: by intent %s and by intent %s", other.ID, in.ID))
			return
		}
	}
	switch {
	case o.Status.CanBecome(orders.Paid):
		o.Status, o.PaidAt = orders.Paid, r.now
		st.Effects = append(st.Effects, Effect{OrderID: o.ID, Kind: paidEffect(o.Mode), CreatedAt: r.now})
	case o.Status != orders.Paid && o.Status != orders.Review:
		r.review(st, fmt.Sprintf("intent %s was paid when the order was %s", in.ID, o.Status))
	}
}

func paidEffect(m orders.Mode) string {
	if m == orders.ModeSetup {
		return EffectSaved
	}
	return EffectPaid
}

// review hands the order to a person, once, with the first reason.
func (r rules) review(st *State, reason string) {
	o := &st.Order
	if !o.Status.CanBecome(orders.Review) {
		return
	}
	o.Status, o.ReviewReason = orders.Review, reason
	st.Effects = append(st.Effects, Effect{OrderID: o.ID, Kind: EffectReview, CreatedAt: r.now})
	st.tellBuyer(nil)
}

func (st *State) holdsMoney() bool {
	for _, in := range st.Intents {
		if !in.Renewal && (in.Status == StatusRequiresCapture || in.Status == StatusSucceeded) {
			return true
		}
	}
	return false
}
