package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"checkoutd/internal/orders"
)

// codeAccountGone is Stripe's code for a connected account that the key has no
// access to, any more or at all
// (https://docs.stripe.com/error-codes#account-invalid).
const codeAccountGone = "account_invalid"

// IsAccountGone reports whether Stripe refused a call because the key has no
// access to the connected account.
func IsAccountGone(err error) bool {
	var e *CallError
	return errors.As(err, &e) && e.Outcome == OutcomeRefused && e.Stripe.Code == codeAccountGone
}

// CodeReadOnly is the code of a call that is not sent because the owner of the
// connected account allows reading only.
const CodeReadOnly = "account_read_only"

// IsReadOnly reports whether a call was refused because the account may only be
// read.
func IsReadOnly(err error) bool {
	var e *CallError
	return errors.As(err, &e) && e.Outcome == OutcomeRefused && e.Stripe.Code == CodeReadOnly
}

// accountGoneEvery is how often Stripe is asked about an order whose account
// gives no access: its owner may connect it again.
const accountGoneEvery = 6 * time.Hour

// waitForAccount schedules the next check of an attempt whose account gives no
// access. Whether money moved in it is not known and cannot be found out, which
// is no proof that none did: once the attempt's call is old enough for an
// answer, a person has to look, together with the account's owner. The attempt
// stays as it is, and its intent settles it if the account comes back.
func (s *Service) waitForAccount(ctx context.Context, a Attempt) error {
	reviewed := false
	err := s.cfg.Store.Update(ctx, a.OrderID, nil, func(st *State) error {
		reviewed = false
		r, now := s.rules(), st.attempt(a.ID)
		if now == nil || !now.State.Active() {
			return nil
		}

		now.Checks++
		now.CheckAt = r.now.Add(accountGoneEvery)

		if !now.State.unsettled() {
			return nil
		}

		if proof := now.CreatedAt.Add(proofAfter); r.now.Before(proof) {
			now.CheckAt = proof
			return nil
		}

		if now.State == Started {
			now.State = Unknown
		}

		reviewed = st.Order.Status.CanBecome(orders.Review)
		r.review(st, st.accountGoneReason())
		return nil
	})

	if err == nil && reviewed {
		s.cfg.Log.Error().
			Ctx(ctx).
			Str("order_id", a.OrderID).
			Str("attempt_id", a.ID).
			Str("account", a.Params.Account).
			Msg("a connected account gives no access any more, and whether its order was paid is not known")
	}

	return err
}

// accountGoneReason returns why a person has to look at the order.
func (st *State) accountGoneReason() string {
	return fmt.Sprintf("account %s gives no access any more: ask its owner whether this order was paid",
		st.Order.Account)
}

// reviewExpired hands an expired order to a person because the owner of its
// account took back the access: cause is the refusal. Its intents cannot be
// canceled, and some cannot even be read, so that money may have been taken or
// may still come.
func (s *Service) reviewExpired(ctx context.Context, orderID string, cause error) error {
	return s.cfg.Store.Update(ctx, orderID, nil, func(st *State) error {
		if st.Order.Status != orders.Open || !st.Order.IsExpired(s.cfg.Now()) {
			return nil
		}

		reason := st.accountGoneReason()
		if IsReadOnly(cause) {
			if !st.mayTakeMoney() {
				return nil // the intents ended by themselves: the order expires at the next check
			}

			reason = fmt.Sprintf("the owner of account %s allows reading only, so the payment of this expired "+
				"order cannot be canceled: ask the owner to cancel it", st.Order.Account)
		}

		s.rules().review(st, reason)
		return nil
	})
}
