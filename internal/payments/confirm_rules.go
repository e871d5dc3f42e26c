package payments

import (
	"errors"
	"maps"
	"reflect"
	"slices"

	"checkoutd/internal/fault"
	"checkoutd/internal/idempotency"
	"checkoutd/internal/orders"
)

// maxAttempts bounds the attempts to pay one order, so that nobody can use an
// order to test stolen cards
// (https://docs.stripe.com/disputes/prevention/card-testing).
const maxAttempts = 20

// maxReplaced bounds how many attempts that wait for the buyer's bank the buyer
// may replace by another token. Each costs several calls to Stripe, and a buyer
// whose card asks for a confirmation can finish the one that is open.
const maxReplaced = 5

// errTokenUsed means that the token has an attempt already.
var errTokenUsed = errors.New("payments: this token already has an attempt")

// errOutdated means that the order's intent no longer fits the order and cannot
// be changed: it must be canceled first.
var errOutdated = errors.New("payments: the order's intent must be canceled first")

// reserve adds an attempt to the state, or returns why there may be none. The
// attempt is committed before Stripe is called.
func (r rules) reserve(st *State, req ConfirmRequest, attemptID, returnURL string) error {
	prev := st.attemptWith(req.Token)
	if prev != nil && !st.mended(prev) {
		return errTokenUsed
	}
	if err := r.refuse(st, req); err != nil {
		return err
	}
	if err := refuseAttempt(st); err != nil {
		return err
	}

	p := nextParams(st)
	if st.outdatedIntent(p) != nil {
		return errOutdated
	}

	p.Token, p.ReturnURL = req.Token, returnURL
	a := Attempt{
		ID:             attemptID,
		OrderID:        st.Order.ID,
		N:              int64(len(st.Attempts)) + 1,
		IdempotencyKey: idempotency.Attempt(st.Order.Account, attemptID),
		Params:         p,
		IntentID:       p.IntentID,
		Source:         req.Source,
		Verdict:        req.verdict(),
		CreatedAt:      r.now,
	}

	if prev != nil { // the same attempt once more, under another key
		a.ID, a.N = prev.ID, prev.N
	}

	a.Params.Metadata[MetaAttempt] = a.ID
	if proof := proofOf(r.proofKey, st.Order.ID, a.ID); proof != "" {
		a.Params.Metadata[MetaProof] = proof
	}

	r.move(&a, Started)
	st.takePromotion()

	if prev != nil {
		*prev = a
	} else {
		st.Attempts = append(st.Attempts, a)
	}

	st.setBuyerStatus(&a)
	return nil
}

// mended reports whether an attempt that Stripe refused can be made again with
// its token: what it needed was gone at Stripe, which proves that nothing was
// taken, and has been replaced since.
//
// An attempt that has made an object cannot: its mark at Stripe must name one
// object.
func (st *State) mended(a *Attempt) bool {
	if a.IntentID != a.Params.IntentID {
		return false
	}

	switch a.ErrorCode {
	case codeCustomerGone:
		return a.State == Failed && a.Params.Customer != st.Order.CustomerID
	case codeIntentGone, codeIntentUnexpected, codeSetupUnexpected:
		in := st.Intent(a.Params.IntentID)
		return !a.State.Active() && in != nil && in.Status == StatusCanceled
	case codeProductGone: // the next call makes it active again, once
		return a.State == Failed && a.IdempotencyKey == idempotency.Attempt(a.Params.Account, a.ID)
	}

	return false
}

// refuse returns why a buyer may not pay or place the order now, nil if they
// may.
func (r rules) refuse(st *State, req ConfirmRequest) error {
	o := &st.Order
	switch {
	case o.IsExpired(r.now):
		return fault.New(fault.Conflict, "order_not_open",
			"This order has expired. Please start a new order.")
	case o.Status == orders.Review:
		return errInReview
	case o.Status != orders.Open:
		return fault.New(fault.Conflict, "order_not_open",
			"This order can no longer be paid: it is "+string(o.Status)+".")
	case st.canceling():
		return errCanceling
	case req.ExpectedAmount != nil && *req.ExpectedAmount != o.Amount:
		return amountChanged(o)
	case req.OptionsFingerprint != "" && req.OptionsFingerprint != o.OptionsFingerprint():
		return errOptionsChanged
	case st.Active() != nil, st.strayReason() != "":
		return ErrPaymentInProgress
	case o.Ships() && (!o.Contact.Shipping.Complete() || o.ShippingRate.ID == ""):
		return errShippingMissing
	case req.judged != nil && !req.judged.fits(o): // it changed meanwhile
		return amountChanged(o)
	}

	return nil
}

// refuseAttempt returns why no attempt may begin although the buyer may pay,
// nil if one may.
func refuseAttempt(st *State) error {
	o := &st.Order
	switch {
	case o.Free(): // it became so after the buyer pressed the button
		return amountChanged(o)
	case len(st.Attempts) >= maxAttempts:
		return errTooMany
	case o.CustomerID == "" && needsCustomer(o):
		return errUnreachable
	}

	return nil
}

// amountChanged returns the fault that shows the buyer the order's total, which
// differs from the one on the page.
func amountChanged(o *orders.Order) error {
	return fault.New(fault.Conflict, "amount_changed",
		"The total of this order has changed. Please check it and pay again.").
		With("amount", o.Amount).
		With("currency", o.Currency)
}

// needsCustomer reports whether an order needs a Stripe customer. A bank
// transfer goes to an account of the customer's.
func needsCustomer(o *orders.Order) bool {
	return o.Mode == orders.ModeSetup || o.Mode == orders.ModeSubscription || o.Options.BankTransfer != ""
}

// nextParams returns the parameters of the order's next attempt, but for its
// token, return URL and ID. The attempt is on the order's intent if that is not
// canceled, and otherwise on a new one.
func nextParams(st *State) Params {
	o := &st.Order
	p := Params{
		Account:  o.Account,
		Amount:   o.Amount,
		Currency: o.Currency,
		Customer: o.CustomerID,
		Options:  o.Options,
		Contact:  o.Contact,
		Metadata: map[string]string{},

		Fee:        o.FeeOn(o.Amount),
		FeeShare:   o.FeeShare(),
		TransferTo: o.Connect.Destination,
		Transfer:   o.TransferOf(o.Amount),

		Description:     o.Shop.Description,
		StatementSuffix: o.Shop.StatementSuffix,
	}

	maps.Copy(p.Metadata, o.Shop.Metadata)
	p.Metadata[MetaOrder] = o.ID

	switch o.Mode {
	case orders.ModeSetup:
		p.Mode = o.Mode
	case orders.ModeSubscription:
		p.Mode = o.Mode
		p.Items = o.FirstInvoice()
		p.TrialDays = o.Shop.TrialDays
	}

	if in := st.livingIntent(); in != nil {
		p.IntentID = in.ID
		p.BringUpToDate = in.Amount != o.Amount || !st.createdWith(in.ID, p)
	}

	return p
}

// replaced returns how many attempts of the order were replaced: their intents
// were canceled while the order was open.
func (st *State) replaced() (n int) {
	for _, a := range st.Attempts {
		if a.State == Canceled {
			n++
		}
	}
	return n
}

// abandonable returns the intent that nobody needs once the buyer comes with
// another token, nil if there is none.
func (st *State) abandonable(outdated bool) *Intent {
	a := st.Active()
	switch {
	case a == nil && outdated:
		return st.outdatedIntent(nextParams(st))
	case a != nil && a.State == RequiresAction && a.Instructions.Funded == 0: // money must not be left behind
		return st.Intent(a.IntentID)
	}
	return nil
}

// outdatedIntent returns the intent that must be canceled, with its
// subscription, before p may be sent; nil if there is none.
func (st *State) outdatedIntent(p Params) *Intent {
	return find(st.Intents, func(in *Intent) bool {
		return st.runsUnpaid(in) || in.ID == p.IntentID && !st.fits(in, p)
	})
}

// fits reports whether the intent can be confirmed with p. The intent of a
// subscription cannot be changed: the subscription stays as it was created
// (https://docs.stripe.com/billing/subscriptions/overview). Any other intent
// follows the order, except for what only the shop's backend changes.
func (st *State) fits(in *Intent, p Params) bool {
	for i := range st.Attempts {
		made := &st.Attempts[i].Params
		if st.Attempts[i].IntentID != in.ID || made.IntentID != "" { // it did not create the intent
			continue
		}

		return made.describesAs(p) &&
			(p.Mode != orders.ModeSubscription || made.Amount == p.Amount && reflect.DeepEqual(made.Items, p.Items))
	}

	return p.Mode != orders.ModeSubscription || in.Amount == p.Amount
}

// describesAs reports whether an intent made with p shows what next says: the
// texts and the metadata of the shop's backend, and the terms that an intent
// keeps for its life.
func (p *Params) describesAs(next Params) bool {
	return p.Description == next.Description && p.StatementSuffix == next.StatementSuffix &&
		maps.Equal(withoutMark(p.Metadata), withoutMark(next.Metadata)) &&
		p.CaptureMethod == next.CaptureMethod && p.FeeShare == next.FeeShare &&
		slices.Equal(p.PaymentMethodTypes, next.PaymentMethodTypes)
}

// withoutMark returns metadata without our own keys.
func withoutMark(m map[string]string) map[string]string {
	m = maps.Clone(m)
	for _, key := range []string{MetaOrder, MetaAttempt, MetaProof} {
		delete(m, key)
	}
	return m
}

// createdWith reports whether an intent was created with the amount, fee,
// customer, contact and usage of p, and no attempt since had others. Values
// that were set later are set again before every confirm, which costs a call
// but leaves no doubt: a refusal does not show how far its call had come.
func (st *State) createdWith(intentID string, p Params) bool {
	created := false
	for _, a := range st.Attempts {
		if a.IntentID != intentID {
			continue
		}

		if a.Params.Amount != p.Amount ||
			a.Params.Customer != p.Customer ||
			a.Params.Fee != p.Fee || a.Params.Transfer != p.Transfer ||
			a.Params.SetupFutureUsage != p.SetupFutureUsage ||
			!reflect.DeepEqual(a.Params.Contact, p.Contact) {
			return false
		}

		created = created || a.Params.IntentID == ""
	}

	return created
}

// record brings the outcome of the call of an attempt, as it was sent, into the
// state.
func (r rules) record(st *State, sent Attempt, snap Snapshot, callErr error, firstSend bool) error {
	a := st.attempt(sent.ID)
	if a == nil {
		return errors.New("payments: an attempt is gone")
	}

	// The attempt may have been begun once more meanwhile. What became of its
	// call under the former key says nothing about the one that is under way.
	open := a.State.Open() && a.IdempotencyKey == sent.IdempotencyKey

	if callErr == nil && a.IdempotencyKey == sent.IdempotencyKey {
		st.linkAnswer(a, snap)
	}

	switch {
	case callErr == nil && open:
		return r.settle(st, snap, asOwn)
	case callErr == nil:
		// A webhook or another process was faster, and another attempt may be
		// active by now.
		return r.settle(st, snap, asEvent)

	case !open:
		return nil
	}

	e := asCallError(callErr)
	if e.Snapshot != nil {
		st.linkAnswer(a, *e.Snapshot)
		if err := r.settle(st, *e.Snapshot, asFresh); err != nil {
			return err
		}

		if !a.State.Open() { // the intent had gone further
			a.noteCanceledIntent(e)
			return nil
		}
	}

	switch {
	case e.Mismatch != "":
		r.fail(a, e.stripeError())
		r.review(st, e.Mismatch)
	case e.provesFailure(firstSend):
		r.fail(a, e.stripeError())
		st.noteForeignToken(a)
	default:
		r.markUnknown(a)
	}

	st.releasePromotion()
	st.setBuyerStatus(a)
	return nil
}

// noteCanceledIntent records that the attempt was refused because its intent
// had been canceled before, in the Dashboard or by another program whose event
// never arrived.
func (a *Attempt) noteCanceledIntent(e *CallError) {
	if a.State == Canceled && e.Outcome == OutcomeRefused && e.Snapshot.ID == a.Params.IntentID {
		a.ErrorType, a.ErrorCode = TypeInvalidRequest, codeIntentGone
	}
}

// noteForeignToken records that Stripe did not know two tokens in a row. The
// second one was just created by the page, so it can only be of another
// account.
func (st *State) noteForeignToken(a *Attempt) {
	if a.ErrorCode != codeTokenMissing {
		return
	}

	last := find(st.Attempts, func(other *Attempt) bool { return other.N == a.N-1 })
	if last != nil && (last.ErrorCode == codeTokenMissing || last.ErrorCode == codeTokenForeign) {
		a.ErrorCode = codeTokenForeign
	}
}
