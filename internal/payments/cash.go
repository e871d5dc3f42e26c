package payments

import (
	"context"
	"fmt"

	"checkoutd/internal/queue"
)

// SettleCash draws the consequences of money in a customer's cash balance for
// the order that waits, or waited, for a bank transfer of that customer, and
// marks claim as done in the same transaction.
//
// Stripe pays an intent that waits with the money by itself
// (https://docs.stripe.com/payments/customer-balance/reconciliation), so that
// is read. If the order is closed nothing takes the money, and a person has to.
func (s *Service) SettleCash(ctx context.Context, orderID, customerID string, claim *queue.Claim) error {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return err
	}

	if a := st.Active(); a != nil && a.IntentID != "" {
		return s.SettleFresh(ctx, orderID, a.IntentID, claim)
	}

	balance := map[string]int64{}
	if st.Order.Closed() {
		if balance, err = s.cfg.Stripe.CashBalance(ctx, customerID); err != nil {
			return fmt.Errorf("payments: read the cash balance of %s: %w", customerID, err)
		}
	}

	return s.cfg.Store.Update(ctx, orderID, claim, func(st *State) error {
		s.rules().reviewLate(st, "bank transfer from customer "+customerID, balance[st.Order.Currency])
		return nil
	})
}
