package api

import (
	"checkoutd/internal/sandbox/memory"
)

// Lookup finds an object outside a transaction.
func (s *Server) Lookup(account, id string) (memory.Object, bool) {
	s.Store.Mu.RLock()
	defer s.Store.Mu.RUnlock()
	w := s.Store.Accounts[account]
	if w == nil {
		return nil, false
	}
	e, ok := w.Objects[id]
	return e.Object, ok
}

// Anywhere finds an object in any account: pages know no account.
func (s *Server) Anywhere(id string) (memory.Object, bool) {
	s.Store.Mu.RLock()
	defer s.Store.Mu.RUnlock()
	for _, w := range s.Store.Accounts {
		if e, ok := w.Objects[id]; ok {
			return e.Object, true
		}
	}
	return nil, false
}

func (s *Server) AccountOf(id string) string {
	s.Store.Mu.RLock()
	defer s.Store.Mu.RUnlock()
	for account, w := range s.Store.Accounts {
		if _, ok := w.Objects[id]; ok {
			return account
		}
	}
	return PlatformAccount
}

// ActForOwnerOf points the transaction at the account that holds an object.
func (c *Call) ActForOwnerOf(id string) {
	for account, w := range c.Server.Store.Accounts {
		if _, ok := w.Objects[id]; ok {
			c.Account, c.Tx.Account = account, w
		}
	}
}

// KnowsAccount tells whether a Stripe-Account header names an account that exists.
func (s *Server) KnowsAccount(id string) bool {
	obj, ok := s.Lookup(PlatformAccount, id)
	return ok && obj.ObjectKind() == KindAccount
}
