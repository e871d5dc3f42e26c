package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"checkoutd/internal/queue"
)

// How says how an erasure is carried out.
type How struct {
	AtStripe bool // delete the customer there, too
	Later    bool // leave Stripe to a server that runs, or that starts
}

// Result is what became of a request for an erasure.
type Result struct {
	Begun   bool // there was something to remove
	Done    bool // nothing is left to do at Stripe; if not, Run goes on with it
	Erasure Erasure
}

// Erase removes what is stored of a customer, here and, if how says so, at
// Stripe. Nothing is no error.
func (s *Service) Erase(ctx context.Context, who Whom, how How) (Result, error) {
	now := s.cfg.Now()
	sub := s.subject(who)
	e := Erasure{
		ID:        s.cfg.NewID("era_"),
		Subject:   sub.Hash,
		State:     Deleting,
		Tries:     1,
		NextAt:    now.Add(lease),
		CreatedAt: now,
	}

	claim := queue.Claim{ID: e.ID, Token: s.cfg.NewID("")}
	if how.Later {
		e.Tries, e.NextAt, claim.Token = 0, now, ""
	}

	j, begun, pending, err := s.cfg.Store.BeginErasure(ctx, e, sub, how.AtStripe, claim)
	if err != nil || !begun {
		return Result{Done: !pending}, err
	}
	if how.Later {
		return Result{Begun: true, Done: len(j.Customers) == 0, Erasure: j.Erasure}, nil
	}

	// The client may leave: what has begun is gone on with.
	done, err := s.work(context.WithoutCancel(ctx), &j)
	if err != nil {
		s.cfg.Log.Warn().
			Err(err).
			Str("erasure_id", j.ID).
			Msg("an erasure goes on in the background")
	}

	return Result{Begun: true, Done: done, Erasure: j.Erasure}, nil
}

// reasonOf returns why a customer can never be deleted, "" if another try may
// help. Only the account's owner could change it, who need not know the
// customer: the erasure must not wait for that.
func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, ErrAccountGone):
		return AccountGone
	case errors.Is(err, ErrAccountReadOnly):
		return AccountReadOnly
	default:
		return ""
	}
}

// refuse takes note that a customer could not be deleted.
func (p *Proof) refuse(c StripeCustomer, why Reason) {
	p.Deleted = slices.DeleteFunc(slices.Clone(p.Deleted), func(d StripeCustomer) bool { return d == c })
	p.Refused = append(slices.Clone(p.Refused), Refusal{c, why})
}

// work goes on with an erasure. deleted reports whether nothing is left to do
// at Stripe: it has deleted all customers, or refused for good.
func (s *Service) work(ctx context.Context, j *Job) (deleted bool, err error) {
	e := &j.Erasure
	if e.State == Closing {
		e.State, e.NextAt, e.DoneAt = Done, time.Time{}, s.cfg.Now()
		return true, s.cfg.Store.SaveErasure(ctx, j.Claim, *e)
	}

	for len(e.Customers) > 0 && err == nil {
		c := e.Customers[0]
		e.Customers = slices.Clone(e.Customers[1:])
		err = s.cfg.Stripe(c.Account).DeleteCustomer(ctx, c.ID)

		if why := reasonOf(err); why != "" {
			err = nil
			e.Proof.refuse(c, why)
		}

		// One that cannot be deleted now must not keep the others: the next
		// try begins with them.
		if err != nil {
			err = fmt.Errorf("people: delete customer %s at Stripe: %w", c.ID, err)
			e.Customers = append(e.Customers, c)
		}
	}

	if err == nil {
		e.State, e.Reference, e.Tries, e.NextAt = Closing, "", 0, e.CreatedAt.Add(settles)
		return true, s.cfg.Store.SaveErasure(ctx, j.Claim, *e)
	}

	e.NextAt = s.cfg.Now().Add(queue.Backoff(int(e.Tries), firstDelay, longDelay))
	if saveErr := s.cfg.Store.SaveErasure(ctx, j.Claim, *e); saveErr != nil {
		return false, saveErr // the lease expires
	}

	return false, err
}
