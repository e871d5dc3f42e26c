package payments

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
)

// Config is what a Service needs.
type Config struct {
	Store  Store
	Stripe Stripe
	Now    func() time.Time
	Log    zerolog.Logger
	// ReturnURL gives the address to which redirect methods come back.
	ReturnURL func(orderID string) string
	// UnknownAfter is how long a started attempt may be silent before the
	// resolver sends it again. While the first call is still under way Stripe
	// refuses the second, which does no harm.
	UnknownAfter time.Duration
	// CallTimeout bounds one attempt's calls to Stripe, retries included.
	CallTimeout time.Duration
	// Workers is how many attempts and orders are looked at at once.
	Workers int
}

// Service takes payments. It is safe for concurrent use.
type Service struct {
	cfg      Config
	resolver *queue.Runner[Attempt]
	expirer  *queue.Runner[string]
}

// New returns a Service whose background work starts with Run.
func New(c Config) *Service {
	s := &Service{cfg: c}
	s.resolver = queue.New(queue.Config[Attempt]{
		Name: "attempts", Workers: c.Workers, Batch: c.Workers, Lease: c.CallTimeout + time.Minute, Poll: time.Second,
		Now: c.Now, Log: c.Log, Claim: c.Store.ClaimAttempts, Work: s.resolve,
	})
	s.expirer = queue.New(queue.Config[string]{
		Name: "expiry", Workers: c.Workers, Batch: c.Workers, Lease: 5 * time.Minute, Poll: 10 * time.Second,
		Now: c.Now, Log: c.Log, Claim: c.Store.ClaimExpired, Work: s.expire,
	})
	return s
}

func (s *Service) rules() rules {
	return rules{now: s.cfg.Now(), unknownAfter: s.cfg.UnknownAfter}
}

// Confirm is a buyer's wish to pay an order with a ConfirmationToken.
type ConfirmRequest struct {
	OrderID        string `json:"orderId"`
	Token          string `json:"confirmationTokenId"`
	ExpectedAmount *int64 `json:"expectedAmount"` // the total that the page showed, in minor units; nil: none was sent
}

// Answer is what the page needs to go on.
type Answer struct {
	ClientSecret string `json:"client_secret"`
	Status       Status `json:"status"`
}

// Confirm pays the order with the token, once: the same token again gets the
// same answer. It returns a fault for everything that is not on its way to
// paid. The caller's context ends the waiting, never the payment.
func (s *Service) Confirm(ctx context.Context, req ConfirmRequest) (Answer, error) {
	if !tokenPattern.MatchString(req.Token) {
		return Answer{}, errToken
	}
	a, err := s.reserve(ctx, req)
	switch {
	case errors.Is(err, errAnswered):
		return s.recorded(ctx, req)
	case err != nil:
		return Answer{}, err
	}
	// From here on the money may move: a buyer who leaves must not cut it in two.
	ctx = context.WithoutCancel(ctx)
	st, err := s.send(ctx, a, true)
	if err != nil {
		s.cfg.Log.Error().Err(err).Str("order_id", req.OrderID).Str("attempt_id", a.ID).
			Msg("could not record the outcome of an attempt; the resolver will")
		return Answer{}, errUnknown
	}
	return answer(st, req.Token)
}

// send makes the call of an attempt and commits what came of it. first says that
// nothing was sent for it before. The error is about the commit, not about the call.
func (s *Service) send(ctx context.Context, a Attempt, first bool) (after *State, err error) {
	call, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	snap, callErr := s.cfg.Stripe.Send(call, a.Params, a.IdempotencyKey)
	cancel()
	err = s.cfg.Store.Update(ctx, a.OrderID, nil, func(st *State) error {
		after = st
		return s.rules().record(st, a.ID, snap, callErr, first)
	})
	if errors.Is(err, errReadAfresh) {
		if err = s.SettleFresh(ctx, a.OrderID, snap.ID, nil); err == nil {
			after, err = s.cfg.Store.Read(ctx, a.OrderID)
		}
	}
	if err != nil {
		return nil, err
	}
	s.logCall(a, after, callErr)
	if now := after.attempt(a.ID); now != nil && now.State == Unknown {
		s.resolver.Wake()
	}
	s.follow(ctx, after)
	return after, nil
}

// follow reads the subscription whose first payment has just been made, until it shows
// that. If it cannot, the events will bring it.
func (s *Service) follow(ctx context.Context, st *State) {
	intent, ok := st.beginning()
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	if err := s.SettleFresh(ctx, st.Order.ID, intent, nil); err != nil {
		s.cfg.Log.Warn().Err(err).Str("order_id", st.Order.ID).Msg("could not read a subscription that was just paid; its events will tell")
	}
}

// record brings the outcome of an attempt's own call into the state.
func (r rules) record(st *State, attemptID string, snap Snapshot, callErr error, first bool) error {
	a := st.attempt(attemptID)
	if a == nil {
		return errors.New("payments: an attempt is gone")
	}
	switch {
	case callErr == nil && a.State.Open():
		return r.settle(st, snap, asOwn)
	case callErr == nil: // a webhook or another replica was faster, and another attempt may be active now
		return r.settle(st, snap, asEvent)
	case !a.State.Open():
		return nil
	}
	e := asCallError(callErr)
	if e.Snapshot != nil {
		if err := r.settle(st, *e.Snapshot, asFresh); err != nil {
			return err
		}
		if !a.State.Open() { // the intent had gone further
			return nil
		}
	}
	switch {
	case e.Mismatch != "":
		r.fail(a, e.told())
		r.review(st, e.Mismatch)
	case e.refusal(first):
		r.fail(a, e.told())
	default:
		r.doubt(a)
	}
	st.tellBuyer(a)
	return nil
}

// told is what Stripe said, with the refusals of the token made one.
func (e *CallError) told() *StripeError {
	said := e.Stripe
	if e.Param == "confirmation_token" && said.Type == TypeInvalidRequest {
		said.Code = codeTokenUnusable
	}
	return &said
}

func (st *State) attempt(id string) *Attempt {
	for i := range st.Attempts {
		if st.Attempts[i].ID == id {
			return &st.Attempts[i]
		}
	}
	return nil
}

// recorded gives the answer that a token has got already. While its call is under way
// it waits a little, so that a double click gets one answer twice.
func (s *Service) recorded(ctx context.Context, req ConfirmRequest) (Answer, error) {
	deadline := time.NewTimer(recordedWait)
	defer deadline.Stop()
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		st, err := s.cfg.Store.Read(ctx, req.OrderID)
		if err != nil {
			return Answer{}, err
		}
		if a := st.byToken(req.Token); a == nil || a.State != Started {
			return answer(st, req.Token)
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

// recordedWait bounds how long a repeated token waits for the first one's answer.
const recordedWait = 8 * time.Second

func (st *State) byToken(token string) *Attempt {
	for i := range st.Attempts {
		if st.Attempts[i].Params.Token == token {
			return &st.Attempts[i]
		}
	}
	return nil
}

// answer is what the buyer of a token is told, made from the state alone.
func answer(st *State, token string) (Answer, error) {
	a := st.byToken(token)
	if a == nil {
		return Answer{}, fault.Of(errors.New("payments: the attempt of a token is gone"))
	}
	switch {
	case st.Order.Status == orders.Review: // what does not match must not be gone on with
		return Answer{}, errInReview
	case a.State.Open():
		return Answer{}, errUnknown
	case !a.State.Active() && a.State != Succeeded:
		return Answer{}, a.fault()
	}
	out := Answer{Status: Status(a.State)} // the same words as Stripe's from here on
	if in := st.Intent(a.IntentID); in != nil {
		out.ClientSecret = in.ClientSecret
	}
	return out, nil
}

// logCall writes the one line about an attempt's call.
func (s *Service) logCall(a Attempt, after *State, callErr error) {
	l := s.cfg.Log.Info()
	if callErr != nil {
		switch e := asCallError(callErr); {
		case e.Outcome == OutcomeUnknown:
			l = s.cfg.Log.Warn().Err(callErr)
		case e.Stripe.Type == TypeCard, e.Param == "confirmation_token": // the buyer's doing
			l = l.Str("stripe_code", e.Stripe.Code).Str("decline_code", e.Stripe.DeclineCode)
		default: // Stripe refuses what we sent: the shop must mend it
			l = s.cfg.Log.Error().Err(callErr)
		}
	}
	state := AttemptState("")
	if now := after.attempt(a.ID); now != nil {
		state = now.State
	}
	l.Str("order_id", a.OrderID).Str("attempt_id", a.ID).Int64("n", a.N).Str("attempt_state", string(state)).
		Str("order_status", string(after.Order.Status)).Msg("attempt sent")
}
