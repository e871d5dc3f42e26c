package payments

import (
	"context"
	"fmt"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
)

// ForeignPayment is money that names an order, but that no attempt of the order
// took: another integration copied our metadata, or the ledger lost the attempt
// when its database was restored. A person decides: adopt it or refund it. It
// does not pay the order and does not close it to its buyer.
type ForeignPayment struct {
	ID        string // of the row: an intent may name several orders over time
	OrderID   string
	IntentID  string
	Status    Status // succeeded, requires_capture, or what became of it: canceled or refunded
	Amount    int64  // taken or held, in minor units
	Currency  string
	Adopted   bool      // by a person: it is the order's now
	CreatedAt time.Time // when it was found
	UpdatedAt time.Time
}

// Open reports whether the money is still taken or held, so that a person has
// to decide.
func (f *ForeignPayment) Open() bool {
	return !f.Adopted && (f.Status == StatusSucceeded || f.Status == StatusRequiresCapture)
}

// outlasts reports whether an intent in status s never takes the status next
// any more, so that next is old news.
func (s Status) outlasts(next Status) bool {
	switch s {
	case statusRefunded:
		return true
	case StatusRequiresCapture:
		return !next.Final() && next != s
	}
	return s.Final() && next != s
}

// statusRefunded is the status of money of others that was given back. Stripe
// leaves its intent succeeded.
const statusRefunded Status = "refunded"

// SettleForeignRefund records that money which no attempt of the order took was
// given back, so that nobody has to decide about it any more, and marks claim
// as done. The error is ErrNotOurs if the order has no such money.
func (s *Service) SettleForeignRefund(ctx context.Context, orderID, intentID string, claim *queue.Claim) error {
	return s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
		known := find(st.ForeignPayments, func(f *ForeignPayment) bool { return f.IntentID == intentID })
		if known == nil {
			return ErrNotOurs
		}

		known.Status = statusRefunded
		return nil
	})
}

// settleForeign records an intent that names the order although no attempt made
// it. One that has taken nothing is none of ours, and is never linked. The
// error is ErrNotOurs if nothing changes.
func (r rules) settleForeign(st *State, s Snapshot) error {
	known := find(st.ForeignPayments, func(f *ForeignPayment) bool { return f.IntentID == s.ID })
	if known != nil {
		if known.Status.outlasts(s.Status) {
			return nil // old news
		}

		known.Status, known.Amount = s.Status, max(known.Amount, s.AmountReceived)
		return nil
	}

	amount := s.AmountReceived
	if s.Status == StatusRequiresCapture {
		amount = s.Capturable
	}

	holds := s.Status == StatusRequiresCapture || s.Status == StatusSucceeded && amount > 0
	if !holds || !s.names(&st.Order) {
		return ErrNotOurs
	}

	st.ForeignPayments = append(st.ForeignPayments, ForeignPayment{
		ID:        st.Order.ID + "/" + s.ID,
		OrderID:   st.Order.ID,
		IntentID:  s.ID,
		Status:    s.Status,
		Amount:    amount,
		Currency:  s.Currency,
		CreatedAt: r.now,
	})

	r.happensTo(st, EffectForeign, s.ID, string(s.Status))
	return nil
}

// names reports whether the metadata of an intent, or of its subscription,
// names the order, in the order's account.
func (s Snapshot) names(o *orders.Order) bool {
	if s.Account != o.Account {
		return false
	}
	return s.OrderID == o.ID || s.Subscription != nil && s.Subscription.Mark.OrderID == o.ID
}

// owns reports whether the ledger knows who made an intent that is not linked
// yet: an attempt, or a subscription that an attempt began.
func (st *State) owns(s Snapshot) bool {
	if st.madeBy(s.Mark(), s.ID, s.SubscriptionID) != nil {
		return true
	}
	if s.SubscriptionID == "" || s.IsSetup() && s.Subscription == nil { // a SetupIntent has it from its metadata
		return false
	}
	return st.Subscription(s.SubscriptionID) != nil ||
		s.Subscription != nil && st.madeBy(s.Subscription.Mark, "", s.SubscriptionID) != nil
}

// linkAnswer links the intent that Stripe returned for an attempt's own call.
// That it is the order's needs no other proof.
func (st *State) linkAnswer(a *Attempt, s Snapshot) {
	if st.Intent(s.ID) == nil {
		st.linkIntent(s)
	}
	if a.IntentID == "" {
		a.IntentID = s.ID
	}
}

// misfit returns why an intent differs from what the order's attempts asked
// for, "" if it does not. Only what somebody else changed at Stripe differs. An
// attempt may have been made before the order got its customer, or under other
// options, so the intent must agree with one of those that used it.
func misfit(st *State, s Snapshot) string {
	o := &st.Order
	customer := s.CustomerID == o.CustomerID
	capture := s.holdsOnly() == (o.Options.CaptureMethod == captureManually)

	// The SetupIntent of a trial is made by Stripe, on nobody's behalf.
	account := s.OnBehalfOf == o.Options.OnBehalfOf || s.IsSetup() && o.Trial()

	for i := range st.Attempts {
		a := &st.Attempts[i]
		if a.IntentID != s.ID {
			continue
		}

		customer = customer || s.CustomerID == a.Params.Customer
		capture = capture || s.holdsOnly() == (a.Params.CaptureMethod == captureManually)
		account = account || s.OnBehalfOf == a.Params.OnBehalfOf
	}

	switch {
	// An intent of a customer that is gone was canceled before the order got
	// another one.
	case !customer && s.Status != StatusCanceled:
		return fmt.Sprintf("intent %s belongs to customer %q, the order to %q", s.ID, s.CustomerID, o.CustomerID)
	case !capture && o.Mode != orders.ModeSubscription && s.CaptureMethod != "":
		return fmt.Sprintf("intent %s has capture method %s, which the order has not", s.ID, s.CaptureMethod)
	case !account:
		return fmt.Sprintf("intent %s is on behalf of account %q, the order of %q",
			s.ID, s.OnBehalfOf, o.Options.OnBehalfOf)
	case s.TransferTo != o.Connect.Destination && !s.IsSetup():
		return fmt.Sprintf("intent %s transfers its money to account %q, the order to %q",
			s.ID, s.TransferTo, o.Connect.Destination)
	}

	return ""
}

// holdsOnly reports whether the intent only holds the money until it is
// captured.
func (s Snapshot) holdsOnly() bool { return s.CaptureMethod == captureManually }
