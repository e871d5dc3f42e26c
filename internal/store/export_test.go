package store

import (
	"context"

	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/orders"
	"checkoutd/internal/store/sqldb"
)

// Text returns the one text that a query returns.
func (s *Store) Text(ctx context.Context, query string) (string, error) {
	v, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanString, query)
	return v, err
}

// ClaimText is the statement of ClaimEvents.
func (s *Store) ClaimText() string { return s.claimText() }

// ListOrders is the query of Orders.
func ListOrders(f orders.Filter, created int64) (text string, args []any) {
	return listOrders(f, created)
}

// ClaimEffectsText is the statement of ClaimEffects.
func (s *Store) ClaimEffectsText() string { return s.claimEffectsText() }

// ClaimDeliveriesText is the statement of ClaimDeliveries.
func (s *Store) ClaimDeliveriesText() string { return s.claimDeliveriesText() }

// ClaimMirrorsText is the statement of ClaimMirrors.
func (s *Store) ClaimMirrorsText() string { return s.claimMirrorsText() }

// PutFees is the statement that stores fees.
func PutFees(n int) string { return putFees(n) }

// MirrorPaymentsText is the statement of MirrorPayments.
func (s *Store) MirrorPaymentsText(ctx context.Context, f mirror.Filter, few bool) (string, []any, error) {
	return s.mirrorPaymentsText(ctx, "acct_1", f, few)
}

// ByEmailTexts are the statements that find the orders of an e-mail address.
func (s *Store) ByEmailTexts() []string { return []string{s.ordersOfEmail(), s.attemptsOfEmail()} }

// The statements whose plans are held.
const (
	WakeGroup    = wakeGroup
	WakeNotOurs  = wakeNotOurs
	WaitingText  = waitingText
	FinishedTerm = finishedTerm
)

// Pack returns a payload as it is stored.
func Pack(plain []byte) []byte { return pack(plain) }
