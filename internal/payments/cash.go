package payments

import (
	"context"
	"fmt"
	"slices"

	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
)

// SettleCash draws the consequences of money in a customer's cash balance for
// the order that waits, or waited, for a bank transfer of that customer, and
// marks claim as done in the same transaction.
//
// Stripe pays an intent that waits with the money by itself
// (https://docs.stripe.com/payments/customer-balance/reconciliation), so that
// is read. If the order is closed, or was paid otherwise, nothing takes the
// money, and a person has to. Anything else that is left is logged.
func (s *Service) SettleCash(ctx context.Context, orderID, customerID string, claim *queue.Claim) error {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return err
	}

	if a := st.Active(); a != nil && a.Instructions.Kind == KindTransfer {
		return s.SettleFresh(ctx, orderID, a.IntentID, claim)
	}

	balance, err := s.stripe(&st.Order).CashBalance(ctx, customerID)
	if err != nil {
		return fmt.Errorf("payments: read the cash balance of %s: %w", customerID, err)
	}

	left, status := balance[st.Order.Currency], orders.Status("")
	err = s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
		r, from := s.rules(), fromCustomer(customerID)
		r.reviewLate(st, from, left)

		if st.Order.Status == orders.Paid && left > 0 && !st.paidByTransfer() {
			r.review(st, fmt.Sprintf("paid twice: %d %s arrived by %s", left, st.Order.Currency, from))
		}

		status = st.Order.Status
		return nil
	})

	if err == nil && left > 0 && status != orders.Review {
		s.cfg.Log.Warn().
			Ctx(ctx).
			Str("order_id", orderID).
			Str("customer_id", customerID).
			Int64("amount", left).
			Str("order_status", string(status)).
			Msg("money is left in a customer's cash balance: apply or refund it in the Dashboard")
	}

	return err
}

// fromCustomer names a bank transfer in the reason of a review.
func fromCustomer(customerID string) string { return "bank transfer from customer " + customerID }

// leftByTransfer returns the money in the cash balance of an order's customer
// if the order has ever waited for a bank transfer: it may have come while
// another attempt was made, or none. What Stripe refuses to show counts as
// none, so that the order can end.
func (s *Service) leftByTransfer(ctx context.Context, st *State) (int64, error) {
	o := &st.Order
	waited := slices.ContainsFunc(st.Attempts, func(a Attempt) bool { return a.Instructions.Kind == KindTransfer })
	if !waited || o.CustomerID == "" {
		return 0, nil
	}

	balance, err := s.stripe(o).CashBalance(ctx, o.CustomerID)
	switch {
	case err == nil:
		return balance[o.Currency], nil
	case asCallError(err).Outcome == OutcomeRefused:
		s.cfg.Log.Warn().
			Ctx(ctx).
			Err(err).
			Str("order_id", o.ID).
			Msg("an order expires without a look at its customer's cash balance")

		return 0, nil
	}

	return 0, fmt.Errorf("payments: read the cash balance of %s: %w", o.CustomerID, err)
}

// paidByTransfer reports whether a bank transfer paid the order, so that what
// is left is an overpayment.
func (st *State) paidByTransfer() bool {
	return slices.ContainsFunc(st.Attempts, func(a Attempt) bool {
		return a.State == Succeeded && a.Instructions.Kind == KindTransfer
	})
}
