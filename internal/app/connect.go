package app

import (
	"context"
	"net/http"
	"sync"

	"checkoutd/internal/api"
	"checkoutd/internal/budget"
	"checkoutd/internal/config"
	"checkoutd/internal/connect"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
)

// appShop makes and cancels the orders by which accounts subscribe to the app.
type appShop struct {
	*orders.Service
	*store.Store
	operations *payments.Operations
}

// Cancel implements connect.Shop.
func (s appShop) Cancel(ctx context.Context, orderID string) error {
	_, err := s.operations.CancelOrder(ctx, orderID)
	return err
}

// connectStripe is Stripe as package connect needs it.
type connectStripe struct {
	*stripeapi.OAuth
	*stripeapi.Client
}

// newConnect returns the service of the connected accounts. Commands need
// neither shop nor refresh.
func newConnect(
	cfg *config.Config, o Options, key func() string, store connect.Store, stripe *stripeapi.Client, b *budget.Budget,
	shop connect.Shop, refresh func(ctx context.Context, orderID, subscriptionID string) error,
) *connect.Service {
	oauth := stripeapi.NewOAuth(stripeapi.OAuthConfig{
		Key:     key,
		BaseURL: cfg.ConnectBase,
		Timeout: cfg.StripeTimeout,
		Budget:  b,
	})

	return connect.New(connect.Config{
		Store:        store,
		Stripe:       connectStripe{oauth, stripe},
		Own:          rememberOwn(stripe.Account),
		Now:          o.Now,
		Log:          o.Log,
		ClientID:     cfg.ConnectClientID,
		Origin:       cfg.ConnectBase,
		Scope:        connect.Scope(cfg.ConnectScope),
		Livemode:     cfg.Livemode(),
		BaseURL:      cfg.BaseURL,
		Secure:       isHTTPS(cfg.BaseURL),
		ExchangeTime: callTimeout(cfg.StripeTimeout),
		Grace:        cfg.ConnectGrace,
		TrialDays:    cfg.ConnectTrialDays,
		Shop:         shop,
		Refresh:      refresh,
	})
}

// rememberOwn returns a function that reads the platform's own account once. It
// returns "" as long as it cannot be read: restricted keys may not be allowed
// to.
func rememberOwn(read func(context.Context) (string, error)) func(context.Context) string {
	var mu sync.Mutex
	var known string

	return func(ctx context.Context) string {
		mu.Lock()
		defer mu.Unlock()

		if known == "" {
			known, _ = read(ctx)
		}

		return known
	}
}

// connectCall adapts a call of package connect to package api.
func connectCall(h func(http.ResponseWriter, *http.Request, connect.Call) error) api.Handler {
	return func(w http.ResponseWriter, r *http.Request, c api.Call) error { return h(w, r, c) }
}
