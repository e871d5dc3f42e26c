package sandbox

import "time"

// connectRoutes are the operations of this room.
func connectRoutes(room *connectRoom) []route {
	op := room.op
	return []route{
		op("GET", "/v1/account", secretOnly, accountOf),

		newRoute("POST", "/v1/accounts", secretOnly, accounts.create),
		newRoute("GET", "/v1/accounts", secretOnly, accounts.list),
		op("GET", "/v1/accounts/{id}", secretOnly, retrieveAccount),
		op("POST", "/v1/accounts/{id}", secretOnly, updateAccount),
		op("DELETE", "/v1/accounts/{id}", secretOnly, deleteAccount),

		op("POST", "/v1/account_links", secretOnly, createAccountLink),

		op("POST", "/v1/account_sessions", secretOnly, createAccountSession),

		op("POST", "/v1/transfers", secretOnly, createTransfer),
		newRoute("GET", "/v1/transfers", secretOnly, transfers.list),
		newRoute("GET", "/v1/transfers/{id}", secretOnly, transfers.retrieve),
		newRoute("POST", "/v1/transfers/{id}", secretOnly, transfers.update),
		op("POST", "/v1/transfers/{id}/reversals", secretOnly, createReversal),
		op("GET", "/v1/transfers/{id}/reversals", secretOnly, listReversals),
		op("GET", "/v1/transfers/{id}/reversals/{sub}", secretOnly, retrieveReversal),
		op("POST", "/v1/transfers/{id}/reversals/{sub}", secretOnly, updateReversal),

		op("POST", "/v1/payouts", secretOnly, createPayout),
		newRoute("GET", "/v1/payouts", secretOnly, payouts.list),
		newRoute("GET", "/v1/payouts/{id}", secretOnly, payouts.retrieve),
		newRoute("POST", "/v1/payouts/{id}", secretOnly, payouts.update),
		op("POST", "/v1/payouts/{id}/cancel", secretOnly, cancelPayout),

		newRoute("GET", "/v1/application_fees", secretOnly, fees.list),
		newRoute("GET", "/v1/application_fees/{id}", secretOnly, fees.retrieve),
	}
}

// module is what Connect adds to the API.
func (r *connectRoom) module() module {
	return module{routes: connectRoutes(r), kept: []string{kindAccount}, resume: r.resume}
}

// resume schedules the payouts that a restart has interrupted.
func (r *connectRoom) resume(account string, obj object) {
	rec, ok := obj.(*Record)
	if !ok || rec.kind != kindPayout || rec.text("status") != "pending" {
		return
	}
	r.srv.schedule.at(rec.id, time.Unix(wholeNumber(rec.fields["arrival_date"]), 0), func() {
		r.background(account, func(c *call) error { c.arrive(rec.id); return nil })
	})
}
