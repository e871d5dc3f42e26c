package app

import (
	"context"
	"errors"

	"checkoutd/internal/config"
	"checkoutd/internal/connect"
	"checkoutd/internal/orders"
	"checkoutd/internal/store"
)

// charged tells orders of the connected accounts.
type charged struct{ accounts connect.Accounts }

// chargedAccounts returns the accounts that orders may be charged in, nil if
// the server connects none.
func chargedAccounts(cfg *config.Config, s *store.Store) orders.Accounts {
	if cfg.ConnectClientID == "" {
		return nil
	}
	return charged{s}
}

// ChargedAccount returns a connected account; see orders.Accounts. Whether
// Stripe lets it take payments may not be known yet: then Stripe decides.
func (c charged) ChargedAccount(ctx context.Context, id string) (orders.ConnectedAccount, bool, error) {
	a, err := c.accounts.ConnectAccount(ctx, id)
	if errors.Is(err, connect.ErrNoAccount) {
		return orders.ConnectedAccount{}, false, nil
	}

	return orders.ConnectedAccount{
		Connected:      a.IsConnected(),
		MayWrite:       a.MayWrite(),
		Livemode:       a.Livemode,
		ChargesEnabled: a.ChargesEnabled || a.ReadAt.IsZero(),
	}, err == nil, err
}
