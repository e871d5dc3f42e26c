package connect

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// AccountEntry is an account as the management API shows it.
type AccountEntry struct {
	ID             string `json:"id"`
	Type           string `json:"type"`
	Connected      bool   `json:"connected"`
	Scope          string `json:"scope,omitempty"`      // granted by OAuth
	Controller     string `json:"controller,omitempty"` // another platform
	ChargesEnabled bool   `json:"charges_enabled"`
	PayoutsEnabled bool   `json:"payouts_enabled"`
}

// Control returns the part of the management API that is about accounts. seed
// makes some that have a past.
func (s *Pages) Control(seed http.Handler) http.Handler {
	mux := chi.NewRouter()
	mux.Method(http.MethodPost, "/seed", seed)
	mux.Get("/accounts", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, s.Accounts()) })
	mux.Post("/accounts/{id}/disconnect", s.changing(s.Disconnect, "disconnected"))
	mux.Post("/accounts/{id}/restrict", s.changing(func(id string) bool { return s.Restrict(id, true) }, "restricted"))
	mux.Post("/accounts/{id}/enable", s.changing(func(id string) bool { return s.Restrict(id, false) }, "enabled"))
	return mux
}

// changing returns the handler of a change that reports whether the account in
// the path could be changed.
func (s *Pages) changing(change func(account string) bool, done string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := chi.URLParam(r, "id")
		if !change(id) {
			reply(w, http.StatusNotFound, map[string]string{"error": "no such account, or it is not connected"})
			return
		}
		reply(w, http.StatusOK, map[string]string{done: id})
	}
}

func reply(w http.ResponseWriter, status int, v any) {
	body, _ := wire.EncodePretty(v) // texts and truths
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// Accounts returns every account besides the platform's, first those that are
// connected.
func (s *Pages) Accounts() []AccountEntry {
	s.srv.Store.RLock()
	defer s.srv.Store.RUnlock()

	out := []AccountEntry{}
	for _, kind := range []string{api.KindAccount, api.KindApart} {
		for obj := range s.srv.Store.OfKind(api.PlatformAccount, kind) {
			if acct, ok := obj.(*api.Record); ok {
				out = append(out, entryOf(acct))
			}
		}
	}

	return out
}

func entryOf(acct *api.Record) AccountEntry {
	link := acct.Private.Link
	charges, _ := acct.Fields["charges_enabled"].(bool)
	payouts, _ := acct.Fields["payouts_enabled"].(bool)

	return AccountEntry{
		ID:             acct.ID,
		Type:           acct.Text("type"),
		Connected:      !link.Apart,
		Scope:          link.Scope,
		Controller:     link.Controller,
		ChargesEnabled: charges,
		PayoutsEnabled: payouts,
	}
}
