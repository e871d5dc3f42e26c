package connect

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/sandbox/api"
)

// dashboards lists the accounts, each a link to the dashboard of its owner.
func (s *Pages) dashboards(w http.ResponseWriter, _ *http.Request) {
	p := connectPage{Title: "Accounts", Text: "Whose dashboard do you want to see?"}
	for _, acct := range s.newest(50, nil) {
		p.Links = append(p.Links, link{
			Address: "/dashboard/" + acct.ID,
			Text:    nameOf(acct) + " (" + acct.ID + ", " + stateOf(acct) + ")",
		})
	}

	if len(p.Links) == 0 {
		p.Text = "There is no account yet besides the platform's."
	}

	renderPage(w, http.StatusOK, p)
}

// dashboard shows what the owner of an account can do about the platform, and
// what Stripe can do to the account.
func (s *Pages) dashboard(w http.ResponseWriter, r *http.Request) {
	obj, _ := s.srv.Lookup(api.PlatformAccount, chi.URLParam(r, "id"))
	acct, ok := obj.(*api.Record)
	if !ok || acct.Kind != api.KindAccount {
		renderPage(w, http.StatusNotFound, connectPage{
			Title: "No such account",
			Text:  "There is no account '" + chi.URLParam(r, "id") + "' in this sandbox.",
		})

		return
	}

	p := connectPage{
		Title: nameOf(acct),
		Text:  "What the owner of this account sees at Stripe.",
		Facts: []fact{
			{"Account", acct.ID},
			{s.srv.Config.BusinessName, stateOf(acct)},
			{"Charges", enabled(acct, "charges_enabled")},
			{"Payouts", enabled(acct, "payouts_enabled")},
		},
	}

	if !acct.Private.Link.Apart {
		p.Actions = append(p.Actions, action{"disconnect", "Disconnect " + s.srv.Config.BusinessName})
	}

	if on, _ := acct.Fields["charges_enabled"].(bool); on {
		p.Actions = append(p.Actions, action{"restrict", "Restrict the account, as Stripe does"})
	} else {
		p.Actions = append(p.Actions, action{"enable", "Enable charges and payouts"})
	}

	renderPage(w, http.StatusOK, p)
}

func enabled(acct *api.Record, field string) string {
	if on, _ := acct.Fields[field].(bool); on {
		return "enabled"
	}
	return "disabled"
}

// dashboardAction handles the buttons of the dashboard.
func (s *Pages) dashboardAction(w http.ResponseWriter, r *http.Request) {
	if !fromOwnPage(w, r) {
		return
	}

	id := chi.URLParam(r, "id")
	switch r.PostFormValue("action") {
	case "disconnect":
		s.Disconnect(id)
	case "restrict":
		s.Restrict(id, true)
	case "enable":
		s.Restrict(id, false)
	}

	http.Redirect(w, r, "/dashboard/"+id, http.StatusSeeOther)
}

// Disconnect ends the platform's access to an account, as the account's owner
// does at Stripe. It reports whether the account was connected.
func (s *Pages) Disconnect(account string) (was bool) {
	_ = s.update(func(c *call) error { // never fails
		var acct *api.Record
		if acct, was = c.connected(account); was {
			c.unlink(acct)
		}
		return nil
	})

	return was
}

// Restrict disables the charges and payouts of an account until Stripe gets
// what it asks for, or enables them. It reports whether the account exists.
func (s *Pages) Restrict(account string, restrict bool) (exists bool) {
	_ = s.update(func(c *call) error { // never fails
		var prev *api.Record
		if prev, exists = c.existing(account); !exists {
			return nil
		}

		next := prev.With(map[string]any{
			"charges_enabled": !restrict,
			"payouts_enabled": !restrict,
			"requirements":    requirementsOf(restrict),
			"capabilities":    capabilitiesOf(prev, restrict),
		})

		c.Tx.Put(next)
		c.accountUpdated(next, prev)
		return nil
	})

	return exists
}

// requirementsOf returns the requirements of a restricted account or of one
// that is in order.
func requirementsOf(restricted bool) map[string]any {
	out := noRequirements()
	out["current_deadline"], out["disabled_reason"] = nil, nil
	if restricted {
		due := []any{"individual.verification.document"}
		out["currently_due"], out["past_due"], out["disabled_reason"] = due, due, "requirements.past_due"
	}
	return out
}

// capabilitiesOf returns the capabilities of an account that is restricted or
// not.
func capabilitiesOf(acct *api.Record, restricted bool) map[string]any {
	status := "active"
	if restricted {
		status = "inactive"
	}

	out := map[string]any{}

	caps, _ := acct.Fields["capabilities"].(map[string]any)
	for name := range caps {
		out[name] = status
	}

	return out
}

// accountUpdated announces a change of an account if the platform is connected
// to it.
func (c *call) accountUpdated(next, prev *api.Record) {
	if !next.Private.Link.Apart {
		c.connectEvent("account.updated", next, prev, next.ID)
	}
}
