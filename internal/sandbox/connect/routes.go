package connect

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
)

// routes returns the operations of this room.
func (s *Service) routes() []api.Route {
	op := s.op
	return []api.Route{
		op("GET", "/v1/account", api.SecretOnly, retrieveOwnAccount),

		api.NewRoute("POST", "/v1/accounts", api.SecretOnly, accounts.Create),
		api.NewRoute("GET", "/v1/accounts", api.SecretOnly, accounts.List),
		op("GET", "/v1/accounts/{id}", api.SecretOnly, retrieveAccount),
		op("POST", "/v1/accounts/{id}", api.SecretOnly, updateAccount),
		op("DELETE", "/v1/accounts/{id}", api.SecretOnly, deleteAccount),

		op("POST", "/v1/account_links", api.SecretOnly, createAccountLink),

		op("POST", "/v1/account_sessions", api.SecretOnly, createAccountSession),
		op("POST", "/v1/account_sessions/claim", api.BrowserAllowed, claimSession),
		op("GET", "/v1/embedded/payments", api.EmbeddedOnly, listEmbeddedPayments),
		op("POST", "/v1/embedded/onboarding", api.EmbeddedOnly, completeOnboarding),
		op("POST", "/v1/embedded/payout_schedule", api.EmbeddedOnly, changeSchedule),

		op("POST", "/v1/transfers", api.SecretOnly, createTransfer),
		api.NewRoute("GET", "/v1/transfers", api.SecretOnly, transfers.List),
		api.NewRoute("GET", "/v1/transfers/{id}", api.SecretOnly, transfers.Retrieve),
		api.NewRoute("POST", "/v1/transfers/{id}", api.SecretOnly, transfers.Update),
		op("POST", "/v1/transfers/{id}/reversals", api.SecretOnly, createReversal),
		op("GET", "/v1/transfers/{id}/reversals", api.SecretOnly, listReversals),
		op("GET", "/v1/transfers/{id}/reversals/{sub}", api.SecretOnly, retrieveReversal),
		op("POST", "/v1/transfers/{id}/reversals/{sub}", api.SecretOnly, updateReversal),

		op("POST", "/v1/payouts", api.SecretOnly, createPayout),
		api.NewRoute("GET", "/v1/payouts", api.SecretOnly, payouts.List),
		api.NewRoute("GET", "/v1/payouts/{id}", api.SecretOnly, payouts.Retrieve),
		api.NewRoute("POST", "/v1/payouts/{id}", api.SecretOnly, payouts.Update),
		op("POST", "/v1/payouts/{id}/cancel", api.SecretOnly, cancelPayout),

		api.NewRoute("GET", "/v1/application_fees", api.SecretOnly, fees.List),
		api.NewRoute("GET", "/v1/application_fees/{id}", api.SecretOnly, fees.Retrieve),
		op("POST", "/v1/application_fees/{id}/refunds", api.SecretOnly, createFeeRefund),
		op("GET", "/v1/application_fees/{id}/refunds", api.SecretOnly, listFeeRefunds),
		op("GET", "/v1/application_fees/{id}/refunds/{sub}", api.SecretOnly, retrieveFeeRefund),
		op("POST", "/v1/application_fees/{id}/refunds/{sub}", api.SecretOnly, updateFeeRefund),
	}
}

// Module returns what Connect adds to the API.
func (s *Service) Module() api.Module {
	return api.Module{
		Routes: s.routes(),
		Kinds:  []func() memory.Object{func() memory.Object { return &AccountSession{} }},
		Kept:   []string{api.KindAccount, api.KindApart},
		Resume: s.resume,
		Admit:  s.admit,
	}
}

// resume schedules the payouts that a restart interrupted.
func (s *Service) resume(account string, obj memory.Object) {
	rec, ok := obj.(*api.Record)
	if !ok || rec.Kind != kindPayout || rec.Text("status") != "pending" {
		return
	}
	s.srv.Schedule.At(rec.ID, time.Unix(api.WholeNumber(rec.Fields["arrival_date"]), 0), func() {
		s.background(account, func(c *call) error { c.completePayout(rec.ID); return nil })
	})
}
