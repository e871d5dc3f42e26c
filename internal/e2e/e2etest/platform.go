package e2etest

import (
	"net/http"
	"time"

	"checkoutd/internal/connect"
)

// Connected connects an account that may charge, as its owner would, and
// returns its ID.
func (s *Shop) Connected() string {
	s.T.Helper()
	id := s.NewAccount()

	_, err := s.Store().ChangeConnectAccount(s.T.Context(), id, func(a *connect.Account) error {
		a.Scope, a.State = connect.ReadWrite, connect.Connected
		a.ConnectedAt, a.ReadAt, a.ChargesEnabled = time.Now(), time.Now(), true

		return nil
	})
	if err != nil {
		s.T.Fatal(err)
	}

	return id
}

// NewAccount opens an account that may charge at Stripe, and returns its ID.
func (s *Shop) NewAccount() string {
	s.T.Helper()
	id := s.Stripe(http.MethodPost, "/v1/accounts", "type", "standard")["id"].(string)
	s.manage("/connect/accounts/" + id + "/enable")

	return id
}

// Disconnect disconnects an account at Stripe, as its owner does there.
func (s *Shop) Disconnect(account string) {
	s.T.Helper()
	s.manage("/connect/accounts/" + account + "/disconnect")
}

// manage makes a call of the offline Stripe's management API.
func (s *Shop) manage(path string) {
	s.T.Helper()
	b := s.Buyer(s.T)
	if r := b.Buyer.Call(http.MethodPost, s.Config.StripeAPIBase+"/_sandbox"+path, ""); r.Status != http.StatusOK {
		s.T.Fatalf("%s: %d %s", path, r.Status, r.Body)
	}
}
