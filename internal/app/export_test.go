package app

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/payments"
	"checkoutd/internal/sandbox"
)

// Sandbox is the offline Stripe inside: tests make it misbehave and read its ledger.
func (a *App) Sandbox() *sandbox.Server { return a.offline.stripe }

// Ledger is the store behind the orders: tests change or read an order behind the
// server's back.
func (a *App) Ledger() payments.Store { return a.store }

// Routes are all that the app answers to, "METHOD /pattern" each.
func (a *App) Routes() (list []string) {
	_ = chi.Walk(a.handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		list = append(list, method+" "+route)
		return nil
	})
	return list
}

// Wrap puts a handler in front of the app, as a proxy would be. It is to be called
// before Run.
func (a *App) Wrap(around func(http.Handler) http.Handler) { a.handler = around(a.handler) }

// LoseDatabase closes the database under the running app.
func (a *App) LoseDatabase() error { return a.store.Close() }
