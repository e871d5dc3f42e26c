package payments

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/tracing"
)

// ConfirmRequest is a buyer's request to pay an order with a ConfirmationToken.
type ConfirmRequest struct {
	OrderID string `json:"orderId"`
	Token   string `json:"confirmationTokenId"`
	// ClientToken opens the order for a page of the shop; empty: a cookie does.
	ClientToken string `json:"clientToken"`
	// ExpectedAmount is the total that the page showed, in minor units; nil if
	// the page did not send it.
	ExpectedAmount *int64 `json:"expectedAmount"`
	// OptionsFingerprint is orders.Order.OptionsFingerprint of the order that
	// the page built its form for; empty if the page did not send it.
	OptionsFingerprint string `json:"optionsFingerprint"`
	TermsAccepted      bool   `json:"termsAccepted"` // the buyer agrees to the shop's terms
	TermsVersion       string `json:"termsVersion"`  // that the page showed; empty if it did not send it
	// ReturnURL is the page of the shop's own to which a bank's site sends the
	// buyer back; empty for Config.ReturnURL.
	ReturnURL string `json:"returnUrl"`
	Source    string `json:"-"` // who asks, as the guard names it; empty if it is not counted
	// Reserved, if not nil, is called once the attempt is in the ledger.
	Reserved func() `json:"-"`
	// judged is what the judge decided; nil if nobody was asked.
	judged *judgment
	// Replace returns why the buyer may not replace an attempt that waits for
	// them, which costs several calls; nil: they may.
	Replace func() error `json:"-"`
}

var tokenPattern = regexp.MustCompile(`^ctoken_[A-Za-z0-9_]{1,240}$`)

// Bound returns ctx with the one deadline of all calls to Stripe that a request
// of a buyer makes, CallTimeout from now unless ctx ends earlier. Each call
// gets what the calls before it left.
func (s *Service) Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.cfg.CallTimeout)
}

// outlive returns a context with the deadline of ctx that goes on when ctx is
// canceled.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, _ := ctx.Deadline()
	return context.WithDeadline(context.WithoutCancel(ctx), deadline)
}

// Confirm pays the order with the token, once: the same token always gets the
// same answer. Whatever is not on its way to being paid is returned as a fault.
// When ctx is canceled, Confirm stops waiting; the payment goes on. Its calls
// to Stripe end together, at the deadline of Bound, and the resolver finds out
// what they left unknown.
func (s *Service) Confirm(ctx context.Context, req ConfirmRequest) (Answer, error) {
	if !tokenPattern.MatchString(req.Token) {
		return Answer{}, errToken
	}

	ctx, cancel := s.Bound(ctx)
	defer cancel()

	st, a, err := s.confirmOnce(ctx, req)
	if err == nil {
		st, a = s.readUnexpected(ctx, st, a)
		if st.Order.Status == orders.Open && st.mended(a) {
			st, a, err = s.confirmOnce(ctx, req)
		}
	}

	switch {
	case errors.Is(err, errTokenUsed):
		return s.recorded(ctx, req)
	case err != nil:
		return Answer{}, err
	}

	return answer(st, a)
}

// confirmOnce makes the attempt of the token, or returns errTokenUsed if it has
// one already.
func (s *Service) confirmOnce(ctx context.Context, req ConfirmRequest) (*State, *Attempt, error) {
	ctx, span := tracing.Start(ctx, tracing.Internal, "attempt", tracing.OrderID(req.OrderID))
	defer span.End()

	a, err := s.reserve(ctx, req)
	if err != nil {
		span.Set(tracing.ErrorCode(fault.Of(err).Code))
		return nil, nil, err
	}

	if req.Reserved != nil {
		req.Reserved()
	}

	// From here on money may move, so a buyer who leaves must not interrupt it.
	ctx, stop := outlive(ctx)
	defer stop()

	st, err := s.send(ctx, a, true)
	if err != nil {
		s.cfg.Log.Error().Ctx(ctx).Err(err).
			Str("order_id", req.OrderID).
			Str("attempt_id", a.ID).
			Msg("could not record the outcome of an attempt; the resolver will")

		span.Fail()
		return nil, nil, errUnknown
	}

	describe(span, st.attempt(a.ID))
	return st, st.attempt(a.ID), nil
}

// readUnexpected reads the intent of an attempt that Stripe refused because of
// the intent's status, unless the refusal showed it, and returns the order and
// the attempt afterwards. The intent may have been canceled at Stripe, so that
// the attempt can be made again, or be paid already.
func (s *Service) readUnexpected(ctx context.Context, st *State, a *Attempt) (*State, *Attempt) {
	if a.Params.IntentID == "" || !a.refusedByStatus() {
		return st, a
	}

	err := s.SettleFresh(ctx, a.OrderID, a.Params.IntentID, nil)
	if err == nil {
		var now *State
		if now, err = s.cfg.Store.Read(ctx, a.OrderID); err == nil {
			return now, now.attempt(a.ID)
		}
	}

	s.cfg.Log.Warn().Ctx(ctx).Err(err).
		Str("order_id", a.OrderID).
		Msg("could not read the intent of a refused attempt")

	return st, a
}

// reserve commits a new attempt, or returns why there may be none. An attempt
// that waits for its buyer does not block the same buyer's next token: its
// intent is canceled at Stripe first, so that only one of the two can take
// money. An intent that no longer fits the order is canceled in the same way.
func (s *Service) reserve(ctx context.Context, req ConfirmRequest) (Attempt, error) {
	a, err := s.tryReserve(ctx, req)
	if !errors.Is(err, ErrPaymentInProgress) && !errors.Is(err, errOutdated) {
		return a, err
	}

	outdated := errors.Is(err, errOutdated)
	gone, err := s.abandon(ctx, req, outdated)
	if err != nil && fault.Of(err).Kind == fault.TooMany {
		return Attempt{}, err
	}

	if err != nil {
		s.cfg.Log.Warn().Ctx(ctx).Err(err).
			Str("order_id", req.OrderID).
			Msg("could not cancel the intent that blocks a new attempt")
	}

	// Without time to send it, an attempt would only be left to the resolver.
	if err != nil || !gone || ctx.Err() != nil {
		return Attempt{}, ErrPaymentInProgress
	}

	a, err = s.tryReserve(ctx, req)
	if errors.Is(err, errOutdated) { // it changed once more; the buyer can retry
		err = ErrPaymentInProgress
	}

	return a, err
}

func (s *Service) tryReserve(ctx context.Context, req ConfirmRequest) (a Attempt, err error) {
	id, returnURL := orders.NewID("att_"), cmp.Or(req.ReturnURL, s.cfg.ReturnURL(req.OrderID))
	trace := tracing.Traceparent(ctx)

	err = s.cfg.Store.Update(ctx, req.OrderID, nil, func(st *State) error {
		if err := s.rules().reserve(st, req, id, returnURL); err != nil {
			return err
		}
		st.attemptWith(req.Token).Trace = trace
		a = *st.attemptWith(req.Token)
		return nil
	})
	return a, err
}

// abandon cancels the order's intent if it waits for its buyer or is outdated,
// unless Stripe reports that the intent went further. gone is false if there is
// no such intent. Nothing is asked of Stripe if the buyer may not replace it.
func (s *Service) abandon(ctx context.Context, req ConfirmRequest, outdated bool) (gone bool, err error) {
	orderID := req.OrderID
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return false, err
	}

	in := st.abandonable(outdated)
	if in == nil {
		return false, nil
	}

	if st.replaced() >= maxReplaced {
		return false, errReplaced
	}

	if req.Replace != nil {
		if err := req.Replace(); err != nil {
			return false, err
		}
	}

	// The buyer may have just finished: read before canceling. Whoever ends a
	// subscription finds that out by itself.
	if in.SubscriptionID == "" {
		if err := s.SettleFresh(ctx, orderID, in.ID, nil); err != nil {
			return false, err
		}
		if st, err = s.cfg.Store.Read(ctx, orderID); err != nil {
			return false, err
		}
		if in = st.abandonable(outdated); in == nil {
			return true, nil
		}
	}

	return true, s.cancel(ctx, &st.Order, *in)
}

// release cancels the intent of an order whose Stripe customer is gone, unless
// an attempt is active, so that the order can get another customer.
func (s *Service) release(ctx context.Context, orderID string) error {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return err
	}

	in := st.livingIntent()
	if in == nil || in.Status.Final() || st.Active() != nil {
		return nil
	}

	return s.cancel(ctx, &st.Order, *in)
}

// send makes the call of an attempt and commits its outcome. firstSend is true
// if no request was sent for the attempt before. The error is about the commit,
// not about the call, and the commit outlives ctx: an outcome that is known
// must not be lost because finding it out took all the time. The store bounds
// how long it takes.
func (s *Service) send(ctx context.Context, a Attempt, firstSend bool) (after *State, err error) {
	callCtx, cancel := s.Bound(ctx)
	snap, callErr := s.cfg.Stripe(a.Params.Account).Send(callCtx, a.Params, a.IdempotencyKey)
	cancel()

	commitCtx := context.WithoutCancel(ctx)
	err = s.cfg.Store.Update(commitCtx, a.OrderID, nil, func(st *State) error {
		after = st
		return s.rules().record(st, a, snap, callErr, firstSend)
	})
	if errors.Is(err, ErrReadAfresh) {
		if err = s.SettleFresh(ctx, a.OrderID, snap.ID, nil); err == nil {
			after, err = s.cfg.Store.Read(commitCtx, a.OrderID)
		}
	}
	if err != nil {
		return nil, err
	}

	s.logCall(ctx, a, after, callErr)
	if now := after.attempt(a.ID); now != nil && now.State == Unknown {
		s.resolver.Wake()
	}

	s.followSubscription(ctx, after)
	return after, nil
}

// followSubscription reads the subscription whose first payment was just made,
// if its row does not show the payment yet. If the reading fails, the
// subscription's events will bring it.
func (s *Service) followSubscription(ctx context.Context, st *State) {
	intentID, ok := st.paidBeforeSubscription()
	if !ok {
		return
	}

	ctx, cancel := s.Bound(ctx)
	defer cancel()

	if err := s.SettleFresh(ctx, st.Order.ID, intentID, nil); err != nil {
		s.cfg.Log.Warn().Ctx(ctx).Err(err).
			Str("order_id", st.Order.ID).
			Msg("could not read a subscription that was just paid for; its events will update it")
	}
}

// recordedWait bounds how long a repeated token waits for the answer to the
// first request with it.
const recordedWait = 8 * time.Second

// recorded returns the answer that a token has already got. While the token's
// call is in flight it waits a little, so that a double click gets the same
// answer twice.
func (s *Service) recorded(ctx context.Context, req ConfirmRequest) (Answer, error) {
	deadline := time.NewTimer(recordedWait)
	defer deadline.Stop()

	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		st, err := s.cfg.Store.Read(ctx, req.OrderID)
		if err != nil {
			return Answer{}, err
		}
		if a := st.attemptWith(req.Token); a == nil || a.State != Started {
			return answer(st, a)
		}

		select {
		case <-ctx.Done():
			return Answer{}, errUnknown
		case <-deadline.C:
			return Answer{}, errUnknown
		case <-time.After(pause):
		}
	}
}

// logCall writes the one log line about an attempt's call.
func (s *Service) logCall(ctx context.Context, a Attempt, after *State, callErr error) {
	line := s.cfg.Log.Info()
	if callErr != nil {
		line = s.refusedLine(a, after, asCallError(callErr))
	}

	state := AttemptState("")
	if now := after.attempt(a.ID); now != nil {
		state = now.State
		if s.cfg.Meter != nil {
			s.cfg.Meter.AttemptSent(string(state), now.DeclineCode)
		}
	}

	line.
		Ctx(ctx).
		Str("order_id", a.OrderID).
		Str("attempt_id", a.ID).
		Int64("n", a.N).
		Str("attempt_state", string(state)).
		Str("order_status", string(after.Order.Status)).
		Msg(sentText(state, after.attempt(a.ID)))
}

// sentText says what became of an attempt.
func sentText(state AttemptState, a *Attempt) string {
	switch {
	case state == Succeeded:
		return "attempt succeeded"
	case state == Failed && a.ErrorType == TypeCard:
		return "attempt declined"
	case state == Failed:
		return "attempt refused"
	case state == RequiresAction:
		return "attempt waits for the buyer"
	case state == Unknown:
		return "attempt without a known outcome"
	}
	return "attempt sent"
}

// refusedLine begins the log line about a call that did not succeed. If only
// the shop can remove the reason, the operator gets a line of its own.
func (s *Service) refusedLine(a Attempt, after *State, e *CallError) *zerolog.Event {
	if e.Outcome == OutcomeUnknown {
		return s.cfg.Log.Warn().Err(e)
	}

	now := after.attempt(a.ID)
	if now != nil && !after.mended(now) && (e.needsShop() || now.ErrorCode == codeTokenForeign) {
		s.refusals.add(e, a.OrderID, a.Params.Contact)
	} else if now != nil && now.ErrorCode == codeTokenMissing {
		s.refusals.addUnknownToken(a.OrderID)
	}

	return s.cfg.Log.Info().
		Str("stripe_type", e.Stripe.Type).
		Str("stripe_code", e.Stripe.Code).
		Str("decline_code", e.Stripe.DeclineCode)
}
