package payments

import (
	"context"
	"time"

	"checkoutd/internal/tracing"
)

// Continue makes the work in ctx, which is about what happened to an order at a
// time (zero: now), a part of the trace of its last attempt. Whose trace it is
// does not matter to the work: if the order cannot be read, it has one of its
// own.
func (s *Service) Continue(ctx context.Context, orderID string, at time.Time) {
	if !tracing.IsOn(ctx) || orderID == "" {
		return
	}

	if st, err := s.cfg.Store.Read(ctx, orderID); err == nil {
		parent := st.trace()
		parent.Until = at
		tracing.Continue(ctx, parent)
	}
}

// trace returns what news of the order continues: its last attempt, or the
// request that made the order.
func (st *State) trace() tracing.Parent {
	for i := len(st.Attempts) - 1; i >= 0; i-- {
		if a := &st.Attempts[i]; a.Trace != "" {
			return tracing.Parent{Trace: a.Trace, Since: a.CreatedAt}
		}
	}
	return st.Order.Traced()
}

// describe gives a span what became of an attempt.
func describe(span *tracing.Span, a *Attempt) {
	if a == nil {
		return
	}

	span.Set(tracing.OrderID(a.OrderID), tracing.AttemptID(a.ID), tracing.IntentID(a.IntentID),
		tracing.State(string(a.State)), tracing.ErrorCode(a.ErrorCode), tracing.DeclineCode(a.DeclineCode))
	if a.State == Unknown {
		span.Fail()
	}
}
