package connect

import (
	"cmp"
	"slices"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
)

// The choices of the authorize page besides accounts.
const (
	choiceNew   = "new"
	choiceTyped = "typed"
)

// otherPlatformAccount is the account that another platform controls. It exists
// once somebody chose it.
const otherPlatformAccount = "acct_1SbxOtherPlatform0"

// accountsShown limits the accounts that the pages list.
const accountsShown = 8

// choices returns what the owner can choose from: accounts that exist, the
// newest first, and a new one. typed is what the owner typed in before, if
// anything: it stays chosen.
func (s *Pages) choices(a *authorization, typed string) []choice {
	fresh := choice{Value: choiceNew, Title: "A new account", Chosen: true}
	if len(a.prefill) > 0 {
		fresh.Detail = "with the details above"
	}

	kind := "standard"
	if a.express {
		kind = "express"
	}

	var out []choice
	for _, acct := range s.newest(accountsShown, func(acct *api.Record) bool { return acct.Text("type") == kind }) {
		out = append(out, choice{
			Value:  acct.ID,
			Title:  nameOf(acct),
			Detail: acct.ID + ", " + stateOf(acct),
		})
	}

	if !a.register && len(out) > 0 {
		out[0].Chosen, fresh.Chosen = true, false
	}

	listed := func(c choice) bool { return c.Value == otherPlatformAccount }

	out = append(out, fresh)
	if !a.express && !slices.ContainsFunc(out, listed) {
		out = append(out, choice{
			Value:  otherPlatformAccount,
			Title:  "An account of another platform",
			Detail: "which controls it",
		})
	}

	out = append(out, choice{
		Value:   choiceTyped,
		Title:   "Another account of this sandbox",
		IsTyped: true,
		Typed:   typed,
	})

	if typed != "" {
		for i := range out {
			out[i].Chosen = out[i].IsTyped
		}
	}

	return out
}

// newest returns up to n accounts, connected or not, the newest first.
func (s *Pages) newest(n int, want func(*api.Record) bool) []*api.Record {
	s.srv.Store.RLock()
	defer s.srv.Store.RUnlock()

	tx := s.srv.Store.BeginRead(api.PlatformAccount, s.srv.Now())

	var out []*api.Record
	for _, kind := range []string{api.KindAccount, api.KindApart} {
		index := tx.Account.Index(kind, "")
		out = append(out, memory.Gather(tx, index, index.Last(), false, n, want)...)
	}

	slices.SortStableFunc(out, func(a, b *api.Record) int {
		return cmp.Compare(tx.Account.Seq(b.ID), tx.Account.Seq(a.ID))
	})

	return out[:min(n, len(out))]
}

// nameOf returns what a person calls an account.
func nameOf(acct *api.Record) string {
	profile, _ := acct.Fields["business_profile"].(map[string]any)
	name, _ := profile["name"].(string)
	return cmp.Or(name, acct.Text("email"), "Account without a name")
}

// stateOf describes how an account is connected.
func stateOf(acct *api.Record) string {
	link := acct.Private.Link
	switch {
	case link.Apart && link.Controller != "":
		return "controlled by another platform"
	case link.Apart:
		return "not connected"
	case link.Scope == "":
		return "connected"
	}
	return "connected, " + link.Scope
}
